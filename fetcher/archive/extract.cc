#include "fetcher/archive/extract.h"

#include <array>
#include <optional>
#include <utility>

#include "fetcher/archive/block_source.h"
#include "fetcher/archive/decompress.h"
#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/peeked_source.h"
#include "fetcher/archive/tar.h"
#include "fetcher/archive/tree_writer.h"
#include "fetcher/archive/zip.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Charges a decoder's output, and what was read of the file for it, to the budget.
class CountedSource final : public ByteSource {
 public:
  // `file`: null where what it reads is charged already.
  CountedSource(ByteSource& decoded, const ArrivingFile* file, Budget& budget)
      : decoded_(decoded), file_(file), budget_(budget) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = TRY(decoded_.read(into));
    const std::uint64_t consumed = file_ == nullptr ? 0 : file_->consumed() - seen_;
    seen_ += consumed;
    TRY(budget_.add_decoded(count, consumed));
    return count;
  }

 private:
  ByteSource& decoded_;
  const ArrivingFile* file_;
  Budget& budget_;
  std::uint64_t seen_ = 0;
};

// The file, and a look at the clock for each piece of it: a decoder may read all of it before it
// gives anything.
class TickedSource final : public ByteSource {
 public:
  TickedSource(ByteSource& file, const Budget& budget) : file_(file), budget_(budget) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    TRY(budget_.tick());
    return file_.read(into);
  }

 private:
  ByteSource& file_;
  const Budget& budget_;
};

struct Archive {
  int file;
  Arrival& arrival;
};

Result<Codec> codec_of_file(const Archive& archive) {
  std::array<std::byte, kCodecMagicBytes> first;
  ArrivingFile file(archive.file, archive.arrival);
  const std::size_t count = TRY(read_full(file, first));
  return codec_of(std::span<const std::byte>(first.data(), count));
}

// The name of a tar's first member may look like the beginning of compressed data.
Result<Codec> codec_of_tar(PeekedSource& source) {
  const auto first = TRY(source.first());
  return is_tar_header(first) ? Codec::kNone : codec_of(first);
}

// What a tar is compressed with undone, once.
class Layer final : public ByteSource {
 public:
  Layer(ByteSource& from, const ArrivingFile* file, Budget& budget)
      : peeked_(from), file_(file), budget_(budget) {}

  // False where there was nothing to undo.
  Result<bool> begin() {
    const Codec codec = TRY(codec_of_tar(peeked_));
    if (codec != Codec::kNone) {
      decoder_ = TRY(make_decoder(codec, peeked_, budget_.limits().decoder_memory));
    }
    if (decoder_ || file_ != nullptr) {
      counted_.emplace(decoder_ ? *decoder_ : static_cast<ByteSource&>(peeked_), file_, budget_);
    }
    return decoder_ != nullptr;
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    return counted_ ? counted_->read(into) : peeked_.read(into);
  }

 private:
  PeekedSource peeked_;
  const ArrivingFile* file_;
  Budget& budget_;
  std::unique_ptr<ByteSource> decoder_;
  std::optional<CountedSource> counted_;
};

Result<void> extract_tar(const Archive& archive, Tree& into, FillPool& pool, Budget& budget) {
  ArrivingFile file(archive.file, archive.arrival);
  TickedSource ticked(file, budget);
  Layer once(ticked, &file, budget);
  // Mesos takes what was compressed twice; what the first layer holds is charged as well.
  Layer twice(once, nullptr, budget);
  if (TRY(once.begin())) TRY(twice.begin());
  ReadAhead ahead(twice, [&] { archive.arrival.interrupt(); });
  return read_tar(ahead, into, pool, budget.limits());
}

Result<sandbox::SandboxPath> name_without_gz(const std::string& file_name) {
  constexpr std::string_view kSuffix = ".gz";
  if (!file_name.ends_with(kSuffix) || file_name.find('/') != std::string::npos) {
    return Error(cat(quote(file_name), " is not a file name that ends in .gz"));
  }
  const std::string name = file_name.substr(0, file_name.size() - kSuffix.size());
  return sandbox::SandboxPath::parse(name).context(
      cat("the name of ", quote(file_name), " without its .gz"));
}

Result<void> extract_gzip(const Archive& archive, const std::string& file_name, Tree& into,
                          Budget& budget) {
  const auto path = TRY(name_without_gz(file_name));
  const Codec codec = TRY(codec_of_file(archive));
  if (codec != Codec::kGzip) return Error("it is not gzip data although its name says so");
  ArrivingFile file(archive.file, archive.arrival);
  TickedSource ticked(file, budget);
  const auto decoder = TRY(make_gzip_decoder(ticked));
  CountedSource plain(*decoder, &file, budget);
  const auto out = TRY(into.create_file(path, {}));
  ReadAhead ahead(plain, [&] { archive.arrival.interrupt(); });
  std::uint64_t size = 0;
  for (;;) {
    const auto block = TRY(ahead.next());
    if (block.empty()) return out->finish(size);
    TRY(out->write_at(size, block));
    size += block.size();
  }
}

Result<void> read_archive(const Archive& archive, ArchiveFormat format,
                          const std::string& file_name, Tree& into, FillPool& pool,
                          Budget& budget) {
  switch (format) {
    case ArchiveFormat::kTar:
      return extract_tar(archive, into, pool, budget);
    case ArchiveFormat::kZip:
      // Its table of contents is at the end.
      return read_zip(archive.file, TRY(archive.arrival.wait_for_all()), into, pool, budget);
    case ArchiveFormat::kGzip:
      return extract_gzip(archive, file_name, into, budget);
  }
  return Error("unknown archive format");
}

}  // namespace

Result<Extracted> extract(int archive, Arrival& arrival, ArchiveFormat format,
                          const std::string& file_name, int into, const ExtractLimits& limits,
                          FileHashes* hashes, std::function<void()> progress) {
  if (TRY(arrival.wait_beyond(0)) == 0) return Error("it is empty");
  // Hard links are safe only among files that this extraction made.
  if (!TRY(sys::list(into)).empty()) return Error("the directory to extract into is not empty");
  Budget budget(limits, into, &arrival, std::move(progress));
  TRY(budget.check_free_space());
  TreeWriter writer(into, budget, hashes);
  FillPool pool(FillPool::suitable_threads());
  auto read = read_archive({archive, arrival}, format, file_name, writer, pool, budget);
  // What failed in the pool comes earlier in the archive than what stopped the reading.
  TRY(pool.finish());
  TRY(std::move(read));
  TRY(writer.finish());
  return budget.spent();
}

Result<Extracted> extract(int archive, ArchiveFormat format, const std::string& file_name, int into,
                          const ExtractLimits& limits) {
  const auto found = TRY(sys::stat_fd(archive));
  if (!S_ISREG(found.st_mode)) return Error("it is not a regular file");
  Arrival arrival(static_cast<std::uint64_t>(found.st_size));
  return extract(archive, arrival, format, file_name, into, limits);
}

}  // namespace slipway::fetcher
