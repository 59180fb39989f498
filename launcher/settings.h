// What the operator decides for every launch on a host: the settings file as a value, with a
// default for whatever it does not say. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fetcher/extract_limits.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

struct Settings {
  fetcher::ExtractLimits extract;
  std::string source;  // the file's path; empty where there is none
};

// The text of a settings file, or every problem, in the order of the text, one line each:
// "FILE:LINE:COLUMN: [extract] max_byts: unknown key, did you mean 'max_bytes'?". Text that is not
// TOML is the only problem there is: nothing else is known of it then.
Result<Settings, std::vector<std::string>> parse_settings(std::string_view text,
                                                          const std::string& file);

// The value of one limit as the file has it, less the quotes: "100GiB", "1100", "60s", "auto".
std::string limit_text(const fetcher::LimitRow& row, const fetcher::ExtractLimits& limits);

}  // namespace slipway::launcher
