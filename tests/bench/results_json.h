// Results as JSON text, and back. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/base/result.h"
#include "tests/bench/results.h"

namespace slipway::bench {

// One line, without its end.
std::string to_json(const CaseResult& result);
// Indented, for people.
std::string to_json(const SuiteResult& result);

// What to_json() writes. An error names the member that is missing or of another kind.
Result<CaseResult> case_from_json(std::string_view text);
Result<SuiteResult> suite_from_json(std::string_view text);

}  // namespace slipway::bench
