// The table of URI schemes: which there are and who fetches them. A new scheme is a row here and a
// transport. Pure.
#pragma once

#include <string_view>

namespace slipway::fetcher {

enum class Scheme { kFile, kHttp, kHttps };

std::string_view name_of(Scheme scheme);

struct SchemeRow {
  std::string_view name;
  Scheme scheme;
};

inline constexpr SchemeRow kSchemes[] = {
    {"file", Scheme::kFile},
    {"http", Scheme::kHttp},
    {"https", Scheme::kHttps},
};

}  // namespace slipway::fetcher
