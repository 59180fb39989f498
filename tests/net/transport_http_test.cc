// HTTP as servers really speak it, and as they should not. The scripted server says every wrong
// thing; nginx says the right ones.
#include <array>
#include <atomic>
#include <utility>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kLong = 20s;  // the scripted server's patience; no test waits for it

// Answers every request with these bytes, then closes.
RawServer::Handler says(std::string bytes) {
  return [bytes = std::move(bytes)](Exchange& exchange) { exchange.send(bytes); };
}

// Promise 4, F13 OSNetUriTest.
TEST_F(HttpTest, AnEmptyBodyIsAnEmptyFile) {
  RawServer server(says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  auto received = fetch(server.uri("/test"));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->bytes, 0U);
  EXPECT_EQ(received->sha256, sha256_hex(""));
  EXPECT_EQ(content(), "");
}

TEST_F(HttpTest, BodiesOfAllFramingsArriveExactly) {
  for (const char* response : {
           "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello "
           "\r\n5\r\nworld\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world",
           "HTTP/1.0 200 OK\r\n\r\nhello world",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
           // A chunked body's own end counts (RFC 9112, section 6.3).
           "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
           "b\r\nhello world\r\n0\r\nTrailer: x\r\n\r\n",
       }) {
    RawServer server(says(response));
    auto received = fetch(server.uri());
    ASSERT_THAT(received, IsOk()) << response;
    EXPECT_EQ(content(), "hello world") << response;
    EXPECT_EQ(received->sha256, sha256_hex("hello world"));
  }
}

// Promise 4: what is cut short or contradicts itself is an error, and worth another try.
TEST_F(HttpTest, BrokenBodiesAreTransientFailures) {
  for (const char* response : {
           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 90000000000\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nfive5",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive5\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nfive5\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nfive56",
           "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nfive56",
           "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nTransfer-Encoding: identity\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: foo\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nfive5\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 5abc\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nfive5",
           "HTTP/1.1 200 OK\r\nContent-Le",
           "",
       }) {
    RawServer server(says(response));
    auto result = fetch(server.uri());
    ASSERT_FALSE(result) << response;
    EXPECT_EQ(result.error().kind, FailureClass::kTransient)
        << response << ": " << result.error().error.message();
  }
}

TEST_F(HttpTest, ATruncatedBodyIsReportedWithBothLengths) {
  RawServer server(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive5"));
  EXPECT_THAT(failure_of(server.uri()).error.message(), HasSubstr("after 5 of 10 bytes"));
}

TEST_F(HttpTest, ResetConnectionsAreTransientFailures) {
  for (const char* before :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive5", "HTTP/1.1 200 OK\r\n\r\nfive5"}) {
    RawServer server([before](Exchange& exchange) {
      exchange.send(before);
      exchange.wait(50ms);  // the bytes arrive before the reset does
      exchange.reset();
    });
    EXPECT_EQ(failure_of(server.uri()).kind, FailureClass::kTransient) << before;
  }
}

TEST_F(HttpTest, AnswersThatAreNotHttpAreRefused) {
  RawServer server(says("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"));
  const auto failure = failure_of(server.uri());
  EXPECT_EQ(failure.kind, FailureClass::kUser);
  EXPECT_THAT(failure.error.message(), HasSubstr("does not speak HTTP/1"));
}

// Promise 8, and the classes that decide about another try (promise 13).
TEST_F(HttpTest, OnlyStatus200Succeeds) {
  struct Case {
    int status;
    FailureClass kind;
    const char* words;
  };
  using enum FailureClass;
  for (const Case& each : {
           Case{101, kUser, "answered 101"},
           Case{201, kUser, "201 Created"},
           Case{204, kUser, "204 No Content"},
           Case{206, kUser, "206 Partial Content"},
           Case{299, kUser, "answered 299"},
           Case{300, kUser, "300 Multiple Choices"},
           Case{302, kUser, "302 Found"},
           Case{304, kUser, "304 Not Modified"},
           Case{400, kUser, "400 Bad Request"},
           Case{401, kAuth, "401 Unauthorized"},
           Case{403, kAuth, "403 Forbidden"},
           Case{404, kNotFound, "the server answered 404 Not Found"},
           Case{407, kAuth, "407 Proxy Authentication Required"},
           Case{408, kTransient, "408 Request Timeout"},
           Case{410, kNotFound, "410 Gone"},
           Case{418, kUser, "answered 418"},
           Case{429, kTransient, "429 Too Many Requests"},
           Case{500, kTransient, "500 Internal Server Error"},
           Case{503, kTransient, "503 Service Unavailable"},
           Case{599, kTransient, "answered 599"},
           Case{999, kUser, "answered 999"},
       }) {
    RawServer server([&each](Exchange& exchange) {
      exchange.respond(std::to_string(each.status) + " Whatever\x1b[2J", "a page",
                       "Content-Range: bytes 0-5/10\r\n");
    });
    const auto failure = failure_of(server.uri());
    EXPECT_EQ(failure.kind, each.kind) << each.status;
    EXPECT_EQ(failure.status, each.status);
    EXPECT_THAT(failure.error.message(), AllOf(HasSubstr(each.words), Not(HasSubstr("Whatever"))));
    EXPECT_EQ(content(), "") << "an error page is no body";
    EXPECT_THAT(server.requests(), SizeIs(1));
  }
}

TEST_F(HttpTest, AnErrorPageThatNeverEndsChangesNothing) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n");
    exchange.wait(kLong);
  });
  EXPECT_EQ(failure_of(server.uri()).status, 404);
  EXPECT_LT(took_, 5s);
}

