#include "sandbox/base/error.h"

#include "sandbox/base/text.h"

namespace slipway {

Error Error::system(int number, const std::string& what) {
  return {std::error_code(number, std::generic_category()), what};
}

Error::Error(std::error_code code, const std::string& what)
    : code_(code), message_(cat(what, ": ", code.message())) {}

Error Error::context(std::string_view doing) && {
  message_ = cat(doing, ": ", message_);
  return std::move(*this);
}

Error Error::hint(std::string text) && {
  if (remedy_.empty()) remedy_ = std::move(text);
  return std::move(*this);
}

Error Error::as(MessageCode code) && {
  if (message_code_ == MessageCode{}) message_code_ = code;
  return std::move(*this);
}

std::string with_remedy(std::string_view message, std::string_view remedy) {
  std::string out(message);
  if (!remedy.empty()) out.append(" (").append(remedy).append(")");
  return out;
}

}  // namespace slipway
