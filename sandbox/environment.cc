#include "sandbox/environment.h"

#include <algorithm>
#include <iterator>

#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

// src/slave/slave.cpp: executorEnvironment
constexpr std::string_view kOfAgents[] = {
    "LIBPROCESS_IP",
    "LIBPROCESS_PORT",
    "MESOS_AGENT_ENDPOINT",
    "MESOS_ALLOCATION_ROLE",
    "MESOS_CHECKPOINT",
    "MESOS_CONTAINER_IP",
    "MESOS_DIRECTORY",
    "MESOS_DOMAIN_SOCKET",
    "MESOS_EXECUTOR_AUTHENTICATION_TOKEN",
    "MESOS_EXECUTOR_ID",
    "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD",
    "MESOS_FRAMEWORK_ID",
    "MESOS_HTTP_COMMAND_EXECUTOR",
    "MESOS_NATIVE_JAVA_LIBRARY",
    "MESOS_NATIVE_LIBRARY",
    "MESOS_RECOVERY_TIMEOUT",
    "MESOS_SANDBOX",
    "MESOS_SLAVE_ID",
    "MESOS_SLAVE_PID",
    "MESOS_SUBSCRIPTION_BACKOFF_MAX",
};
// What is worth keeping of a terminal's.
constexpr std::string_view kOfTerminals[] = {"PATH", "TERM", "LANG", "TZ"};

auto position(auto& variables, std::string_view name) {
  return std::lower_bound(variables.begin(), variables.end(), name,
                          [](const EnvVariable& each, std::string_view wanted) {
                            return std::string_view(each.name).compare(wanted) < 0;
                          });
}

}  // namespace

std::string_view name_of(EnvSource source) {
  switch (source) {
    case EnvSource::kInherited:
      return "inherited";
    case EnvSource::kAccount:
      return "account";
    case EnvSource::kDefault:
      return "default";
    case EnvSource::kSlipway:
      return "slipway";
    case EnvSource::kEntry:
      return "entry";
    case EnvSource::kFile:
      return "env-file";
    case EnvSource::kOption:
      return "option";
  }
  return "";
}

void Environment::set(std::string_view name, std::string_view value, EnvSource source) {
  const auto at = position(variables_, name);
  EnvVariable variable{std::string(name), std::string(value), source};
  if (at != variables_.end() && at->name == name) {
    *at = std::move(variable);
  } else {
    variables_.insert(at, std::move(variable));
  }
}

const EnvVariable* Environment::find(std::string_view name) const {
  const auto at = position(variables_, name);
  return at != variables_.end() && at->name == name ? &*at : nullptr;
}

std::span<const std::string_view> agent_variables() {
  return kOfAgents;
}

bool passes_by_default(std::string_view name) {
  return name.starts_with("LC_") || std::ranges::find(kOfAgents, name) != std::end(kOfAgents) ||
         std::ranges::find(kOfTerminals, name) != std::end(kOfTerminals);
}

namespace {

// Of names such as DB_AUTH and GITHUB_PAT, and not of AUTHOR and PATH.
bool has_secret_word(std::string_view upper) {
  constexpr std::string_view kWords[] = {"AUTH", "BEARER", "JWT", "PAT"};
  while (!upper.empty()) {
    const std::string_view word = upper.substr(0, upper.find_first_of("_-."));
    if (std::ranges::find(kWords, word) != std::end(kWords)) return true;
    upper.remove_prefix(std::min(word.size() + 1, upper.size()));
  }
  return false;
}

}  // namespace

bool looks_secret(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  constexpr std::string_view kMarks[] = {"TOKEN", "SECRET", "PASS",          "_PWD",  "CREDENTIAL",
                                         "_KEY",  "APIKEY", "AUTHORIZATION", "COOKIE"};
  const bool marked = std::ranges::any_of(
      kMarks, [&](std::string_view mark) { return upper.find(mark) != std::string::npos; });
  return marked || has_secret_word(upper);
}

std::optional<NameValue> split_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return NameValue{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

namespace {

// A line as people and their editors write it, less what is not part of the assignment.
std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Messages hold nothing of the text: what is no assignment may be a line of somebody's key.
Result<NameValue> read_assignment(std::string_view line, std::size_t number) {
  auto pair = split_assignment(line);
  if (!pair) return Error(cat("line ", number, " is no NAME=VALUE"));
  if (pair->name.find_first_of(" \t") == std::string::npos) return *std::move(pair);
  return Error(cat("line ", number, " has a blank in front of its '='"))
      .hint("write NAME=VALUE, without 'export'");
}

}  // namespace

Result<std::vector<NameValue>> parse_env_file(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  const bool by_line = text.find('\0') == std::string_view::npos;
  const char separator = by_line ? '\n' : '\0';
  if (by_line && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<NameValue> found;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view piece = by_line ? trimmed(text.substr(0, end)) : text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (by_line && piece.front() == '#') continue;
    if (by_line) {
      found.push_back(TRY(read_assignment(piece, number)));
    } else if (auto pair = split_assignment(piece)) {
      found.push_back(*std::move(pair));
    } else {
      return Error(cat("element ", number, " is no NAME=VALUE"));
    }
  }
  return found;
}

}  // namespace slipway::sandbox
