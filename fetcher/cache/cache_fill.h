// Filling the cache: the right to publish a key, and what an earlier fill has left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fetcher/transfer/transport.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// A partial file and the right to publish it: the lock on its key is held for as long as this
// lives.
struct CacheFill {
  std::string key;
  Fd lock;
  Fd file;  // open for reading and writing; its start is what `left` says, else it holds nothing
  // What an earlier fill, which died or was kept, has left: to be resumed, or cut off by who begins
  // anew.
  std::optional<PartialBody> left = {};
};

inline constexpr std::size_t kBodyRecordMaxBytes = std::size_t{64} * 1024;

// partial/KEY.body. Holds what was received and its hash, what the server said of the body, and
// which boot of the machine this is; nothing of the URI.
std::string to_json(const PartialBody& body, std::string_view boot);
// Errors: not such a text; of another boot.
Result<PartialBody> parse_body_record(std::string_view text, std::string_view boot);

}  // namespace slipway::fetcher
