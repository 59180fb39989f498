// What happens where there is no memory for what a server says.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"

namespace {

// No object of that size is to be had. Exact, so that it is the one that is meant.
std::atomic<std::size_t> g_refused = SIZE_MAX;

}  // namespace

// Not inlined: g++ would call free(3) of what new has made a mismatch.
// NOLINTBEGIN(cppcoreguidelines-no-malloc, misc-new-delete-overloads): that is what they are
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* made = size == g_refused ? nullptr : std::malloc(size);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
[[gnu::noinline]] void operator delete(void* made) noexcept {
  std::free(made);
}
[[gnu::noinline]] void operator delete(void* made, std::size_t) noexcept {
  std::free(made);
}
// NOLINTEND(cppcoreguidelines-no-malloc, misc-new-delete-overloads)

namespace slipway::fetcher {
namespace {

TEST_F(HttpTest, AnAnswerWhoseHeadersCannotBeKeptIsNoEmptyBody) {
  constexpr std::size_t kTag = 7777;
  RawServer server([&](Exchange& exchange) {
    exchange.send(cat("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: \"",
                      std::string(kTag - 2, 'x'), "\"\r\n\r\ncontent"));
  });
  g_refused = kTag + 1;
  const TransferFailure failure = failure_of(server.uri());
  g_refused = SIZE_MAX;
  EXPECT_EQ(failure.kind, FailureClass::kLocal);
  EXPECT_THAT(failure.error.message(), ::testing::HasSubstr("emory"));
}

}  // namespace
}  // namespace slipway::fetcher
