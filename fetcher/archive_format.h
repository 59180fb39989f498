// What is an archive, and of which kind: the name decides, by the table below. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::fetcher {

enum class ArchiveFormat { kTar, kZip, kGzip };

struct ArchiveSuffix {
  std::string_view suffix;
  ArchiveFormat format;
};

// A name ends with exactly one of these bytes (case matters); the first row that fits decides.
// Within tar the content decides how it is compressed: not at all, gzip, bzip2, xz or zstd.
inline constexpr ArchiveSuffix kArchiveFormats[] = {
    {".tar", ArchiveFormat::kTar},  {".tar.gz", ArchiveFormat::kTar},
    {".tgz", ArchiveFormat::kTar},  {".tar.bz2", ArchiveFormat::kTar},
    {".tbz2", ArchiveFormat::kTar}, {".tar.xz", ArchiveFormat::kTar},
    {".txz", ArchiveFormat::kTar},  {".tar.zst", ArchiveFormat::kTar},
    {".zip", ArchiveFormat::kZip},  {".gz", ArchiveFormat::kGzip},
};

// Nothing where the name is no archive's.
std::optional<ArchiveFormat> archive_format_of(std::string_view file_name);

// All of them, for messages: ".tar, .tar.gz, …".
std::string archive_suffixes();

// "tar", "zip", "gzip": for plans and messages.
std::string_view name_of(ArchiveFormat format);

}  // namespace slipway::fetcher
