// Bytes without order, the same ones every time: what compresses badly, and what no reader expects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace slipway::tests {

class Noise {
 public:
  // The multiplier and increment of Numerical Recipes.
  char next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<char>(state_ >> 24);
  }
  std::string bytes(std::size_t count) {
    std::string out(count, '\0');
    for (char& c : out) c = next();
    return out;
  }

 private:
  std::uint32_t state_ = 1;
};

inline std::string noise(std::size_t count) {
  return Noise().bytes(count);
}

}  // namespace slipway::tests
