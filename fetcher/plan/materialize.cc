#include "fetcher/plan/materialize.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

constexpr Way kWays[] = {Way::kAuto, Way::kCopy, Way::kReflink, Way::kOverlay};
constexpr Sharing kSharings[] = {Sharing::kWherePossible, Sharing::kRequired, Sharing::kNever};

bool can_always_be_had(Way way) {
  return way == Way::kAuto || way == Way::kCopy;
}

Result<void> add(Ways& ways, std::string_view word) {
  const auto* found = std::ranges::find(kWays, word, [](Way way) { return name_of(way); });
  if (found == std::end(kWays)) {
    return Error(cat(quote(word), " is not one of auto, copy, reflink, overlay"));
  }
  if (std::ranges::find(ways, *found) != ways.end()) return Error(cat(quote(word), " twice"));
  if (*found == Way::kOverlay && !ways.empty()) {
    return Error("overlay can only come first: whether files share blocks shows one by one");
  }
  if (!ways.empty() && can_always_be_had(ways.back())) {
    return Error(cat(quote(word), " behind ", name_of(ways.back()),
                     ", which can always be had, would never count"));
  }
  ways.push_back(*found);
  return {};
}

// Of a list without overlay; empty: as auto.
Sharing sharing_of(const Ways& ways) {
  if (ways.empty() || ways.front() == Way::kAuto) return Sharing::kWherePossible;
  if (ways.front() == Way::kCopy) return Sharing::kNever;
  return ways.size() > 1 ? Sharing::kWherePossible : Sharing::kRequired;
}

}  // namespace

std::string_view name_of(Way way) {
  switch (way) {
    case Way::kAuto:
      return "auto";
    case Way::kCopy:
      return "copy";
    case Way::kReflink:
      return "reflink";
    case Way::kOverlay:
      return "overlay";
  }
  return "";
}

std::string_view name_of(Sharing sharing) {
  switch (sharing) {
    case Sharing::kWherePossible:
      return "where-possible";
    case Sharing::kRequired:
      return "required";
    case Sharing::kNever:
      return "never";
  }
  return "";
}

std::optional<Sharing> sharing_of_name(std::string_view name) {
  for (const Sharing each : kSharings) {
    if (name_of(each) == name) return each;
  }
  return std::nullopt;
}

Result<Ways> parse_ways(std::string_view text) {
  Ways ways;
  for (;;) {
    const std::size_t comma = text.find(',');
    TRY(add(ways, text.substr(0, comma)));
    if (comma == std::string_view::npos) return ways;
    text.remove_prefix(comma + 1);
  }
}

std::string text_of(const Ways& ways) {
  std::string out;
  for (const Way way : ways) out += cat(out.empty() ? "" : ",", name_of(way));
  return out;
}

Result<Materialization> choose_way(const Ways& ways, const std::string& no_overlay) {
  if (ways.front() != Way::kOverlay) return Materialization{false, sharing_of(ways), {}};
  const Ways others(ways.begin() + 1, ways.end());
  if (no_overlay.empty()) return Materialization{true, sharing_of(others), {}};
  if (others.empty()) return Error(no_overlay);
  return Materialization{false, sharing_of(others), no_overlay};
}

std::string describe(const Materialization& chosen) {
  constexpr std::string_view kFiles[] = {"reflink, or copy where the file system has none",
                                         "reflink", "copy"};
  const std::string_view files = kFiles[static_cast<std::size_t>(chosen.sharing)];
  if (!chosen.overlay) return std::string(files);
  return cat("overlay for the directories of cached archives; files: ", files);
}

}  // namespace slipway::fetcher
