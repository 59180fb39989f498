// System calls by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tests {

struct CallRow {
  std::string_view name;
  long number;
};
// All of this machine; written by write_call_rows.sh.
const std::vector<CallRow>& call_rows();

// What this machine has under that name; none where it has no such call.
std::optional<long> call_number(std::string_view name);
// "call 999" for one that has no name.
std::string call_name(long number);

}  // namespace slipway::tests
