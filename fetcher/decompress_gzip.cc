// gzip and raw deflate by zlib, which itself verifies the header's, the data's checksum and length.
#include <zlib.h>

#include <algorithm>

#include "fetcher/decompress.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

enum class Framing { kGzip, kRaw };

struct InflateEnd {
  void operator()(z_stream* stream) const {
    ::inflateEnd(stream);
    delete stream;
  }
};
using Inflate = std::unique_ptr<z_stream, InflateEnd>;

class Inflater final : public ByteSource {
 public:
  Inflater(ByteSource& from, Inflate stream, Framing framing)
      : input_(from), stream_(std::move(stream)), framing_(framing) {}

  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  // One call of inflate(): the number of bytes that came out.
  Result<std::size_t> step(std::span<std::byte> into);
  Result<void> end_of_stream();
  Result<void> skip_zeros();

  InputBuffer input_;
  Inflate stream_;
  Framing framing_;
  bool done_ = false;
};

Result<std::size_t> Inflater::read(std::span<std::byte> into) {
  while (!done_) {
    const std::size_t produced = TRY(step(into));
    if (produced > 0) return produced;
  }
  return std::size_t{0};
}

Result<std::size_t> Inflater::step(std::span<std::byte> into) {
  TRY(input_.fill());
  const auto available = input_.bytes();
  const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), 1U << 30));
  // zlib takes a pointer to non-const and does not write through it.
  stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(available.data()));
  stream_->avail_in = static_cast<uInt>(available.size());
  stream_->next_out = reinterpret_cast<Bytef*>(into.data());
  stream_->avail_out = room;
  const int status = ::inflate(stream_.get(), Z_NO_FLUSH);
  input_.consume(available.size() - stream_->avail_in);
  const std::size_t produced = room - stream_->avail_out;
  if (status == Z_STREAM_END) {
    TRY(end_of_stream());
    return produced;
  }
  if (status != Z_OK && status != Z_BUF_ERROR) {
    const char* reason = stream_->msg != nullptr ? stream_->msg : ::zError(status);
    return Error(cat("damaged gzip data: ", reason));
  }
  if (produced == 0 && input_.at_end()) return Error("cut: the compressed data ends too early");
  return produced;
}

Result<void> Inflater::end_of_stream() {
  TRY(input_.fill());
  if (input_.at_end()) {
    done_ = true;
    return {};
  }
  if (framing_ == Framing::kRaw) return Error("damaged: bytes follow the compressed data");
  if (input_.bytes().front() == std::byte{0}) return skip_zeros();
  if (input_.bytes().front() != std::byte{0x1f}) {
    return Error("damaged: bytes follow the gzip data that are neither zeros nor gzip data");
  }
  if (::inflateReset(stream_.get()) != Z_OK) return Error("inflateReset failed");
  return {};
}

Result<void> Inflater::skip_zeros() {
  while (!input_.at_end()) {
    const auto bytes = input_.bytes();
    if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; })) {
      return Error("damaged: bytes follow the gzip data and its padding of zeros");
    }
    input_.consume(bytes.size());
    TRY(input_.fill());
  }
  done_ = true;
  return {};
}

Result<std::unique_ptr<ByteSource>> make_inflater(ByteSource& from, Framing framing) {
  auto fresh = std::make_unique<z_stream>();
  // zlib.h: 15 is the largest window; +16 expects gzip's frame, a minus none at all.
  const int window_bits = framing == Framing::kGzip ? 15 + 16 : -15;
  if (::inflateInit2(fresh.get(), window_bits) != Z_OK) return Error("inflateInit2 failed");
  Inflate stream(fresh.release());
  return std::unique_ptr<ByteSource>(std::make_unique<Inflater>(from, std::move(stream), framing));
}

}  // namespace

Result<std::unique_ptr<ByteSource>> make_gzip_decoder(ByteSource& compressed) {
  return make_inflater(compressed, Framing::kGzip);
}

Result<std::unique_ptr<ByteSource>> make_raw_inflater(ByteSource& compressed) {
  return make_inflater(compressed, Framing::kRaw);
}

}  // namespace slipway::fetcher
