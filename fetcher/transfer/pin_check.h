// Whether what was received is what the URI's checksum says.
#pragma once

#include <optional>

#include "fetcher/plan/pin.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// What a sink must compute for check_pin().
BodySink::Sha512 sha512_for(const std::optional<Pin>& pin);

// Nothing is wrong where there is no pin. One of SHA-512 needs a sink that was made with
// sha512_for(). Error: E-FETCH-CHECKSUM, of the user's class, for no other try can help.
Result<void, TransferFailure> check_pin(const std::optional<Pin>& pin, const Received& received);

}  // namespace slipway::fetcher
