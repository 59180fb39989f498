#include "fetcher/archive/member_name.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kShownBytes = 256;

// True for "/", "./", ".//." and the like.
bool names_the_root(std::string_view relative) {
  while (!relative.empty()) {
    const std::size_t slash = relative.find('/');
    const std::string_view component = relative.substr(0, slash);
    if (!component.empty() && component != ".") return false;
    relative.remove_prefix(slash == std::string_view::npos ? relative.size() : slash + 1);
  }
  return true;
}

}  // namespace

Result<std::optional<sandbox::SandboxPath>> parse_member_name(std::string_view raw,
                                                              const ExtractLimits& limits) {
  if (raw.empty()) return Error("a member has an empty name");
  const std::string_view relative = raw.substr(std::min(raw.find_first_not_of('/'), raw.size()));
  if (relative.size() >= limits.path_length) {
    return over_limit(cat("the name ", quote_member(raw), " has ", raw.size(), " bytes"),
                      &ExtractLimits::path_length, limits.path_length);
  }
  if (names_the_root(relative)) return std::optional<sandbox::SandboxPath>();
  auto path = TRY(sandbox::SandboxPath::parse(relative));
  const auto depth = static_cast<std::uint64_t>(std::ranges::count(path.str(), '/')) + 1;
  if (depth > limits.depth) {
    return over_limit(cat("the name ", quote_member(raw), " has ", depth, " components"),
                      &ExtractLimits::depth, limits.depth);
  }
  return std::optional(std::move(path));
}

std::string quote_member(std::string_view raw) {
  if (raw.size() <= kShownBytes) return quote(raw);
  return cat(quote(raw.substr(0, kShownBytes)), "…");
}

}  // namespace slipway::fetcher
