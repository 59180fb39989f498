#include "fetcher/extract.h"

#include <array>

#include "fetcher/decompress.h"
#include "fetcher/tar.h"
#include "fetcher/tree_writer.h"
#include "fetcher/zip.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// Charges a decoder's output, and what it read for it, to the budget.
class CountedSource final : public ByteSource {
 public:
  CountedSource(ByteSource& decoded, const FileRange& file, Budget& budget)
      : decoded_(decoded), file_(file), budget_(budget) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = TRY(decoded_.read(into));
    const std::uint64_t consumed = file_.consumed() - seen_;
    seen_ += consumed;
    TRY(budget_.add_decoded(count, consumed));
    return count;
  }

 private:
  ByteSource& decoded_;
  const FileRange& file_;
  Budget& budget_;
  std::uint64_t seen_ = 0;
};

struct Archive {
  int file;
  std::uint64_t size;
};

Result<Codec> codec_of_file(const Archive& archive) {
  std::array<std::byte, kCodecMagicBytes> first;
  FileRange file(archive.file, 0, archive.size);
  const std::size_t count = TRY(read_full(file, first));
  return codec_of(std::span<const std::byte>(first.data(), count));
}

Result<void> extract_tar(const Archive& archive, TreeWriter& into, Budget& budget) {
  const Codec codec = TRY(codec_of_file(archive));
  FileRange file(archive.file, 0, archive.size);
  std::unique_ptr<ByteSource> decoder;
  if (codec != Codec::kNone) {
    decoder = TRY(make_decoder(codec, file, budget.limits().decoder_memory));
  }
  CountedSource plain(decoder ? *decoder : static_cast<ByteSource&>(file), file, budget);
  return read_tar(plain, into, budget);
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

Result<void> extract_gzip(const Archive& archive, const std::string& file_name, TreeWriter& into,
                          Budget& budget) {
  const auto path = TRY(name_without_gz(file_name));
  const Codec codec = TRY(codec_of_file(archive));
  if (codec != Codec::kGzip) return Error("it is not gzip data although its name says so");
  FileRange file(archive.file, 0, archive.size);
  const auto decoder = TRY(make_gzip_decoder(file));
  CountedSource plain(*decoder, file, budget);
  NewFile out = TRY(into.create_file(path));
  constexpr std::size_t kBufferBytes = 256 * 1024;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  for (;;) {
    const std::size_t count = TRY(plain.read(std::span(buffer.get(), kBufferBytes)));
    if (count == 0) break;
    TRY(out.write(std::span<const std::byte>(buffer.get(), count)));
  }
  return out.finish(out.size(), {});
}

Result<Archive> open_archive(int file) {
  const auto found = TRY(sys::stat_fd(file));
  if (!S_ISREG(found.st_mode)) return Error("it is not a regular file");
  if (found.st_size == 0) return Error("it is empty");
  return Archive{file, static_cast<std::uint64_t>(found.st_size)};
}

}  // namespace

Result<Extracted> extract(int archive, ArchiveFormat format, const std::string& file_name, int into,
                          const ExtractLimits& limits) {
  const Archive opened = TRY(open_archive(archive));
  // Hard links are safe only among files that this extraction made.
  if (!TRY(sys::list(into)).empty()) return Error("the directory to extract into is not empty");
  Budget budget(limits, into);
  TreeWriter writer(into, budget);
  switch (format) {
    case ArchiveFormat::kTar:
      TRY(extract_tar(opened, writer, budget));
      break;
    case ArchiveFormat::kZip:
      TRY(read_zip(opened.file, opened.size, writer, budget));
      break;
    case ArchiveFormat::kGzip:
      TRY(extract_gzip(opened, file_name, writer, budget));
      break;
  }
  TRY(writer.finish());
  return budget.spent();
}

}  // namespace slipway::fetcher
