// Extracts an archive while it arrives, on a thread of its own.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "fetcher/extract.h"
#include "fetcher/extraction_slots.h"
#include "fetcher/obtain.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

class StreamedExtraction final : public ContentWatcher {
 public:
  // Into the new directory "tree" in `own` (borrowed), which is made anew with each beginning.
  // `file_name` is the archive's. `slots` (borrowed) are those of the whole stage.
  StreamedExtraction(int own, ArchiveFormat format, std::string file_name,
                     const ExtractLimits& limits, ExtractionSlots& slots)
      : own_(own),
        format_(format),
        file_name_(std::move(file_name)),
        limits_(limits),
        slots_(slots) {}
  ~StreamedExtraction() override { failed(); }

  void begins(int file) override;
  void written(std::uint64_t size) noexcept override;
  void arrived() noexcept override;
  void failed() noexcept override;

  // How it ended, when the content that arrived last is known to be the right one.
  Result<Extracted> finish();

 private:
  Result<void> start(int file);

  int own_;
  ArchiveFormat format_;
  std::string file_name_;
  ExtractLimits limits_;
  ExtractionSlots& slots_;
  Fd archive_;
  Fd tree_;
  std::optional<Arrival> arrival_;
  std::optional<Result<Extracted>> result_;
  std::thread thread_;
};

}  // namespace slipway::fetcher
