#include "fetcher/archive/archive_format.h"

#include "sandbox/base/text.h"

namespace slipway::fetcher {

std::optional<ArchiveFormat> archive_format_of(std::string_view file_name) {
  for (const auto& row : kArchiveFormats) {
    if (file_name.ends_with(row.suffix)) return row.format;
  }
  return std::nullopt;
}

std::optional<ArchiveFormat> mesos_archive_format_of(std::string_view file_name) {
  for (const auto& row : kArchiveFormats) {
    if (row.known_to_mesos && file_name.ends_with(row.suffix)) return row.format;
  }
  return std::nullopt;
}

std::string archive_suffixes() {
  std::string all;
  for (const auto& row : kArchiveFormats) all += cat(all.empty() ? "" : ", ", row.suffix);
  return all;
}

std::string_view name_of(ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::kTar:
      return "tar";
    case ArchiveFormat::kZip:
      return "zip";
    case ArchiveFormat::kGzip:
      return "gzip";
  }
  return "";
}

std::optional<ArchiveFormat> format_named(std::string_view name) {
  for (const auto& row : kArchiveFormats) {
    if (name_of(row.format) == name) return row.format;
  }
  return std::nullopt;
}

}  // namespace slipway::fetcher
