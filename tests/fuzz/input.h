// What a fuzzer gives, as text or as choices.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes values from the front; zeros where nothing is left. (libFuzzer's FuzzedDataProvider is no
// header of g++'s.)
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <std::integral Number>
  Number number() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = value << 8 | byte();
    return static_cast<Number>(value);
  }
  // From 0 to `end` - 1.
  std::size_t below(std::size_t end) { return number<std::uint16_t>() % end; }
  bool flip() { return (byte() & 1) != 0; }
  std::string text(std::size_t most) {
    const std::size_t wanted = below(most + 1);  // takes bytes, so it comes first
    const std::size_t length = std::min(wanted, bytes_.size());
    std::string out(text_of(bytes_.data(), length));
    bytes_ = bytes_.subspan(length);
    return out;
  }
  std::string rest() {
    std::string out(text_of(bytes_.data(), bytes_.size()));
    bytes_ = {};
    return out;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace slipway::fuzz
