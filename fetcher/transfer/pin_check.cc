#include "fetcher/transfer/pin_check.h"

#include <string_view>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

std::string_view name_of(Pin::Algorithm algorithm) {
  return algorithm == Pin::Algorithm::kSha256 ? "SHA-256" : "SHA-512";
}

}  // namespace

BodySink::Sha512 sha512_for(const std::optional<Pin>& pin) {
  return pin && pin->algorithm() == Pin::Algorithm::kSha512 ? BodySink::Sha512::kYes
                                                            : BodySink::Sha512::kNo;
}

Result<void, TransferFailure> check_pin(const std::optional<Pin>& pin, const Received& received) {
  if (!pin) return {};
  const std::string& found =
      pin->algorithm() == Pin::Algorithm::kSha256 ? received.sha256 : received.sha512;
  if (found == pin->hex()) return {};
  return TransferFailure{
      FailureClass::kUser, 0,
      Error(cat("its ", name_of(pin->algorithm()), " is ", found, ", where its checksum says ",
                pin->hex()))
          .hint("it is another version than the entry wants, or was altered on its way")
          .as(MessageCode::kFetchChecksum)};
}

}  // namespace slipway::fetcher
