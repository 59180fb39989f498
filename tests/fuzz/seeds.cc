#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "fetcher/plan/setting_rows.h"
#include "launcher/command/wrap.h"
#include "launcher/entry/entry_keys.h"
#include "sandbox/base/text.h"
#include "tests/fuzz/written_seeds.h"
#include "tests/support/archive_cases.h"

namespace slipway::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{64} * 1024;

// The target for a file of that name, and the byte that it expects in front.
struct ArchiveRow {
  std::string_view suffix;
  std::string_view target;
  char front;
};
constexpr ArchiveRow kArchives[] = {
    {".tar", "fuzz_tar", '\0'},     {".zip", "fuzz_zip", '\0'},     {"gz", "fuzz_gzip", '\x10'},
    {"bz2", "fuzz_codecs", '\x10'}, {".xz", "fuzz_codecs", '\x10'}, {".zst", "fuzz_codecs", '\x10'},
};

constexpr std::string_view kEntryTargets[] = {"fuzz_json", "fuzz_entry", "fuzz_check", "fuzz_wrap"};

// Some are bombs, and take a while to make: only those that are wanted are.
void add_archives(std::vector<Seed>& all, const std::string& wanted) {
  if (std::ranges::find(kArchives, wanted, &ArchiveRow::target) == std::end(kArchives)) return;
  tests::ArchiveCases cases("/tmp/outside");
  for (const auto& family : tests::archive_families()) family.add(cases);
  for (const auto& each : cases.all()) {
    for (const auto& file : each.files) {
      const auto* row = std::ranges::find_if(
          kArchives, [&](const ArchiveRow& at) { return file.name.ends_with(at.suffix); });
      if (row == std::end(kArchives) || row->target != wanted) continue;
      std::string bytes = file.bytes();
      if (bytes.size() > kLargest) continue;
      all.push_back({std::string(row->target), row->front + bytes});
    }
  }
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_in(const fs::path& directory, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& each : fs::directory_iterator(directory)) {
    if (each.path().extension() == extension) found.push_back(each.path());
  }
  std::ranges::sort(found);
  return found;
}

// What a case of a mistake gives: between <<'END' and END.
std::vector<std::string> given_in(const std::string& text) {
  constexpr std::string_view kBegin = "<<'END'\n";
  constexpr std::string_view kEnd = "\nEND\n";
  std::vector<std::string> found;
  for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = text.find(kEnd, at);
    if (end != std::string::npos) found.push_back(text.substr(at, end + 1 - at));
  }
  return found;
}

void add_entry(std::vector<Seed>& all, const std::string& text) {
  for (const std::string_view target : kEntryTargets) all.push_back({std::string(target), text});
}

void add_entries(std::vector<Seed>& all, const fs::path& root) {
  for (const auto& file : files_in(root / "packaging/examples", ".json")) {
    const std::string text = content_of(file);
    add_entry(all, text);
    const auto wrapped = launcher::wrap(text, "", {"/usr/bin/slipway", {}, {}});
    if (wrapped.problems.empty()) add_entry(all, wrapped.json);
  }
  for (const auto& file : files_in(root / "tests/cli/mistakes", ".case")) {
    for (const auto& text : given_in(content_of(file))) add_entry(all, text);
  }
}

void add_word(std::string& words, std::string_view word) {
  words += cat('"', word, "\"\n");
}

}  // namespace

std::vector<std::string> seeds_of(const std::string& target, const fs::path& root) {
  std::vector<Seed> all;
  add_archives(all, target);
  if (std::ranges::find(kEntryTargets, target) != std::end(kEntryTargets)) add_entries(all, root);
  add_written(all);
  std::vector<std::string> found;
  for (Seed& seed : all) {
    if (seed.target == target) found.push_back(std::move(seed.bytes));
  }
  return found;
}

std::string dictionary(const std::string& target) {
  std::string words;
  if (target == "fuzz_settings") {
    for (const auto& row : fetcher::fetch_setting_rows()) add_word(words, row.key);
    for (const auto& row : fetcher::cache_setting_rows()) add_word(words, row.key);
    for (const auto& row : fetcher::extract_limit_rows()) add_word(words, row.key);
  } else if (std::ranges::find(kEntryTargets, target) != std::end(kEntryTargets)) {
    for (const auto& key : launcher::entry_keys()) add_word(words, key.name);
  }
  return words;
}

}  // namespace slipway::fuzz
