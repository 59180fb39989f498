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
  bool known_to_mesos;  // mesos-fetcher takes it for an archive too (src/launcher/fetcher.cpp)
};

// A name ends with exactly one of these bytes (case matters); the first row that fits decides.
// Within tar the content decides how it is compressed: not at all, gzip, bzip2, xz or zstd.
inline constexpr ArchiveSuffix kArchiveFormats[] = {
    {".tar", ArchiveFormat::kTar, true},  {".tar.gz", ArchiveFormat::kTar, true},
    {".tgz", ArchiveFormat::kTar, true},  {".tar.bz2", ArchiveFormat::kTar, true},
    {".tbz2", ArchiveFormat::kTar, true}, {".tar.xz", ArchiveFormat::kTar, true},
    {".txz", ArchiveFormat::kTar, true},  {".tar.zst", ArchiveFormat::kTar, false},
    {".zip", ArchiveFormat::kZip, true},  {".gz", ArchiveFormat::kGzip, true},
};

// Nothing where the name is no archive's.
std::optional<ArchiveFormat> archive_format_of(std::string_view file_name);
// The same by the rows that mesos-fetcher has too.
std::optional<ArchiveFormat> mesos_archive_format_of(std::string_view file_name);

// All of them, for messages: ".tar, .tar.gz, …".
std::string archive_suffixes();

// "tar", "zip", "gzip": for plans, work orders and messages.
std::string_view name_of(ArchiveFormat format);
// Nothing where none has that name.
std::optional<ArchiveFormat> format_named(std::string_view name);

}  // namespace slipway::fetcher
