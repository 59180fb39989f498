#include "tests/faults/call_names.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::tests {

std::optional<long> call_number(std::string_view name) {
  const auto found = std::ranges::find(call_rows(), name, &CallRow::name);
  return found == call_rows().end() ? std::nullopt : std::optional(found->number);
}

std::string call_name(long number) {
  const auto found = std::ranges::find(call_rows(), number, &CallRow::number);
  return found == call_rows().end() ? cat("call ", number) : std::string(found->name);
}

}  // namespace slipway::tests
