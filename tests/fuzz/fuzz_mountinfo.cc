// What /proc says of mounts and processes, in which tasks choose names.
#include <algorithm>
#include <cstdint>
#include <map>

#include "launcher/launch/process_tree.h"
#include "sandbox/base/text.h"
#include "sandbox/mount_sources.h"
#include "sandbox/mountinfo.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using sandbox::MountEntry;

constexpr std::string_view kPrefix = "slipway:";

// Every parent before its children, but for what is its own ancestor.
void hold_order(const std::vector<MountEntry>& table) {
  std::map<int, std::size_t> places;
  for (std::size_t i = 0; i < table.size(); ++i) places[table[i].id] = i;
  if (places.size() != table.size()) return;  // one id twice: no kernel says so
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto parent = places.find(table[i].parent);
    if (parent == places.end() || parent->second <= i) continue;
    std::size_t steps = 0;
    for (auto at = parent; at != places.end() && steps <= table.size(); ++steps) {
      at = places.find(table[at->second].parent);
    }
    hold(steps > table.size(), "a parent comes before its children");
  }
}

// The short way through a table of somebody else's misses nothing that the long one finds.
void hold_sources(const std::vector<MountEntry>& table, std::string_view text) {
  std::set<std::string> words;
  sandbox::collect_mount_sources(text, kPrefix, words);
  if (text.find('\\') != std::string_view::npos) return;
  for (const MountEntry& each : table) {
    if (each.fs_type != "overlay" || !each.source.starts_with(kPrefix)) continue;
    const std::size_t start = std::max(each.source.rfind(',') + 1, kPrefix.size());  // npos + 1: 0
    const std::string last = each.source.substr(start);
    hold(last.empty() || words.contains(last), "what is mounted is in use");
  }
}

void hold_stat(std::string_view text) {
  const auto process = launcher::parse_stat(text);
  if (!process) return;
  hold(text.find(cat('(', process->name, ')')) != std::string_view::npos, "a name is in the text");
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  hold_stat(text);
  const auto table = sandbox::parse_mountinfo(text);
  if (!table) return hold_one_line(table.error().message(), "an error is one line");
  const auto lines =
      std::ranges::count(text, '\n') + (text.empty() || text.ends_with('\n') ? 0 : 1);
  hold(std::cmp_equal(table->size(), lines), "every line is a mount");
  for (const MountEntry& each : *table) {
    hold(each.id >= 0 && each.parent >= 0, "ids are numbers");
    hold(each.mount_point.starts_with('/'), "a mount point is absolute");
    hold(!each.options.empty() && !each.super_options.empty(), "there are options");
  }
  hold_order(*table);
  hold_sources(*table, text);
  const auto* found = sandbox::find_enclosing(*table, "/usr/lib");
  if (found != nullptr) hold(std::string_view("/usr/lib").starts_with(found->mount_point), "above");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
