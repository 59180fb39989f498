// Runs one transfer of libcurl at a time, within its deadlines. What http and ftp have in common.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct TransferDeadlines {
  std::chrono::milliseconds connect;
  std::chrono::milliseconds stall;  // 0: none
  Deadline end;
};

// When the other side was last heard of. Kept by the transfer's callbacks.
struct StallClock {
  bool running = false;  // from when the connection stands
  std::chrono::steady_clock::time_point last_byte;
  // Less than the deadlines' where what still comes is not worth so much; 0: theirs.
  std::chrono::milliseconds patience{0};

  void tick() noexcept {
    running = true;
    last_byte = std::chrono::steady_clock::now();
  }
};

// Connections, kept from one transfer to the next.
class CurlLoop {
 public:
  // Errors: libcurl cannot be set up.
  static Result<CurlLoop, TransferFailure> make();
  CurlLoop(CurlLoop&&) noexcept;
  ~CurlLoop();

  // Runs `easy`, a CURL*, to its end: a CURLcode. Errors: a deadline was missed (met to a fraction
  // of a second; libcurl's own timeouts count whole seconds, and pauses of a slow disk too).
  // `watcher` may be null. `host_port` is for messages.
  Result<int, TransferFailure> run(void* easy, const StallClock& clock,
                                   const TransferDeadlines& deadlines, const std::string& host_port,
                                   BodyWatcher* watcher);

 private:
  struct Multi;
  explicit CurlLoop(std::unique_ptr<Multi> multi);
  std::unique_ptr<Multi> multi_;
};

// The failure of a libcurl that does not work: a CURLcode.
TransferFailure curl_unavailable(int code);

}  // namespace slipway::fetcher
