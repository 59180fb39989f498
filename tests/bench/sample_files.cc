#include "tests/bench/sample_files.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostOfASmallFile = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostOfABigFile = (std::uint64_t{1} << 30) / 22;

bool is_plain(const fs::directory_entry& entry) {
  return entry.is_regular_file() && !entry.is_symlink();
}

// zip reads names as lines.
bool has_name_for_a_list(const fs::directory_entry& entry) {
  return entry.path().native().find('\n') == std::string::npos;
}

std::vector<fs::directory_entry> sorted_entries(const fs::path& directory) {
  std::vector<fs::directory_entry> entries;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (has_name_for_a_list(entry)) entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string name_of(const fs::path& path) {
  return path.lexically_relative(kSampleRoot);
}

void add_file(SampleFiles& sample, const fs::directory_entry& entry) {
  sample.names.push_back(name_of(entry.path()));
  ++sample.files;
  sample.bytes += entry.file_size();
}

void collect(SampleFiles& sample, std::size_t most, const fs::path& directory) {
  for (const fs::directory_entry& entry : sorted_entries(directory)) {
    if (sample.files >= most) return;
    if (is_plain(entry)) {
      if (entry.file_size() <= kMostOfASmallFile) add_file(sample, entry);
    } else if (entry.is_symlink()) {
      sample.names.push_back(name_of(entry.path()));
    } else if (entry.is_directory()) {
      sample.names.push_back(name_of(entry.path()));
      collect(sample, most, entry.path());
    }
  }
}

}  // namespace

SampleFiles small_files(std::size_t files) {
  SampleFiles sample;
  collect(sample, files, kSampleRoot);
  return sample;
}

SampleFiles big_files(std::size_t files) {
  std::vector<std::pair<std::uint64_t, fs::directory_entry>> found;
  for (const auto& entry : fs::recursive_directory_iterator(kSampleRoot)) {
    if (!is_plain(entry) || !has_name_for_a_list(entry)) continue;
    const std::uint64_t size = entry.file_size();
    if (size <= kMostOfABigFile) found.emplace_back(size, entry);
  }
  const auto kept = static_cast<std::ptrdiff_t>(std::min(files, found.size()));
  std::partial_sort(found.begin(), found.begin() + kept, found.end(), std::greater<>());
  SampleFiles sample;
  std::set<std::string> names;
  for (auto at = found.begin(); at != found.begin() + kept; ++at) {
    add_file(sample, at->second);
    for (fs::path name = sample.names.back(); !name.empty(); name = name.parent_path()) {
      names.insert(name);
    }
  }
  sample.names.assign(names.begin(), names.end());
  return sample;
}

}  // namespace slipway::bench
