#include "sandbox/mountinfo.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

constexpr std::size_t kLongestTable = std::size_t{64} << 20;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> option_list(std::string_view text) {
  std::vector<std::string> options;
  for (const auto part : split(text, ',')) options.emplace_back(part);
  return options;
}

Result<int> number(std::string_view text) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0) {
    return Error(cat(quote(text), " is not a number"));
  }
  return value;
}

bool is_octal(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// The kernel writes blank, tab, newline, '\' and '#' as three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto digits = text.substr(std::min(at + 1, text.size()), 3);
    if (text[at] == '\\' && is_octal(digits)) {
      out += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

Result<void> read_optional_field(std::string_view field, MountEntry& entry) {
  constexpr std::string_view kShared = "shared:";
  constexpr std::string_view kMaster = "master:";
  if (field.starts_with(kShared)) entry.shared = TRY(number(field.substr(kShared.size())));
  if (field.starts_with(kMaster)) entry.master = TRY(number(field.substr(kMaster.size())));
  return {};
}

// 36 35 98:0 /root /point rw,noatime shared:1 master:2 - ext4 /dev/sda rw
Result<MountEntry> parse_line(std::string_view line) {
  const auto fields = split(line, ' ');
  if (fields.size() < 10) return Error("too few fields");
  const auto dash = std::find(fields.begin() + 6, fields.end(), "-");
  const auto before = static_cast<std::size_t>(dash - fields.begin());
  if (fields.end() - dash < 4) return Error("no file system after the separator '-'");
  MountEntry entry;
  entry.id = TRY(number(fields[0]));
  entry.parent = TRY(number(fields[1]));
  entry.mount_point = unescape(fields[4]);
  if (!entry.mount_point.starts_with('/')) return Error("the mount point is not absolute");
  entry.options = option_list(fields[5]);
  for (std::size_t at = 6; at < before; ++at) TRY(read_optional_field(fields[at], entry));
  entry.fs_type = unescape(dash[1]);
  entry.source = unescape(dash[2]);
  entry.super_options = option_list(dash[3]);
  return entry;
}

class Sorter {
 public:
  explicit Sorter(std::vector<MountEntry> entries) : entries_(std::move(entries)) {
    for (std::size_t at = 0; at < entries_.size(); ++at) by_id_[entries_[at].id] = at;
  }

  std::vector<MountEntry> parents_first() {
    std::vector<MountEntry> sorted;
    std::vector<bool> placed(entries_.size());
    for (std::size_t at = 0; at < entries_.size(); ++at) place_with_parents(at, placed, sorted);
    return sorted;
  }

 private:
  // Climbs until an ancestor is placed already, then comes down again. A ring of parents
  // cannot come from a kernel; it must not hang us either: the climb marks what it passes.
  void place_with_parents(std::size_t at, std::vector<bool>& placed,
                          std::vector<MountEntry>& sorted) {
    std::vector<std::size_t> chain;
    while (!placed[at]) {
      placed[at] = true;
      chain.push_back(at);
      const auto parent = by_id_.find(entries_[at].parent);
      if (parent == by_id_.end()) break;
      at = parent->second;
    }
    for (; !chain.empty(); chain.pop_back()) sorted.push_back(std::move(entries_[chain.back()]));
  }

  std::vector<MountEntry> entries_;
  std::map<int, std::size_t> by_id_;
};

bool encloses(std::string_view point, std::string_view path) {
  if (point == "/" || point == path) return true;
  return path.size() > point.size() && path.starts_with(point) && path[point.size()] == '/';
}

}  // namespace

bool MountEntry::has(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text) {
  std::vector<MountEntry> entries;
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    auto entry = parse_line(line);
    if (!entry) {
      return std::move(entry).error().context(
          cat("mountinfo line ", line_number, " ", quote(line)));
    }
    entries.push_back(*std::move(entry));
  }
  return Sorter(std::move(entries)).parents_first();
}

Result<std::vector<MountEntry>> read_mountinfo() {
  constexpr const char* kTable = "/proc/self/mountinfo";
  const Fd table = TRY(sys::open_at(AT_FDCWD, kTable, O_RDONLY));
  const std::string text = TRY(sys::read_to_end(table.get(), kLongestTable).context(kTable));
  return parse_mountinfo(text);
}

const MountEntry* find_enclosing(std::span<const MountEntry> table, std::string_view path) {
  const MountEntry* nearest = nullptr;
  for (const auto& entry : table) {
    if (!encloses(entry.mount_point, path)) continue;
    if (nearest == nullptr || entry.mount_point.size() >= nearest->mount_point.size()) {
      nearest = &entry;
    }
  }
  return nearest;
}

}  // namespace slipway::sandbox