// Promise 11.
TEST_F(HttpTest, NoEncodingIsAskedForAndBodiesAreStoredAsSent) {
  // "hello\n" by gzip -n.
  const std::string gz(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00\x20\x30\x3a\x36\x06"
      "\x00\x00\x00",
      26);
  RawServer server(
      [&](Exchange& exchange) { exchange.respond("200 OK", gz, "Content-Encoding: gzip\r\n"); });
  ASSERT_THAT(fetch(server.uri("/x.tar.gz")), IsOk());
  EXPECT_EQ(content(), gz);
  const std::string head = server.requests().at(0);
  EXPECT_EQ(tests::header_in(head, "Accept-Encoding"), std::nullopt);
  EXPECT_EQ(tests::header_in(head, "TE"), std::nullopt);
  EXPECT_EQ(tests::header_in(head, "Range"), std::nullopt);
  EXPECT_THAT(tests::header_in(head, "User-Agent").value_or(""), HasSubstr("slipway/"));
}

TEST_F(HttpTest, AFileOfAuthoritiesThatCannotBeReadIsNamedWithItsOrigin) {
  RawServer server(says(""));
  network_.ca = dir_ / "nonexistent.pem";
  const auto failure = failure_of(cat("https://127.0.0.1:", server.port(), "/x"));
  EXPECT_THAT(failure.error.message(), HasSubstr("nonexistent.pem"));
  EXPECT_THAT(failure.error.remedy(), HasSubstr("ca under [fetch]"));
}

TEST_F(HttpTest, AConnectionThatFailsMayBeTheProxys) {
  EXPECT_THAT(failure_of("http://127.0.0.1:1/x").error.remedy(), Not(HasSubstr("proxy")));
  network_.proxy = "http://me:secret@127.0.0.1:1";
  const auto refused = failure_of("http://example.com/x").error;
  EXPECT_THAT(refused.remedy(), AllOf(HasSubstr("proxy"), Not(HasSubstr("secret"))));
  network_.proxy = "http://me:secret@nosuch.invalid:1";
  const auto unknown = failure_of("http://example.com/x").error;
  EXPECT_THAT(unknown.message(),
              AllOf(HasSubstr("the proxy for example.com"), Not(HasSubstr("secret"))));
}

TEST_F(HttpTest, ARefusedConnectionSaysWhereAndWhy) {
  std::string uri;
  {
    RawServer gone([](Exchange&) {});
    uri = gone.uri("/file");
  }
  const auto failure = failure_of(uri);
  EXPECT_EQ(failure.kind, FailureClass::kTransient);
  EXPECT_THAT(failure.error.message(),
              AllOf(HasSubstr("connect to 127.0.0.1:"), HasSubstr(": Connection refused")));
}

