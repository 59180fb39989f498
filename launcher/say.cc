#include "launcher/say.h"

#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

std::string text_of(const Error& error) {
  return error.remedy().empty() ? error.message() : cat(error.message(), " (", error.remedy(), ")");
}

void say(const Error& error) {
  log::error(text_of(error));
}

}  // namespace slipway::launcher
