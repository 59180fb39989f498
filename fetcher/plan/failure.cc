#include "fetcher/plan/failure.h"

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

MessageCode usual_code(FailureClass kind) {
  switch (kind) {
    case FailureClass::kUser:
      return MessageCode::kFetchUri;
    case FailureClass::kAuth:
      return MessageCode::kFetchAuth;
    case FailureClass::kNotFound:
      return MessageCode::kFetchNotFound;
    case FailureClass::kTransient:
      return MessageCode::kFetchTransient;
    case FailureClass::kLocal:
      return MessageCode::kFetchLocal;
  }
  return MessageCode::kFetch;
}

}  // namespace slipway::fetcher
