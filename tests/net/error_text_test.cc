// The text that a server sends beside an error status: what is read of it, and for how long.
#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"

namespace slipway::fetcher {
namespace {

class ErrorText : public HttpTest {
 protected:
  std::string told_of(const std::string& type, const std::string& body) {
    RawServer server([&](Exchange& exchange) {
      exchange.respond("403 Forbidden", body, cat("Content-Type: ", type, "\r\n"));
    });
    const auto failure = failure_of(server.uri("/x?key=s3cret"));
    EXPECT_EQ(failure.status, 403);
    return failure.excerpt;
  }
};

TEST_F(ErrorText, IsNoPage) {
  EXPECT_EQ(told_of("text/plain", "because"), "because");
  EXPECT_EQ(told_of("text/html", "<p>because</p>"), "");
  EXPECT_EQ(told_of("application/octet-stream", "because"), "");
}

TEST_F(ErrorText, ThatIsLongIsCut) {
  const std::string told = told_of("text/plain", std::string(100'000, 'x'));
  EXPECT_EQ(told, std::string(200, 'x') + "…");
}

// Only so much of a text is looked at: what begins at its end may be the start of a secret.
TEST_F(ErrorText, ThatIsCutInsideASecretEndsBeforeIt) {
  EXPECT_EQ(told_of("text/plain", std::string(1024 - 5, ' ') + "s3cret is no key"), "");
  RawServer server([](Exchange& exchange) {
    exchange.send(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nno s3cre");
  });
  EXPECT_EQ(failure_of(server.uri("/x?key=s3cret")).excerpt, "no");
}

TEST_F(ErrorText, ThatStallsDelaysNothing) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nbecause");
    exchange.wait(20s);
  });
  const auto failure = failure_of(server.uri("/x"));
  EXPECT_EQ(failure.kind, FailureClass::kNotFound);
  EXPECT_EQ(failure.excerpt, "because");
  EXPECT_LT(took_, 4s);
}

}  // namespace
}  // namespace slipway::fetcher
