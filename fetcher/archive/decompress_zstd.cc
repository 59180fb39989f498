// zstd by libzstd, which verifies the frames' checksums where they have one.
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "fetcher/archive/decompress.h"
#include "fetcher/archive/extract_limits.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
};
using Context = std::unique_ptr<ZSTD_DCtx, FreeContext>;

// The largest window within `memory` bytes that libzstd can be told: a power of two.
int window_log(std::uint64_t memory) {
  const auto bounds = ::ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
  return std::clamp(static_cast<int>(std::bit_width(memory)) - 1, bounds.lowerBound,
                    bounds.upperBound);
}

class ZstdDecoder final : public ByteSource {
 public:
  ZstdDecoder(ByteSource& from, Context context, std::uint64_t memory)
      : input_(from), context_(std::move(context)), memory_(memory) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    for (;;) {
      TRY(input_.fill());
      // Between two frames nothing is owed: the end may come.
      if (frame_ended_ && input_.at_end()) return std::size_t{0};
      const std::size_t produced = TRY(step(into));
      if (produced > 0) return produced;
    }
  }

 private:
  Result<std::size_t> step(std::span<std::byte> into);
  [[nodiscard]] Error failure(std::size_t status) const;

  InputBuffer input_;
  Context context_;
  std::uint64_t memory_;
  bool frame_ended_ = false;
};

Result<std::size_t> ZstdDecoder::step(std::span<std::byte> into) {
  const bool nothing_more = input_.at_end();
  ZSTD_inBuffer in{input_.bytes().data(), input_.bytes().size(), 0};
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  const std::size_t status = ::ZSTD_decompressStream(context_.get(), &out, &in);
  if (::ZSTD_isError(status) != 0) return failure(status);
  input_.consume(in.pos);
  // zstd.h: 0 when a frame is completely decoded and completely handed out.
  frame_ended_ = status == 0;
  if (nothing_more && out.pos == 0 && !frame_ended_) {
    return Error("cut: the compressed data ends too early");
  }
  return out.pos;
}

Error ZstdDecoder::failure(std::size_t status) const {
  switch (::ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
      return over_limit(cat("the zstd data needs a window of more than ",
                            std::uint64_t{1} << window_log(memory_), " bytes, a power of two"),
                        &ExtractLimits::decoder_memory, memory_);
    case ZSTD_error_memory_allocation:
      return Error::system(ENOMEM, "decode zstd data");
    case ZSTD_error_prefix_unknown:
      return Error("damaged zstd data: bytes that are no zstd data");
    default:
      return Error(cat("damaged zstd data: ", ::ZSTD_getErrorName(status)));
  }
}

}  // namespace

Result<std::unique_ptr<ByteSource>> make_zstd_decoder(ByteSource& compressed,
                                                      std::uint64_t memory) {
  Context context(::ZSTD_createDCtx());
  if (!context) return Error::system(ENOMEM, "set up the zstd decoder");
  const auto status =
      ::ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, window_log(memory));
  if (::ZSTD_isError(status) != 0) return Error("setting the window limit of zstd failed");
  return std::unique_ptr<ByteSource>(
      std::make_unique<ZstdDecoder>(compressed, std::move(context), memory));
}

}  // namespace slipway::fetcher
