#include "fetcher/failure.h"

namespace slipway::fetcher {

std::string_view name_of(FailureClass kind) {
  switch (kind) {
    case FailureClass::kUser:
      return "user";
    case FailureClass::kAuth:
      return "auth";
    case FailureClass::kNotFound:
      return "not-found";
    case FailureClass::kTransient:
      return "transient";
    case FailureClass::kLocal:
      return "local";
  }
  return "";
}

}  // namespace slipway::fetcher
