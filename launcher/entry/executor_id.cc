#include "launcher/entry/executor_id.h"

#include <climits>

#include "sandbox/base/text.h"

namespace slipway::launcher {

Result<void> check_id(std::string_view id) {
  if (id.empty()) return Error("an id must not be empty");
  if (id.size() > NAME_MAX) return Error(cat("an id has at most ", NAME_MAX, " bytes"));
  if (id == "." || id == "..") return Error(cat(quote(id), " is no id"));
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/' || c == '\\' || byte < 0x20 || byte == 0x7f) {
      return Error(cat(quote(id), " is no id: Mesos refuses '/', '\\' and control characters"));
    }
  }
  return {};
}

}  // namespace slipway::launcher
