// Result<T>: a value or the Error that explains why there is none. The names are those of
// std::expected, which this becomes one day (libstdc++ 12 has it for C++23 only). It holds a
// tl::expected instead of being one, because that class is not [[nodiscard]]: an ignored failure is
// a security bug here, so it must not compile.
#pragma once

#include <concepts>
#include <optional>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "sandbox/base/error.h"

namespace slipway {

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result() requires std::is_void_v<T>
  = default;
  // NOLINTBEGIN(google-explicit-constructor): returned values become Results
  template <class U = T>
  requires(!std::is_void_v<T> && std::is_convertible_v<U&&, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, E>) Result(U&& value)
      : held_(std::forward<U>(value)) {}
  Result(E error) : held_(tl::unexpect, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return held_.has_value(); }
  explicit operator bool() const { return held_.has_value(); }

  // The value. Where there is none the program ends at once: what stands there is an Error's bytes.
  decltype(auto) operator*() & { return *checked(held_, true); }
  decltype(auto) operator*() const& { return *checked(held_, true); }
  decltype(auto) operator*() && { return *std::move(checked(held_, true)); }
  auto operator->() { return &*checked(held_, true); }
  auto operator->() const { return &*checked(held_, true); }

  // The error; the same where there is none.
  [[nodiscard]] const E& error() const& { return checked(held_, false).error(); }
  [[nodiscard]] E&& error() && { return std::move(checked(held_, false)).error(); }

  // Adds an outer frame to the error; nothing on success.
  Result context(std::string_view doing) && {
    if (!held_) held_.error() = std::move(held_.error()).context(doing);
    return std::move(*this);
  }
  // The same where the words cost something: they are made only for an error.
  template <std::invocable Words>
  Result context(const Words& doing) && {
    if (!held_) held_.error() = std::move(held_.error()).context(doing());
    return std::move(*this);
  }
  Result hint(std::string text) && {
    if (!held_) held_.error() = std::move(held_.error()).hint(std::move(text));
    return std::move(*this);
  }
  Result as(MessageCode code) && {
    if (!held_) held_.error() = std::move(held_.error()).as(code);
    return std::move(*this);
  }

 private:
  // Free of charge behind a test of it, as in TRY.
  template <class Held>
  static Held& checked(Held& held, bool has_value) {
    if (held.has_value() != has_value) [[unlikely]]
      __builtin_trap();
    return held;
  }

  tl::expected<T, E> held_;
};

}  // namespace slipway

// The value of the expression, or return its error from this function. The counter keeps the names
// of nested uses apart.
#define SLIPWAY_TRY_AS(name, ...)               \
  __extension__({                               \
    auto name = (__VA_ARGS__);                  \
    if (!name) return std::move(name).error();  \
    ::slipway::detail::unwrap(std::move(name)); \
  })
#define SLIPWAY_JOIN_(a, b) a##b
#define SLIPWAY_JOIN(a, b) SLIPWAY_JOIN_(a, b)
#define TRY(...) SLIPWAY_TRY_AS(SLIPWAY_JOIN(slipway_tried_, __COUNTER__), __VA_ARGS__)

namespace slipway::detail {

template <class T, class E>
T unwrap(Result<T, E>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace slipway::detail
