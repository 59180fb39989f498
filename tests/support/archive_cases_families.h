// The families of archive cases, each in the file of its topic, and what several of them need.
#pragma once

#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases.h"

namespace slipway::tests {

// A number in a header's field as star and GNU tar write what octal digits cannot hold: base 256.
std::string tar_number(std::int64_t value, std::size_t width = 12);
// compress(), which starts a program, once for each pair of arguments.
const std::string& compressed(const std::vector<std::string>& program, const std::string& data);
std::string repeated(const std::string& piece, std::size_t times);
// GNU's old header of a sparse file with one byte of data. `map`: up to four pairs of numbers, the
// offsets and the lengths.
TarMember old_sparse(const std::string& map, std::int64_t real_size);

// archive_cases_names.cc
void add_climbing_names(ArchiveCases& cases);
// archive_cases_legal_names.cc
void add_legal_names(ArchiveCases& cases);
void add_other_names(ArchiveCases& cases);
// archive_cases_links.cc
void add_symbolic_links(ArchiveCases& cases);
// archive_cases_hard_links.cc
void add_hard_links(ArchiveCases& cases);
void add_several_archives(ArchiveCases& cases);
// archive_cases_types.cc
void add_types_and_modes(ArchiveCases& cases);
void add_attributes(ArchiveCases& cases);
// archive_cases_tar.cc
void add_tar_headers(ArchiveCases& cases);
// archive_cases_zip.cc
void add_zip_records(ArchiveCases& cases);
// archive_cases_honest.cc
void add_honest_tar(ArchiveCases& cases);
// archive_cases_honest_zip.cc
void add_honest_zip(ArchiveCases& cases);
// archive_cases_damage.cc
void add_cuts(ArchiveCases& cases);
void add_damage(ArchiveCases& cases);
void add_wrong_formats(ArchiveCases& cases);
// archive_cases_sizes.cc
void add_sizes(ArchiveCases& cases);
// archive_cases_bombs.cc
void add_bombs(ArchiveCases& cases);

}  // namespace slipway::tests
