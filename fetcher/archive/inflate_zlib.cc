// The engine that is always there.
#include <zlib.h>

#include "fetcher/archive/inflate.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct InflateEnd {
  void operator()(z_stream* stream) const {
    ::inflateEnd(stream);
    delete stream;
  }
};
using Stream = std::unique_ptr<z_stream, InflateEnd>;

class ZlibInflate final : public InflateStream {
 public:
  explicit ZlibInflate(Stream stream) : stream_(std::move(stream)) {}

  Result<Step> step(std::span<const std::byte> in, std::span<std::byte> out) override {
    // zlib takes a pointer to non-const and does not write through it.
    stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
    stream_->avail_in = static_cast<uInt>(in.size());
    stream_->next_out = reinterpret_cast<Bytef*>(out.data());
    stream_->avail_out = static_cast<uInt>(out.size());
    const int status = ::inflate(stream_.get(), Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) return Error::system(ENOMEM, "inflate");
    if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) {
      return Error(stream_->msg != nullptr ? stream_->msg : ::zError(status));
    }
    return Step{in.size() - stream_->avail_in, out.size() - stream_->avail_out,
                status == Z_STREAM_END};
  }

  Result<void> reset() override {
    if (::inflateReset(stream_.get()) != Z_OK) return Error("inflateReset failed");
    return {};
  }

 private:
  Stream stream_;
};

}  // namespace

Result<std::unique_ptr<InflateStream>> make_zlib_inflate(Framing framing) {
  auto fresh = std::make_unique<z_stream>();
  // zlib.h: 15 is the largest window; +16 expects gzip's frame, a minus none at all.
  const int window_bits = framing == Framing::kGzip ? 15 + 16 : -15;
  const int status = ::inflateInit2(fresh.get(), window_bits);
  if (status == Z_MEM_ERROR) return Error::system(ENOMEM, "inflateInit2");
  if (status != Z_OK) return Error("inflateInit2 failed");
  return std::unique_ptr<InflateStream>(std::make_unique<ZlibInflate>(Stream(fresh.release())));
}

#ifndef SLIPWAY_HAS_ISAL

std::span<const InflateEngine> inflate_engines() {
  static constexpr InflateEngine kEngines[] = {{"zlib", &make_zlib_inflate}};
  return kEngines;
}

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#endif

}  // namespace slipway::fetcher
