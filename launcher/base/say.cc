#include "launcher/base/say.h"

#include "sandbox/base/log.h"

namespace slipway::launcher {

std::string text_of(const Error& error) {
  return with_remedy(error.message(), error.remedy());
}

void say(const Error& error, MessageCode otherwise) {
  log::error(coded(Error(error).as(otherwise)));
}

void say_error(MessageCode code, std::string_view text) {
  log::error(coded(text, code));
}

void say_warning(MessageCode code, std::string_view text) {
  log::warning(coded(text, code));
}

}  // namespace slipway::launcher
