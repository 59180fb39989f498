// Tries, and what is told of them.
#include "fetcher/transfer/download.h"

#include "tests/net/http_fixture.h"

namespace slipway::fetcher {
namespace {

class Retries final : public EventSink {
 public:
  void tell(const FetchEvent& event) override {
    if (const auto* retry = std::get_if<RetryEvent>(&event)) told.push_back(*retry);
  }
  std::vector<RetryEvent> told;
};

// A conditional request that was made before is no try of the download.
TEST_F(HttpTest, TriesOfADownloadAreCountedFromItsFirst) {
  RawServer server([](Exchange& exchange) { exchange.respond("503 Service Unavailable", ""); });
  auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT, 0600);
  ASSERT_THAT(into, IsOk());
  BodySink sink(into->get(), limits_.max_bytes);
  TransferSettings settings;
  settings.retry.retries = 1;
  Transports transports(settings, AT_FDCWD);
  Retries retries;
  UriAccount account(retries, 0, ProgressEvents::kNo);
  account.tries = 1;
  EXPECT_FALSE(download(*Uri::parse(server.uri("/x")), sink, settings, transports, {}, account));
  ASSERT_EQ(retries.told.size(), 1U);
  EXPECT_EQ(retries.told[0].tries, 1U);
  EXPECT_EQ(retries.told[0].of, 2U);
  EXPECT_EQ(account.tries, 3U);
}

}  // namespace
}  // namespace slipway::fetcher
