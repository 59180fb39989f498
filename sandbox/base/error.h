// The one error type. A leaf names the call and the object, each level that knows a bigger purpose
// adds it with context(), one place prints. Causes are asked by code, never by text. Pure.
#pragma once

#include <string>
#include <system_error>

namespace slipway {

// The stable code of a message, for whoever searches or filters; sandbox/message_code.h has them.
enum class MessageCode : unsigned char;

class [[nodiscard]] Error {
 public:
  // A verdict of our own, without a system error behind it.
  explicit Error(std::string what) : message_(std::move(what)) {}

  // A failed system call: `number` is errno, read before anything else could change it; `what`
  // names the call and its object ("open 'a/b'").
  static Error system(int number, const std::string& what);

  Error(std::error_code code, const std::string& what);

  // Puts a purpose in front: "doing: what".
  Error context(std::string_view doing) &&;

  // The remedy, printed after the message; the innermost one wins.
  Error hint(std::string text) &&;

  // What kind of problem it is; the innermost one wins.
  Error as(MessageCode code) &&;

  [[nodiscard]] bool is(std::errc condition) const { return code_ == condition; }
  // The errno value behind it, 0 where there is none.
  [[nodiscard]] int number() const { return code_.value(); }

  // "outer: inner: what: No space left on device".
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& remedy() const { return remedy_; }
  // MessageCode::kNone where nobody has said.
  [[nodiscard]] MessageCode message_code() const { return message_code_; }

 private:
  std::error_code code_;
  std::string message_;
  std::string remedy_;
  MessageCode message_code_{};
};

// "message (remedy)", as people read it.
std::string with_remedy(std::string_view message, std::string_view remedy);

}  // namespace slipway
