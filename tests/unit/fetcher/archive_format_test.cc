#include "fetcher/archive/archive_format.h"

#include <gtest/gtest.h>

namespace slipway::fetcher {
namespace {

TEST(ArchiveFormat, IsDecidedByTheEndOfTheName) {
  for (const char* name : {"a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tbz2", "a.tar.xz", "a.txz",
                           "a.tar.zst", ".tar", "a.b.c.tar.gz"}) {
    EXPECT_EQ(archive_format_of(name), ArchiveFormat::kTar) << name;
  }
  EXPECT_EQ(archive_format_of("a.zip"), ArchiveFormat::kZip);
  EXPECT_EQ(archive_format_of("a.gz"), ArchiveFormat::kGzip);
  EXPECT_EQ(archive_format_of("a.tar.gz.gz"), ArchiveFormat::kGzip);
}

// A03: content alone does not make an archive. Bare .bz2 and .xz are no archives either.
TEST(ArchiveFormat, OtherNamesAreNoArchives) {
  for (const char* name : {"", "a", "tar", "zip", "gz", "a.tar.gz.asc", "a.TAR", "a.Zip", "a.bz2",
                           "a.xz", "a.zst", "a.jar", "a.7z", "a.tar/", "tgz", "atar"}) {
    EXPECT_EQ(archive_format_of(name), std::nullopt) << name;
  }
}

TEST(ArchiveFormat, IsKnownByItsName) {
  EXPECT_EQ(name_of(ArchiveFormat::kTar), "tar");
  EXPECT_EQ(name_of(ArchiveFormat::kZip), "zip");
  EXPECT_EQ(name_of(ArchiveFormat::kGzip), "gzip");
  for (const auto& row : kArchiveFormats) EXPECT_EQ(format_named(name_of(row.format)), row.format);
  for (const char* name : {"", "rar", "Tar"}) EXPECT_EQ(format_named(name), std::nullopt) << name;
}

}  // namespace
}  // namespace slipway::fetcher
