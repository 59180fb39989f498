// bzip2 by libbz2, which verifies each block's checksum and the stream's.
#include <bzlib.h>

#include <algorithm>
#include <cerrno>

#include "fetcher/archive/decompress.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct DecompressEnd {
  void operator()(bz_stream* stream) const {
    ::BZ2_bzDecompressEnd(stream);
    delete stream;
  }
};
using Stream = std::unique_ptr<bz_stream, DecompressEnd>;

Error out_of_memory() {
  return Error::system(ENOMEM, "decode bzip2 data");
}

Result<Stream> open_stream() {
  auto fresh = std::make_unique<bz_stream>();
  const int status = ::BZ2_bzDecompressInit(fresh.get(), 0, 0);
  if (status == BZ_MEM_ERROR) return out_of_memory();
  if (status != BZ_OK) return Error("BZ2_bzDecompressInit failed");
  return Stream(fresh.release());
}

std::string_view reason_of(int status) {
  switch (status) {
    case BZ_DATA_ERROR:
      return "a checksum is wrong or the data is not well-formed";
    case BZ_DATA_ERROR_MAGIC:
      return "bytes that are no bzip2 data";
    default:
      return "unknown error";
  }
}

class Bzip2Decoder final : public ByteSource {
 public:
  Bzip2Decoder(ByteSource& from, Stream stream) : input_(from), stream_(std::move(stream)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (!done_) {
      const std::size_t produced = TRY(step(into));
      if (produced > 0) return produced;
    }
    return std::size_t{0};
  }

 private:
  Result<std::size_t> step(std::span<std::byte> into);
  Result<void> end_of_stream();

  InputBuffer input_;
  Stream stream_;
  bool done_ = false;
};

Result<std::size_t> Bzip2Decoder::step(std::span<std::byte> into) {
  TRY(input_.fill());
  const auto available = input_.bytes();
  const auto room = static_cast<unsigned>(std::min<std::size_t>(into.size(), 1U << 30));
  // The library takes a pointer to non-const and does not write through it.
  stream_->next_in = const_cast<char*>(reinterpret_cast<const char*>(available.data()));
  stream_->avail_in = static_cast<unsigned>(available.size());
  stream_->next_out = reinterpret_cast<char*>(into.data());
  stream_->avail_out = room;
  const int status = ::BZ2_bzDecompress(stream_.get());
  input_.consume(available.size() - stream_->avail_in);
  const std::size_t produced = room - stream_->avail_out;
  if (status == BZ_STREAM_END) {
    TRY(end_of_stream());
    return produced;
  }
  if (status == BZ_MEM_ERROR) return out_of_memory();
  if (status != BZ_OK) return Error(cat("damaged bzip2 data: ", reason_of(status)));
  if (produced == 0 && input_.at_end()) return Error("cut: the compressed data ends too early");
  return produced;
}

Result<void> Bzip2Decoder::end_of_stream() {
  TRY(input_.fill());
  if (input_.at_end()) {
    done_ = true;
    return {};
  }
  stream_ = TRY(open_stream());  // several streams in one file: pbzip2 writes them
  return {};
}

}  // namespace

Result<std::unique_ptr<ByteSource>> make_bzip2_decoder(ByteSource& compressed) {
  Stream stream = TRY(open_stream());
  return std::unique_ptr<ByteSource>(std::make_unique<Bzip2Decoder>(compressed, std::move(stream)));
}

}  // namespace slipway::fetcher
