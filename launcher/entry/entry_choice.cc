#include "launcher/entry/entry_choice.h"

#include <algorithm>
#include <vector>

#include "launcher/entry/json_reader.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

// As many as can be taken in.
std::string names_of(std::span<const Entry> entries) {
  constexpr std::size_t kShown = 10;
  std::string out;
  for (const Entry& entry : entries.first(std::min(kShown, entries.size()))) {
    out += cat(out.empty() ? "" : ", ", quote(entry.name));
  }
  return entries.size() <= kShown ? out : cat(out, " and ", entries.size() - kShown, " more");
}

}  // namespace

std::string no_such_executor(std::span<const Entry> entries, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Entry& entry : entries) known.push_back(entry.name);
  const std::string meant = did_you_mean(name, known);
  return cat("no executor is named ", quote(name), " (there is: ", names_of(entries), ")",
             meant.empty() ? "" : "; ", meant);
}

Result<std::size_t> choose_entry(std::span<const Entry> entries, std::string_view name,
                                 std::string_view file) {
  if (name.empty()) {
    if (entries.size() == 1) return std::size_t{0};
    return Error(cat(file, " has ", entries.size(), " executors: choose one with -e (",
                     names_of(entries), ")"))
        .as(MessageCode::kManyExecutors);
  }
  const auto found = std::ranges::find(entries, name, &Entry::name);
  if (found == entries.end()) {
    return Error(cat(file, ": ", no_such_executor(entries, name))).as(MessageCode::kNoSuchExecutor);
  }
  return static_cast<std::size_t>(found - entries.begin());
}

}  // namespace slipway::launcher
