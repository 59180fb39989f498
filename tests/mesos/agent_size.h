// How large is what a URI names, as an agent asks before it fetches: HEAD, stat(2), hadoop -du.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::tests {

// Nothing where it is not known, or 0. `env` is the agent's environment.
std::optional<std::uint64_t> size_of_uri(const std::string& uri, const std::string& frameworks_home,
                                         const std::vector<std::string>& env);

}  // namespace slipway::tests
