#include "launcher/say.h"

#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

std::string with_remedy(std::string_view message, std::string_view remedy) {
  return remedy.empty() ? std::string(message) : cat(message, " (", remedy, ")");
}

std::string text_of(const Error& error) {
  return with_remedy(error.message(), error.remedy());
}

void say(const Error& error) {
  log::error(text_of(error));
}

}  // namespace slipway::launcher
