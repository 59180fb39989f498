#include "launcher/entry.h"

#include <charconv>

namespace slipway::launcher {

std::string text_of(double cpus) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, cpus);
  return {text, end.ptr};
}

}  // namespace slipway::launcher
