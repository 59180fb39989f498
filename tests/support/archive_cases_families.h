// The families of archive cases, each in the file of its topic.
#pragma once

#include "tests/support/archive_cases.h"

namespace slipway::tests {

// archive_cases_names.cc
void add_climbing_names(ArchiveCases& cases);
void add_legal_names(ArchiveCases& cases);
void add_other_names(ArchiveCases& cases);
// archive_cases_links.cc
void add_symbolic_links(ArchiveCases& cases);
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
void add_honest_zip(ArchiveCases& cases);
// archive_cases_damage.cc
void add_cuts(ArchiveCases& cases);
void add_damage(ArchiveCases& cases);
void add_wrong_formats(ArchiveCases& cases);
// archive_cases_sizes.cc
void add_sizes(ArchiveCases& cases);
void add_bombs(ArchiveCases& cases);

}  // namespace slipway::tests
