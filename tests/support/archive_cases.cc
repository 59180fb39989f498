#include "tests/support/archive_cases.h"

#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

TreeEntry file_at(std::string path, std::string content, unsigned mode) {
  return {std::move(path), 'f', std::move(content), mode};
}
TreeEntry directory_at(std::string path, unsigned mode) {
  return {std::move(path), 'd', "", mode};
}
TreeEntry link_at(std::string path, std::string target) {
  return {std::move(path), 'l', std::move(target), 0777};
}
TreeEntry hard_link_at(std::string path, std::string other) {
  return {std::move(path), 'h', std::move(other), 0};
}

Picture picture_of(const Tree& tree) {
  std::map<std::string, nlink_t> links;
  for (const auto& entry : tree) ++links[entry.type == 'h' ? entry.content : entry.path];
  Picture picture{{"", directory_line(0755)}};
  for (const auto& entry : tree) {
    for (std::size_t at = entry.path.find('/'); at != std::string::npos;
         at = entry.path.find('/', at + 1)) {
      picture.emplace(entry.path.substr(0, at), directory_line(0755));
    }
    if (entry.type == 'f') {
      picture[entry.path] = file_line(entry.mode, entry.content, links[entry.path]);
    }
    if (entry.type == 'd') picture[entry.path] = directory_line(entry.mode);
    if (entry.type == 'l') picture[entry.path] = link_line(entry.content);
    if (entry.type == 'h') picture[entry.path] = picture.at(entry.content);
  }
  return picture;
}

std::string tar_number(std::int64_t value, std::size_t width) {
  std::string bytes(width, value < 0 ? '\xff' : '\0');
  for (std::size_t i = width; i-- > 1 && i + 8 >= width; value >>= 8) {
    bytes[i] = static_cast<char>(value & 0xff);
  }
  bytes[0] = value < 0 ? '\xff' : '\x80';
  return bytes;
}

const std::string& compressed(const std::vector<std::string>& program, const std::string& data) {
  static std::map<std::pair<std::vector<std::string>, std::string>, std::string> known;
  auto& bytes = known[{program, data}];
  if (bytes.empty()) bytes = compress(program, data);
  return bytes;
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += piece;
  return all;
}

TarMember old_sparse(const std::string& map, std::int64_t real_size) {
  TarMember member;
  member.name = "f";
  member.type = 'S';
  member.data = "x";
  member.magic = std::string("ustar  \0", 8);
  member.patches = {{386, map}, {483, tar_number(real_size)}};
  return member;
}

namespace {

ArchiveCases::Lazy known(std::string bytes) {
  return [bytes = std::move(bytes)] { return bytes; };
}

}  // namespace

void ArchiveCases::refused(std::string name, std::string file, std::string bytes,
                           std::string error) {
  refused(std::move(name), std::move(file), known(std::move(bytes)), std::move(error));
}

void ArchiveCases::refused(std::string name, std::string file, Lazy bytes, std::string error) {
  add({std::move(name), {{std::move(file), std::move(bytes)}}, std::move(error), {}});
}

void ArchiveCases::extracted(std::string name, std::string file, std::string bytes, Tree tree) {
  extracted(std::move(name), std::move(file), known(std::move(bytes)), std::move(tree));
}

void ArchiveCases::extracted(std::string name, std::string file, Lazy bytes, Tree tree) {
  add({std::move(name), {{std::move(file), std::move(bytes)}}, {}, std::move(tree)});
}

void ArchiveCases::either(std::string name, std::string file, std::string bytes, Tree tree) {
  add({std::move(name), {{std::move(file), known(std::move(bytes))}}, "", std::move(tree)});
}

const std::vector<ArchiveFamily>& archive_families() {
  static const std::vector<ArchiveFamily> families = {
      {"NamesThatClimb", Runs::kForEverybodyInBothLocales, add_climbing_names},
      {"NamesThatAreLegal", Runs::kForEverybodyInBothLocales, add_legal_names},
      {"OtherNames", Runs::kForEverybodyInBothLocales, add_other_names},
      {"SymbolicLinks", Runs::kForEverybodyInBothLocales, add_symbolic_links},
      {"HardLinks", Runs::kForEverybodyInBothLocales, add_hard_links},
      {"SeveralArchives", Runs::kForEverybodyInBothLocales, add_several_archives},
      {"TypesAndModes", Runs::kForEverybody, add_types_and_modes},
      {"Attributes", Runs::kForEverybody, add_attributes},
      {"TarHeaders", Runs::kForEverybody, add_tar_headers},
      {"ZipRecords", Runs::kForEverybody, add_zip_records},
      {"HonestTar", Runs::kForEverybody, add_honest_tar},
      {"HonestZip", Runs::kForEverybody, add_honest_zip},
      {"Cuts", Runs::kForEverybody, add_cuts},
      {"Damage", Runs::kForEverybody, add_damage},
      {"WrongFormats", Runs::kForEverybody, add_wrong_formats},
      {"Sizes", Runs::kForEverybody, add_sizes},
      {"Bombs", Runs::kForEverybody, add_bombs},
  };
  return families;
}

}  // namespace slipway::tests
