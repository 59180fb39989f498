// JSON as tests and benchmarks write it.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/json_writer.h"

namespace slipway::tests {

// `text` as a string of JSON, with its quotes.
inline std::string json_string(std::string_view text) {
  sandbox::JsonWriter json;
  return json.string(text).str();
}

}  // namespace slipway::tests
