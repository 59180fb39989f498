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
      {"NamesThatClimb", Cost::kSmall, add_climbing_names},
      {"NamesThatAreLegal", Cost::kSmall, add_legal_names},
      {"OtherNames", Cost::kSmall, add_other_names},
      {"SymbolicLinks", Cost::kSmall, add_symbolic_links},
      {"HardLinks", Cost::kSmall, add_hard_links},
      {"SeveralArchives", Cost::kSmall, add_several_archives},
      {"TypesAndModes", Cost::kSmall, add_types_and_modes},
      {"Attributes", Cost::kSmall, add_attributes},
      {"TarHeaders", Cost::kSmall, add_tar_headers},
      {"ZipRecords", Cost::kSmall, add_zip_records},
      {"HonestTar", Cost::kSmall, add_honest_tar},
      {"HonestZip", Cost::kSmall, add_honest_zip},
      {"Cuts", Cost::kSmall, add_cuts},
      {"Damage", Cost::kSmall, add_damage},
      {"WrongFormats", Cost::kSmall, add_wrong_formats},
      {"Sizes", Cost::kSmall, add_sizes},
      {"Bombs", Cost::kLarge, add_bombs},
  };
  return families;
}

}  // namespace slipway::tests
