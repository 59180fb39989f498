// A server on loopback that answers anything with bytes of the fuzzer's. One at a time.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/base/fd.h"

namespace slipway::fuzz {

class AnsweringServer {
 public:
  AnsweringServer();
  ~AnsweringServer();
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;

  // One for each request from here on; whoever asks for more gets nothing and is hung up on. Gives
  // an address of its own for them, "127.1.2.3:PORT": the ports of one that is used again and again
  // are soon waiting for late packets, all of them.
  std::string serve(std::vector<std::string> answers);
  // How many of them were given.
  [[nodiscard]] std::size_t served() const;

 private:
  void accept_all();
  void answer(const Fd& connection);

  Fd listener_;
  unsigned port_ = 0;
  unsigned address_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> answers_;
  std::size_t served_ = 0;
  std::thread thread_;
};

}  // namespace slipway::fuzz
