// How the options of the command line take their values. Each checks its value; an error says what
// is wrong with it, and the caller which option it was. Pure.
#pragma once

#include <string>
#include <string_view>

#include "launcher/plan/options.h"
#include "sandbox/base/result.h"

namespace slipway::launcher {

// Any text that is not empty.
Result<void> take(std::string& field, std::string_view value);

Result<void> apply_task_id(Options& options, std::string_view value);
Result<void> apply_env(Options& options, std::string_view value);
Result<void> apply_cache_policy(Options& options, std::string_view value);
Result<void> apply_materialize(Options& options, std::string_view value);
Result<void> apply_stdio(Options& options, std::string_view value);
Result<void> apply_kill_after(Options& options, std::string_view value);
Result<void> apply_parallel(Options& options, std::string_view value);
Result<void> apply_retries(Options& options, std::string_view value);
Result<void> apply_stall_timeout(Options& options, std::string_view value);
Result<void> apply_timeout(Options& options, std::string_view value);
Result<void> apply_max_size(Options& options, std::string_view value);
Result<void> apply_status_fd(Options& options, std::string_view value);
Result<void> apply_format(Options& options, std::string_view value);
Result<void> apply_judge(Options& options, std::string_view value);
Result<void> apply_program(Options& options, std::string_view value);

}  // namespace slipway::launcher
