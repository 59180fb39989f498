// What the operator decides for every launch on a host: the settings file as a value, with a
// default for whatever it does not say. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fetcher/archive/extract_limits.h"
#include "fetcher/plan/cache_limits.h"
#include "fetcher/plan/materialize.h"
#include "fetcher/plan/transfer_settings.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// May be missing, which leaves all defaults; nothing else may keep it from being read.
inline constexpr char kSettingsFile[] = "/etc/slipway/slipway.toml";

struct Settings {
  ExtractLimits extract;
  TransferSettings transfers;  // without what netrc_file and headers_dir hold
  CacheLimits cache;
  std::string netrc_file;       // netrc(5); empty: none
  std::string headers_dir;      // one file for each origin; empty: none
  std::string frameworks_home;  // below which relative paths are; empty: they are errors
  bool require_landlock = false;
  Ways materialize{Way::kAuto};
  std::string source;  // the file's path; empty where there is none
};

// The text of a settings file, or every problem, in the order of the text, one line each:
// "FILE:LINE:COLUMN: [extract] max_byts: unknown key, did you mean 'max_bytes'?". Text that is not
// TOML is the only problem there is: nothing else is known of it then.
Result<Settings, std::vector<std::string>> parse_settings(std::string_view text,
                                                          const std::string& file);

// The value of one limit as the file has it, less the quotes: "100GiB", "1100", "60s", "auto".
std::string limit_text(const LimitRow& row, const ExtractLimits& limits);

}  // namespace slipway::fetcher
