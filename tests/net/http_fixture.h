// What the tests of HTTP share: a clean environment and a file to download into.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <string>

#include "fetcher/transfer/transport_http.h"
#include "sandbox/base/sys.h"
#include "tests/support/raw_server.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;
using tests::Exchange;
using tests::FailsWith;
using tests::IsOk;
using tests::RawServer;

// Whoever runs the tests may have proxies and authorities of their own.
class HttpTest : public ::testing::Test {
 protected:
  HttpTest() {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
          "NO_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      ::unsetenv(name);
    }
  }

  Result<Received, TransferFailure> fetch(const std::string& uri) {
    auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_THAT(into, IsOk());
    const auto start = Clock::now();
    BodySink sink(into->get(), limits_.max_bytes);
    auto result = fetch_into(sink, uri);
    took_ = Clock::now() - start;
    return result;
  }
  Result<Received, TransferFailure> fetch_into(BodySink& sink, const std::string& uri) {
    HttpTransport transport(limits_, surroundings_);
    return transport.fetch(uri, sink, end(), times_);
  }
  Result<Freshness, TransferFailure> revalidate(const std::string& uri,
                                                const Validators& validators,
                                                std::chrono::milliseconds total) {
    return HttpTransport(limits_, surroundings_).revalidate(uri, validators, total);
  }
  // The failure of a fetch that must fail.
  TransferFailure failure_of(const std::string& uri) {
    auto result = fetch(uri);
    if (!result) return std::move(result).error();
    ADD_FAILURE() << "no failure: " << result->bytes << " bytes were received";
    return {FailureClass::kLocal, 0, Error("no failure")};
  }

  [[nodiscard]] Deadline end() const {
    return limits_.total.count() > 0 ? Deadline(Clock::now() + limits_.total) : std::nullopt;
  }
  [[nodiscard]] std::string destination() const { return dir_ / "destination"; }
  [[nodiscard]] std::string content() const { return tests::read_file(destination()); }

  tests::TempDir dir_;
  TransferLimits limits_;
  Network network_;
  TransferSurroundings surroundings_{network_, ""};
  PhaseTimes times_;
  Clock::duration took_{};
};

}  // namespace slipway::fetcher
