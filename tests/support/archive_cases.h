// Archives that attack, and honest ones that are easily taken for an attack or for damage; each
// with what must become of it. The outcomes are what is promised, whatever the programs do today.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/tree_snapshot.h"

namespace slipway::tests {

// One entry of an extracted tree.
struct TreeEntry {
  std::string path;
  char type = 'f';      // 'f'ile, 'd'irectory, symbolic 'l'ink, 'h'ard link
  std::string content;  // of the file; the link's target; the path of the other hard link
  unsigned mode = 0644;
};
using Tree = std::vector<TreeEntry>;

TreeEntry file_at(std::string path, std::string content = "x", unsigned mode = 0644);
TreeEntry directory_at(std::string path, unsigned mode = 0755);
TreeEntry link_at(std::string path, std::string target);
TreeEntry hard_link_at(std::string path, std::string other);

// As tree_picture() shows it once it is extracted into an empty directory of mode 0755.
Picture picture_of(const Tree& tree);

struct ArchiveFile {
  std::string name;  // with a '/' in it: the output_file, else the last part of the URI
  std::function<std::string()> bytes;
};

// The URIs of one entry. Where both outcomes are given, both are right: no decision says which.
struct ArchiveCase {
  std::string name;
  std::vector<ArchiveFile> files;
  std::optional<std::string> error;  // a part of the message; "" is a part of every one
  std::optional<Tree> tree;          // whole, but for directories that its paths imply (0755)
};

class ArchiveCases {
 public:
  using Lazy = std::function<std::string()>;

  // `outside` is an absolute path of a directory that nothing may reach. What is in it: the file
  // `secret` and the directory `directory`; all of it may be written by everyone.
  explicit ArchiveCases(std::string outside) : outside_(std::move(outside)) {}

  void refused(std::string name, std::string file, std::string bytes, std::string error = "");
  void refused(std::string name, std::string file, Lazy bytes, std::string error = "");
  void extracted(std::string name, std::string file, std::string bytes, Tree tree);
  void extracted(std::string name, std::string file, Lazy bytes, Tree tree);
  // Refused or extracted like this, and nothing else.
  void either(std::string name, std::string file, std::string bytes, Tree tree);
  void add(ArchiveCase made) { all_.push_back(std::move(made)); }

  [[nodiscard]] const std::string& outside() const { return outside_; }
  [[nodiscard]] const std::vector<ArchiveCase>& all() const { return all_; }

 private:
  std::string outside_;
  std::vector<ArchiveCase> all_;
};

// How a family is run: what names become could depend on the locale, the rest on who it is.
enum class Runs { kForEverybody, kForEverybodyInBothLocales };

struct ArchiveFamily {
  const char* title;
  Runs runs;
  void (*add)(ArchiveCases&);
};

const std::vector<ArchiveFamily>& archive_families();

}  // namespace slipway::tests