// Promise 9: header floods, final or not, end by themselves.
TEST_F(HttpTest, EndlessHeadersAreCut) {
  for (const char* start : {"", "HTTP/1.1 200 OK\r\n"}) {
    RawServer server([start](Exchange& exchange) {
      const std::string piece =
          *start == '\0' ? "HTTP/1.1 100 Continue\r\n\r\n" : "X-Padding: x\r\n";
      std::string many;
      while (many.size() < 64 * 1024) many += piece;
      exchange.send(start);
      while (exchange.send(many)) {
      }
    });
    EXPECT_THAT(failure_of(server.uri()).error.message(), HasSubstr("bytes of headers"));
    EXPECT_LT(took_, 10s);
  }
}

// Promise 10: the limit acts while the body comes, announced or not.
TEST_F(HttpTest, TheByteLimitActsDuringTheTransfer) {
  limits_.max_bytes = 3'000'000;
  struct Case {
    const char* head;
    const char* before;  // of each piece of 64 KiB
    const char* after;
  };
  for (const Case& each :
       {Case{"HTTP/1.1 200 OK\r\n\r\n", "", ""},
        Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n", "\r\n"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n", "", ""}}) {
    std::atomic<std::size_t> sent = 0;
    {
      RawServer server([&](Exchange& exchange) {
        exchange.send(each.head);
        const std::string piece = each.before + std::string(65536, 'x') + each.after;
        while (exchange.send(piece)) sent += piece.size();
      });
      const auto failure = failure_of(server.uri());
      EXPECT_EQ(failure.kind, FailureClass::kUser);
      EXPECT_THAT(failure.error.message(), HasSubstr("larger than the limit of 3000000 bytes"));
    }
    EXPECT_LE(content().size(), limits_.max_bytes);
    EXPECT_LT(sent, 100'000'000U) << "the connection was ended";
  }
}

TEST_F(HttpTest, ABodyOfExactlyTheLimitFits) {
  limits_.max_bytes = 100;
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", std::string(100, 'x')); });
  EXPECT_THAT(fetch(server.uri()), IsOk());
  limits_.max_bytes = 99;
  EXPECT_THAT(fetch(server.uri()), FailsWith(HasSubstr("limit of 99 bytes")));
}

TEST_F(HttpTest, AFullDiskIsALocalFailure) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  auto full = sys::open_at(AT_FDCWD, "/dev/full", O_WRONLY);
  ASSERT_THAT(full, IsOk());
  BodySink sink(full->get(), TransferLimits().max_bytes);
  auto result = fetch_into(sink, server.uri());
  ASSERT_THAT(result, FailsWith(HasSubstr("No space left on device")));
  EXPECT_EQ(result.error().kind, FailureClass::kLocal);
}

TEST_F(HttpTest, BadUrisAreRefusedBeforeAnyConnection) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  for (const std::string& uri : std::vector<std::string>{
           "http://" + host + "/x\r\nX-Evil: 1", "http://" + host + "/a b",
           "http://" + host + "/\x01", "http://" + host + "/a" + std::string(1, '\0') + "b",
           "http://us%0d%0aer:pw@" + host + "/", "ftp://" + host + "/", "gopher://" + host + "/",
           "file:///etc/passwd", "dict://" + host + "/", "http://", "http:///", "http://[::1/",
           "http://" + host + "x/", "http://127.0.0.1:99999/", "http://ho st/", "nonsense", "",
           "http://127.0.0.1\\@" + host + "/"}) {
    const auto failure = failure_of(uri);
    EXPECT_EQ(failure.kind, FailureClass::kUser) << uri << ": " << failure.error.message();
  }
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST_F(HttpTest, BytesBeyondAsciiTravelEncoded) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  ASSERT_THAT(fetch(server.uri("/\xc3\xa4%20b?q=%41")), IsOk());
  EXPECT_THAT(server.requests().at(0), HasSubstr("GET /%c3%a4%20b?q=%41 HTTP/1.1\r\n"));
}

