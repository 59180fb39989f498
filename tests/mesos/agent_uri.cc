#include "tests/mesos/agent_uri.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sandbox/base/text.h"

namespace slipway::tests {

namespace {

constexpr std::string_view kSeparator = "://";

// Where the scheme ends; one of a single letter is none.
std::size_t scheme_end(const std::string& uri) {
  const std::size_t at = uri.find(kSeparator);
  return at == std::string::npos || at < 2 ? std::string::npos : at;
}

std::string validate_name(const std::string& uri) {
  if (uri.find_first_of(std::string_view("\\'\0", 3)) != std::string::npos) {
    return "Illegal characters in URI";
  }
  const std::size_t scheme = scheme_end(uri);
  if (scheme == std::string::npos) return "";
  const std::string rest = uri.substr(scheme + kSeparator.size());
  const std::size_t slash = rest.find('/');
  if (slash != std::string::npos && slash + 1 < rest.size()) return "";
  return cat("Malformed URI (missing path): ", uri);
}

// No '..' check: Mesos has none.
std::string validate_output_file(const MesosUri& uri) {
  if (!uri.output_file) return "";
  if (uri.output_file->empty()) return "URI output file path is empty";
  return uri.output_file->front() == '/' ? "URI output file must be within the sandbox directory"
                                         : "";
}

bool is_same_item(const MesosUri& a, const MesosUri& b) {
  return a.value == b.value && a.executable == b.executable && a.extract == b.extract &&
         a.output_file == b.output_file;
}

}  // namespace

std::string validate(const std::vector<MesosUri>& uris) {
  for (const MesosUri& uri : uris) {
    if (std::string error = validate_name(uri.value); !error.empty()) return error;
    if (std::string error = validate_output_file(uri); !error.empty()) return error;
  }
  return "";
}

std::string basename_of(const std::string& uri) {
  const std::size_t scheme = scheme_end(uri);
  if (scheme != std::string::npos && !uri.starts_with("file://")) {
    return uri.substr(uri.rfind('/') + 1);
  }
  const std::size_t last = uri.find_last_not_of('/');
  if (last == std::string::npos) return uri.empty() ? "." : "/";
  const std::size_t slash = uri.rfind('/', last);
  return uri.substr(slash + 1, last - slash);
}

bool is_net_uri(const std::string& uri) {
  constexpr std::array<std::string_view, 4> kSchemes{"http://", "https://", "ftp://", "ftps://"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](const std::string_view scheme) { return uri.starts_with(scheme); });
}

std::optional<std::string> local_path(const std::string& uri, const std::string& frameworks_home) {
  std::string path = uri;
  if (path.starts_with("file://")) {
    path.erase(0, 7);
  } else if (path.find(kSeparator) != std::string::npos) {
    return std::nullopt;
  }
  if (path.starts_with("localhost")) path.erase(0, 9);
  if (path.starts_with("/")) return path;
  if (uri.starts_with("file://") || frameworks_home.empty()) return std::nullopt;
  return cat(frameworks_home, '/', path);
}

std::vector<MesosUri> without_duplicates(const std::vector<MesosUri>& uris) {
  std::vector<MesosUri> kept;
  for (const MesosUri& uri : uris) {
    const bool known = std::any_of(kept.begin(), kept.end(),
                                   [&](const MesosUri& each) { return is_same_item(each, uri); });
    if (!known) kept.push_back(uri);
  }
  return kept;
}

}  // namespace slipway::tests
