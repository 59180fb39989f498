// What a Mesos agent makes of a URI before mesos-fetcher sees it
// (src/slave/containerizer/fetcher.cpp, Mesos 1.12). Pure. Errors are the agent's texts; "" is
// none.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace slipway::tests {

// CommandInfo.URI.
struct MesosUri {
  std::string value;
  bool executable = false;
  bool extract = true;
  bool cache = false;
  std::optional<std::string> output_file = std::nullopt;
};

// Fetcher::validateUris: the first error.
std::string validate(const std::vector<MesosUri>& uris);
// Fetcher::basename, of a URI that is valid.
std::string basename_of(const std::string& uri);
// Fetcher::isNetUri: case counts.
bool is_net_uri(const std::string& uri);
// Fetcher::uriToLocalPath: nothing where it is not local, or relative without `frameworks_home`.
std::optional<std::string> local_path(const std::string& uri, const std::string& frameworks_home);
// The request less its exact duplicates (`cache` makes no difference), the first of each kept.
std::vector<MesosUri> without_duplicates(const std::vector<MesosUri>& uris);

}  // namespace slipway::tests