// Promise 42, at this level: the caller adds the redacted URI, nobody else may repeat it.
TEST_F(HttpTest, NoMessageHoldsUserinfoOrQuery) {
  limits_.connect = 300ms;
  limits_.stall = 200ms;
  RawServer server([](Exchange& exchange) {
    if (exchange.target().starts_with("/hang")) {
      exchange.wait(kLong);
    } else if (exchange.target().starts_with("/redirect")) {
      exchange.respond("302 Found", "", "Location: ftp://us3r:s3cret@host/?s3cret\r\n");
    } else if (exchange.target().starts_with("/cut")) {
      exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    } else {
      exchange.respond("404 Not Found", "");
    }
  });
  const std::string host = "us3r:s3cret@127.0.0.1:" + std::to_string(server.port());
  for (const std::string& uri :
       {"http://" + host + "/hang?s3cret", "http://" + host + "/redirect?s3cret",
        "http://" + host + "/cut?s3cret", "http://" + host + "/missing?s3cret",
        "https://" + host + "/tls?s3cret", "http://" + host + "/a b?s3cret",
        "http://" + host + ":99999/?s3cret", std::string("http://us3r:s3cret@127.0.0.1:1/?s3cret"),
        std::string("ftp://us3r:s3cret@127.0.0.1/?s3cret")}) {
    const auto failure = failure_of(uri);
    const std::string said = failure.error.message() + failure.error.remedy();
    EXPECT_THAT(said, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("us3r"))));
  }
}

// Only the entry speaks: no netrc in HOME, no curlrc.
TEST_F(HttpTest, NetrcAndCurlrcAreIgnored) {
  dir_.write(".netrc", "machine 127.0.0.1 login me password secret\n", 0600);
  dir_.write(".curlrc", "header = \"X-From-Curlrc: 1\"\n", 0600);
  ::setenv("HOME", dir_.path().c_str(), 1);
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  ASSERT_THAT(fetch(server.uri()), IsOk());
  EXPECT_THAT(server.requests().at(0),
              AllOf(Not(HasSubstr("Authorization")), Not(HasSubstr("X-From-Curlrc"))));
}

TEST_F(HttpTest, ProxiesComeFromTheUsualVariablesOnly) {
  RawServer proxy([](Exchange& exchange) { exchange.respond("200 OK", "by proxy"); });
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "directly"); });
  // In a CGI program this one is what a client sent as "Proxy:" (CVE-2016-5385).
  ::setenv("HTTP_PROXY", proxy.uri("").c_str(), 1);
  ASSERT_THAT(fetch(server.uri()), IsOk());
  EXPECT_EQ(content(), "directly");
  ::unsetenv("HTTP_PROXY");

  ::setenv("http_proxy", proxy.uri("").c_str(), 1);
  ASSERT_THAT(fetch(server.uri("/file")), IsOk());
  EXPECT_EQ(content(), "by proxy");
  EXPECT_THAT(proxy.requests().at(0), HasSubstr("GET " + server.uri("/file") + " HTTP/1.1"));

  ::setenv("no_proxy", "127.0.0.1", 1);
  ASSERT_THAT(fetch(server.uri()), IsOk());
  EXPECT_EQ(content(), "directly");
}

TEST_F(HttpTest, AProxyThatRefusesATunnelIsNamed) {
  RawServer proxy([](Exchange& exchange) { exchange.respond("403 Forbidden", ""); });
  ::setenv("https_proxy", proxy.uri("").c_str(), 1);
  const auto failure = failure_of("https://example.invalid/file");
  EXPECT_EQ(failure.kind, FailureClass::kAuth);
  EXPECT_THAT(failure.error.message(), HasSubstr("the proxy answered 403 Forbidden"));
  EXPECT_THAT(proxy.requests().at(0), HasSubstr("CONNECT example.invalid:443"));
}

TEST_F(HttpTest, ValidatorsAreKeptWhenTheyCanTravelBack) {
  RawServer server([](Exchange& exchange) {
    exchange.respond("200 OK", "x",
                     exchange.target() == "/long" ? "ETag: \"" + std::string(5000, 'x') + "\"\r\n"
                                                  : "ETag: \"v1\"\r\nLast-Modified: yesterday\r\n");
  });
  auto received = fetch(server.uri());
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->validators.etag, "\"v1\"");
  EXPECT_EQ(received->validators.last_modified, "yesterday");
  EXPECT_EQ(received->mode, std::nullopt);
  auto with_long = fetch(server.uri("/long"));
  ASSERT_THAT(with_long, IsOk());
  EXPECT_EQ(with_long->validators.etag, "");
}

}  // namespace
}  // namespace slipway::fetcher
