// gzip files, which may hold several members.
#include <algorithm>

#include "fetcher/archive/decompress.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

class GzipDecoder final : public ByteSource {
 public:
  GzipDecoder(ByteSource& from, std::unique_ptr<InflateStream> stream)
      : input_(from), stream_(std::move(stream)) {}

  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  // The number of bytes that came out.
  Result<std::size_t> step(std::span<std::byte> into);
  Result<void> end_of_stream();
  Result<void> skip_zeros();

  InputBuffer input_;
  std::unique_ptr<InflateStream> stream_;
  bool done_ = false;
};

Result<std::size_t> GzipDecoder::read(std::span<std::byte> into) {
  while (!done_) {
    const std::size_t produced = TRY(step(into));
    if (produced > 0) return produced;
  }
  return std::size_t{0};
}

Result<std::size_t> GzipDecoder::step(std::span<std::byte> into) {
  TRY(input_.fill());
  constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;
  const auto step =
      TRY(stream_->step(input_.bytes(), into.first(std::min(into.size(), kMostAtOnce)))
              .context("damaged gzip data"));
  input_.consume(step.consumed);
  if (step.ended) {
    TRY(end_of_stream());
  } else if (step.produced == 0 && input_.at_end()) {
    return Error("cut: the compressed data ends too early");
  } else if (step.produced == 0 && step.consumed == 0) {
    return Error("damaged gzip data: the decoder makes nothing of it");  // never without an end
  }
  return step.produced;
}

Result<void> GzipDecoder::end_of_stream() {
  TRY(input_.fill());
  if (input_.at_end()) {
    done_ = true;
    return {};
  }
  if (input_.bytes().front() == std::byte{0}) return skip_zeros();
  if (input_.bytes().front() != std::byte{0x1f}) {
    return Error("damaged: bytes follow the gzip data that are neither zeros nor gzip data");
  }
  return stream_->reset();
}

Result<void> GzipDecoder::skip_zeros() {
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

}  // namespace

Result<std::unique_ptr<ByteSource>> make_gzip_decoder(ByteSource& compressed,
                                                      const InflateEngine& engine) {
  auto stream = TRY(engine.make(Framing::kGzip));
  return std::unique_ptr<ByteSource>(std::make_unique<GzipDecoder>(compressed, std::move(stream)));
}

}  // namespace slipway::fetcher
