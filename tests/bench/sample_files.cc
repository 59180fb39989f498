#include "tests/bench/sample_files.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kSmallFiles = 59'000;
constexpr std::uint64_t kMostOfASmallFile = std::uint64_t{1} << 20;
constexpr unsigned kBigFiles = 22;
constexpr std::uint64_t kMostOfABigFile = (std::uint64_t{1} << 30) / kBigFiles;

bool is_plain(const fs::directory_entry& entry) {
  return entry.is_regular_file() && !entry.is_symlink();
}

bool is_small(const fs::directory_entry& entry) {
  return is_plain(entry) && entry.file_size() <= kMostOfASmallFile;
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

// One by one, in the order of their names.
class Collection {
 public:
  explicit Collection(double part) : part_(part) {}

  void walk(const fs::path& directory) {
    const auto entries = sorted_entries(directory);
    const bool taken = is_taken(std::count_if(entries.begin(), entries.end(), is_small));
    for (const fs::directory_entry& entry : entries) {
      if (seen_ >= kSmallFiles) return;
      if (entry.is_directory() && !entry.is_symlink()) {
        walk(entry.path());
        continue;
      }
      const bool counts = is_small(entry);
      if (counts) ++seen_;
      if (!taken || !(counts || entry.is_symlink())) continue;
      if (counts) ++taken_;
      found_.push_back(entry);
    }
  }
  [[nodiscard]] const std::vector<fs::directory_entry>& found() const { return found_; }

 private:
  // Whether that keeps to the part that is wanted, better than leaving the directory's own files
  // out does. What is taken lies far and wide: the files of a few neighbours are all small, say.
  [[nodiscard]] bool is_taken(std::ptrdiff_t own_files) const {
    const auto own = static_cast<double>(own_files);
    return taken_ + own / 2 <= (seen_ + own) * part_;
  }

  double part_;
  double seen_ = 0;  // files, of which …
  double taken_ = 0;
  std::vector<fs::directory_entry> found_;
};

// With the directories that they lie in.
SampleFiles sample_of(const std::vector<fs::directory_entry>& entries) {
  SampleFiles sample;
  std::set<std::string> names;
  for (const fs::directory_entry& entry : entries) {
    fs::path name = entry.path().lexically_relative(kSampleRoot);
    for (; !name.empty() && names.insert(name).second; name = name.parent_path()) continue;
    if (!is_plain(entry)) continue;
    ++sample.files;
    sample.bytes += entry.file_size();
  }
  sample.names.assign(names.begin(), names.end());
  return sample;
}

}  // namespace

SampleFiles small_files(double part) {
  Collection collection(part);
  collection.walk(kSampleRoot);
  return sample_of(collection.found());
}

SampleFiles big_files(double part) {
  std::vector<fs::directory_entry> found;
  for (const auto& entry : fs::recursive_directory_iterator(kSampleRoot)) {
    if (!is_plain(entry) || !has_name_for_a_list(entry)) continue;
    if (entry.file_size() <= kMostOfABigFile) found.push_back(entry);
  }
  const auto wanted = static_cast<std::size_t>(std::ceil(kBigFiles * part));
  const auto kept = static_cast<std::ptrdiff_t>(std::min(wanted, found.size()));
  std::partial_sort(found.begin(), found.begin() + kept, found.end(),
                    [](const auto& a, const auto& b) { return a.file_size() > b.file_size(); });
  return sample_of({found.begin(), found.begin() + kept});
}

}  // namespace slipway::bench
