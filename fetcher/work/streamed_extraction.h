// Extracts an archive while it arrives, on a thread of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "fetcher/archive/extract.h"
#include "fetcher/work/extraction_slots.h"
#include "fetcher/work/obtain.h"
#include "sandbox/base/fd.h"

namespace slipway::fetcher {

class StreamedExtraction final : public ContentWatcher {
 public:
  // Content that is all there before it is asked for may be none of its business.
  enum class Watches { kEverything, kArriving };

  // Into the new directory "tree" in `own` (borrowed), which is made anew with each beginning.
  // `file_name` is the archive's. `slots` (borrowed) are those of the whole stage. `hashes`
  // (borrowed, may be null) is told the hashes of the files. `progress` as of extract().
  StreamedExtraction(int own, ArchiveFormat format, std::string file_name,
                     const ExtractLimits& limits, ExtractionSlots& slots,
                     FileHashes* hashes = nullptr, Watches watches = Watches::kEverything,
                     std::function<void()> progress = {})
      : own_(own),
        format_(format),
        file_name_(std::move(file_name)),
        limits_(limits),
        slots_(slots),
        hashes_(hashes),
        watches_(watches),
        progress_(std::move(progress)) {}
  ~StreamedExtraction() override { failed(); }

  void begins(int file) override;
  void written(std::uint64_t size) noexcept override;
  void arrived() noexcept override;
  void failed() noexcept override;
  [[nodiscard]] bool wants_what_is_there() const override {
    return watches_ == Watches::kEverything;
  }

  // How it ended, when the content that arrived last is known to be the right one.
  Result<Extracted> finish();

 private:
  Result<void> start(int file);

  int own_;
  ArchiveFormat format_;
  std::string file_name_;
  ExtractLimits limits_;
  ExtractionSlots& slots_;
  FileHashes* hashes_;
  Watches watches_;
  std::function<void()> progress_;
  Fd archive_;
  Fd tree_;
  std::optional<Arrival> arrival_;
  std::optional<Result<Extracted>> result_;
  std::thread thread_;
};

}  // namespace slipway::fetcher
