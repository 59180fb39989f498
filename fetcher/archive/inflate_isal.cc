// The fast engine: Intel's ISA-L, which despite its name runs on every 64-bit machine.
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "fetcher/archive/gzip_header.h"
#include "fetcher/archive/inflate.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case ISAL_INVALID_BLOCK:
      return "invalid block";
    case ISAL_INVALID_SYMBOL:
      return "invalid symbol";
    case ISAL_INVALID_LOOKBACK:
      return "invalid distance, too far back";
    case ISAL_INVALID_WRAPPER:
      return "incorrect header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
      return "incorrect checksum or length";
    default:
      return "not well-formed";
  }
}

class IsalInflate final : public InflateStream {
 public:
  explicit IsalInflate(Framing framing) : framing_(framing) { start(); }

  Result<Step> step(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (framing_ == Framing::kGzip && !header_.complete()) {
      const std::size_t taken = TRY(header_.take(in));
      return Step{taken, 0, false};
    }
    // It takes a pointer to non-const and does not write through it.
    state_.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(in.data()));
    state_.avail_in = static_cast<std::uint32_t>(in.size());
    state_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_.avail_out = static_cast<std::uint32_t>(out.size());
    const int status = ::isal_inflate(&state_);
    if (status != ISAL_DECOMP_OK && status != ISAL_END_INPUT) {
      return Error(std::string(reason_of(status)));
    }
    const bool ended = state_.block_state == ISAL_BLOCK_FINISH;
    // Without a frame it may have taken up to 8 bytes that follow, for good.
    if (ended && framing_ == Framing::kRaw && state_.read_in_length >= 8) {
      return Error("bytes follow the end of the stream");
    }
    return Step{in.size() - state_.avail_in, out.size() - state_.avail_out, ended};
  }

  Result<void> reset() override {
    start();
    return {};
  }

 private:
  void start() {
    ::isal_inflate_init(&state_);
    header_ = {};
    // The trailer is verified, the header not even read.
    state_.crc_flag = framing_ == Framing::kGzip ? ISAL_GZIP_NO_HDR_VER : ISAL_DEFLATE;
  }

  Framing framing_;
  GzipHeader header_;
  inflate_state state_;  // set by start(), but for its tables
};

constexpr InflateEngine kEngines[] = {{"isal", &make_isal_inflate}, {"zlib", &make_zlib_inflate}};

}  // namespace

Result<std::unique_ptr<InflateStream>> make_isal_inflate(Framing framing) {
  return std::unique_ptr<InflateStream>(std::make_unique<IsalInflate>(framing));
}

std::span<const InflateEngine> inflate_engines() {
  return kEngines;
}

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) {
  return ::crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace slipway::fetcher
