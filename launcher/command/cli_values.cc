#include "launcher/command/cli_values.h"

#include <charconv>

#include "fetcher/plan/transfer_settings.h"
#include "launcher/entry/executor_id.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::launcher {

namespace {

// A number of things, in decimal.
Result<unsigned> parse_count(std::string_view value, unsigned least, unsigned most) {
  unsigned number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || number < least ||
      number > most) {
    return Error(cat(quote(value), " is not a number from ", least, " to ", most));
  }
  return number;
}

Result<std::chrono::milliseconds> parse_time_limit(std::string_view value) {
  const auto limit = TRY(parse_duration(value));
  if (limit > fetcher::kLongestLimit) return Error(cat(quote(value), " is more than 30 days"));
  return limit;
}

}  // namespace

Result<void> take(std::string& field, std::string_view value) {
  if (value.empty()) return Error("needs a value that is not empty");
  field = value;
  return {};
}

Result<void> apply_task_id(Options& options, std::string_view value) {
  TRY(check_id(value));
  options.task_id = value;
  return {};
}

Result<void> apply_env(Options& options, std::string_view value) {
  const std::size_t equals = value.find('=');
  const std::string name(value.substr(0, equals));
  if (name.empty()) return Error("needs NAME or NAME=VALUE");
  options.env.push_back({name, equals == std::string_view::npos
                                   ? std::nullopt
                                   : std::optional(std::string(value.substr(equals + 1)))});
  return {};
}

Result<void> apply_cache_policy(Options& options, std::string_view value) {
  if (value == "revalidate") {
    options.cache_policy = fetcher::Revalidate{};
  } else if (value == "immutable") {
    options.cache_policy = fetcher::Immutable{};
  } else if (value == "refresh") {
    options.cache_policy = fetcher::Refresh{};
  } else if (value == "offline") {
    options.cache_policy = fetcher::Offline{};
  } else if (value.starts_with("ttl=")) {
    options.cache_policy = fetcher::Ttl{
        std::chrono::duration_cast<std::chrono::seconds>(TRY(parse_duration(value.substr(4))))};
  } else {
    return Error(
        cat(quote(value), " is none of revalidate, immutable, ttl=DURATION, refresh, offline"));
  }
  return {};
}

Result<void> apply_materialize(Options& options, std::string_view value) {
  options.materialize = TRY(fetcher::parse_ways(value));
  return {};
}

Result<void> apply_stdio(Options& options, std::string_view value) {
  if (value == "inherit") {
    options.stdio = sandbox::Stdio::kInherit;
  } else if (value == "sandbox") {
    options.stdio = sandbox::Stdio::kSandbox;
  } else {
    return Error(cat(quote(value), " is neither inherit nor sandbox"));
  }
  return {};
}

Result<void> apply_kill_after(Options& options, std::string_view value) {
  const auto duration = TRY(parse_duration(value));
  if (duration > std::chrono::hours(24)) return Error(cat(quote(value), " is more than a day"));
  options.kill_after = duration;
  return {};
}

Result<void> apply_parallel(Options& options, std::string_view value) {
  options.parallel = TRY(parse_count(value, 1, 64));
  return {};
}

Result<void> apply_retries(Options& options, std::string_view value) {
  options.retries = TRY(parse_count(value, 0, 100));
  return {};
}

Result<void> apply_stall_timeout(Options& options, std::string_view value) {
  options.stall_timeout = TRY(parse_time_limit(value));
  if (options.stall_timeout->count() == 0) return Error("0 would let nothing through");
  return {};
}

Result<void> apply_timeout(Options& options, std::string_view value) {
  options.timeout = TRY(parse_time_limit(value));
  return {};
}

Result<void> apply_max_size(Options& options, std::string_view value) {
  options.max_size = TRY(parse_size(value));
  if (*options.max_size == 0) return Error("0 would let nothing through");
  return {};
}

Result<void> apply_status_fd(Options& options, std::string_view value) {
  // More than any limit of open files allows (fs.nr_open, proc(5)) is an error of another kind.
  options.status_fd = static_cast<int>(TRY(parse_count(value, 3, 1'000'000'000)));
  return {};
}

Result<void> apply_format(Options& options, std::string_view value) {
  if (value == "text") {
    options.format = OutputFormat::kText;
  } else if (value == "json") {
    options.format = OutputFormat::kJson;
  } else {
    return Error(cat(quote(value), " is neither text nor json"));
  }
  return {};
}

Result<void> apply_judge(Options& options, std::string_view value) {
  if (value == "aurora") {
    options.judge = Judge::kAurora;
  } else if (value == "slipway") {
    options.judge = Judge::kSlipway;
  } else {
    return Error(cat(quote(value), " is neither aurora nor slipway"));
  }
  return {};
}

Result<void> apply_program(Options& options, std::string_view value) {
  if (!value.starts_with('/')) {
    return Error(cat(quote(value),
                     " is no absolute path, and an agent looks for another in the sandbox first"));
  }
  return take(options.program, value);
}

}  // namespace slipway::launcher
