#include "sandbox/near_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace slipway {

namespace {

constexpr std::size_t kMostChanges = 2;

// The least number of letters to add, leave out or change, or of neighbours to exchange (optimal
// string alignment).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> older(to.size() + 1);
  std::vector<std::size_t> old(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    older.swap(old);
    old.swap(row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = old[j] + (from[i] == to[j] ? 0 : 1);
      row[j + 1] = std::min({changed, old[j + 1] + 1, row[j] + 1});
      const bool exchanged = i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j];
      if (exchanged) row[j + 1] = std::min(row[j + 1], older[j - 1] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string_view> near_name(std::string_view word,
                                          std::span<const std::string_view> known) {
  std::optional<std::string_view> nearest;
  std::size_t least = kMostChanges + 1;
  for (const std::string_view name : known) {
    // Whatever its letters are, a much longer word is not near, and comparing it would take long.
    if (word.size() > name.size() + kMostChanges) continue;
    const std::size_t changes = distance(word, name);
    if (changes >= least || 3 * changes > name.size()) continue;
    nearest = name;
    least = changes;
  }
  return nearest;
}

}  // namespace slipway
