#include "launcher/say.h"

#include "sandbox/base/log.h"

namespace slipway::launcher {

std::string text_of(const Error& error) {
  return with_remedy(error.message(), error.remedy());
}

void say(const Error& error) {
  log::error(text_of(error));
}

}  // namespace slipway::launcher
