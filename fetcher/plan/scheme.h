// The table of URI schemes: which there are and who fetches them. A new scheme is a row here and a
// transport. Pure.
#pragma once

#include <string_view>

namespace slipway::fetcher {

// kHadoop: every scheme that has no row; the hadoop client knows what it can do (Mesos).
enum class Scheme { kFile, kHttp, kHttps, kFtp, kFtps, kHadoop };

struct SchemeRow {
  std::string_view name;
  Scheme scheme;
};

inline constexpr SchemeRow kSchemes[] = {
    {"file", Scheme::kFile}, {"http", Scheme::kHttp}, {"https", Scheme::kHttps},
    {"ftp", Scheme::kFtp},   {"ftps", Scheme::kFtps},
};

}  // namespace slipway::fetcher
