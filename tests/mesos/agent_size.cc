#include "tests/mesos/agent_size.h"

#include <strings.h>

#include <charconv>
#include <filesystem>
#include <sstream>

#include "sandbox/base/text.h"
#include "tests/mesos/agent_uri.h"
#include "tests/support/run_program.h"

namespace slipway::tests {

namespace {

RunResult run_with(const std::vector<std::string>& argv, const std::vector<std::string>& env) {
  RunOptions options;
  options.env = env;
  return run_program(argv, options);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value == 0) return std::nullopt;
  return value;
}

// Of the last answer, whatever its status.
std::optional<std::uint64_t> announced_length(const std::string& heads) {
  constexpr std::string_view kName = "content-length: ";
  std::optional<std::uint64_t> length;
  std::istringstream lines(heads);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("HTTP/")) length.reset();
    if (::strncasecmp(line.c_str(), kName.data(), kName.size()) == 0) {
      length = number(std::string_view(line).substr(kName.size()));
    }
  }
  return length;
}

// "SIZE PATH" or "SIZE REPLICAS PATH" on a line of its own, among warnings.
std::optional<std::uint64_t> size_in_du(const std::string& out, const std::string& uri) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if ((fields.size() == 2 || fields.size() == 3) && fields.back() == uri) {
      return number(fields.front());
    }
  }
  return std::nullopt;
}

// The agent's own HADOOP_HOME or PATH: --hadoop_home is for mesos-fetcher alone.
std::string hadoop_client(const std::vector<std::string>& env) {
  for (const std::string& line : env) {
    if (line.starts_with("HADOOP_HOME=")) return line.substr(12) + "/bin/hadoop";
  }
  return "hadoop";
}

}  // namespace

std::optional<std::uint64_t> size_of_uri(const std::string& uri, const std::string& frameworks_home,
                                         const std::vector<std::string>& env) {
  if (is_net_uri(uri)) {
    return announced_length(run_with({"curl", "-sIL", "--", uri}, env).out);
  }
  if (const auto path = local_path(uri, frameworks_home)) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(*path, error);
    return error || size == 0 ? std::nullopt : std::optional(size);
  }
  if (uri.find("://") == std::string::npos) return std::nullopt;
  return size_in_du(
      run_with({"/bin/sh", "-c", cat(hadoop_client(env), " fs -du ", shell_quote(uri))}, env).out,
      uri);
}

}  // namespace slipway::tests
