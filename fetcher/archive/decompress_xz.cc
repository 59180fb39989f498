// xz by liblzma, which verifies the blocks' checks, the index and the padding.
#include <lzma.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "fetcher/archive/decompress.h"
#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct LzmaEnd {
  void operator()(lzma_stream* stream) const {
    ::lzma_end(stream);
    delete stream;
  }
};
using Stream = std::unique_ptr<lzma_stream, LzmaEnd>;

class XzDecoder final : public ByteSource {
 public:
  XzDecoder(ByteSource& from, Stream stream, std::uint64_t memory)
      : input_(from), stream_(std::move(stream)), memory_(memory) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (!done_) {
      const std::size_t produced = TRY(step(into));
      if (produced > 0) return produced;
    }
    return std::size_t{0};
  }

 private:
  Result<std::size_t> step(std::span<std::byte> into);
  [[nodiscard]] Error failure(lzma_ret status) const;

  InputBuffer input_;
  Stream stream_;
  std::uint64_t memory_;
  bool done_ = false;
};

Result<std::size_t> XzDecoder::step(std::span<std::byte> into) {
  TRY(input_.fill());
  const auto available = input_.bytes();
  stream_->next_in = reinterpret_cast<const std::uint8_t*>(available.data());
  stream_->avail_in = available.size();
  stream_->next_out = reinterpret_cast<std::uint8_t*>(into.data());
  stream_->avail_out = into.size();
  // lzma/container.h: with LZMA_CONCATENATED only LZMA_FINISH tells that no stream follows.
  const lzma_ret status = ::lzma_code(stream_.get(), input_.at_end() ? LZMA_FINISH : LZMA_RUN);
  input_.consume(available.size() - stream_->avail_in);
  done_ = status == LZMA_STREAM_END;
  if (status != LZMA_OK && status != LZMA_STREAM_END) return failure(status);
  return into.size() - stream_->avail_out;
}

Error XzDecoder::failure(lzma_ret status) const {
  switch (status) {
    case LZMA_MEMLIMIT_ERROR:
      // Without a number: lzma_memusage(3) of a threaded decoder does not know it yet.
      return over_limit("the xz data needs too large a window", &ExtractLimits::decoder_memory,
                        memory_);
    case LZMA_MEM_ERROR:
      return Error::system(ENOMEM, "decode xz data");
    case LZMA_BUF_ERROR:
      return Error("cut: the compressed data ends too early");
    case LZMA_FORMAT_ERROR:
      return Error("damaged xz data: bytes that are no xz data");
    case LZMA_OPTIONS_ERROR:
      return Error("the xz data uses options that are not supported");
    case LZMA_UNSUPPORTED_CHECK:
      return Error("the xz data uses a check that is not supported");
    case LZMA_DATA_ERROR:
      return Error("damaged xz data");
    default:
      return Error(cat("xz decoder: error ", static_cast<int>(status)));
  }
}

// liblzma's limit counts what it needs beside the window, too; ours is the window's.
std::uint64_t with_overhead(std::uint64_t window) {
  constexpr std::uint64_t kOverhead = std::uint64_t{1} << 20;
  return window > UINT64_MAX - kOverhead ? UINT64_MAX : window + kOverhead;
}

constexpr std::uint32_t kFlags = LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK;

#if LZMA_VERSION >= UINT32_C(50040002)  // 5.4.0

// Files of several blocks (xz -T writes them) are decoded by several threads, as long as all of
// them together stay within `memory`.
lzma_ret start(lzma_stream& stream, std::uint64_t memory) {
  constexpr unsigned kMostThreads = 4;
  lzma_mt options{};
  options.flags = kFlags;
  options.threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  options.memlimit_threading = memory;
  options.memlimit_stop = with_overhead(memory);
  return ::lzma_stream_decoder_mt(&stream, &options);
}

#else

lzma_ret start(lzma_stream& stream, std::uint64_t memory) {
  return ::lzma_stream_decoder(&stream, with_overhead(memory), kFlags);
}

#endif

}  // namespace

Result<std::unique_ptr<ByteSource>> make_xz_decoder(ByteSource& compressed, std::uint64_t memory) {
  auto fresh = std::make_unique<lzma_stream>();
  *fresh = LZMA_STREAM_INIT;
  Stream stream(fresh.release());
  if (const lzma_ret status = start(*stream, memory); status != LZMA_OK) {
    if (status == LZMA_MEM_ERROR) return Error::system(ENOMEM, "set up the xz decoder");
    return Error(cat("setting up the xz decoder: error ", static_cast<int>(status)));
  }
  return std::unique_ptr<ByteSource>(
      std::make_unique<XzDecoder>(compressed, std::move(stream), memory));
}

}  // namespace slipway::fetcher
