// Bodies that broke off and are continued by the next try, with one sink, from servers that are
// honest and others. Promise 14.
#include <algorithm>
#include <atomic>

#include "fetcher/base/digest.h"
#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"

namespace slipway::fetcher {
namespace {

using ::testing::IsEmpty;

constexpr char kOld[] = "0123456789abcdefghij";
constexpr char kNew[] = "ABCDEFGHIJKLMNOPQRST";

class Resume : public HttpTest {
 protected:
  // The first try gets half of kOld, with `headers`; the second is answered by `second`.
  void fetch_twice(const std::string& headers, const RawServer::Handler& second) {
    std::atomic<int> number = 0;
    RawServer server([&](Exchange& exchange) {
      if (++number == 1) {
        exchange.send(cat("HTTP/1.1 200 OK\r\n", headers, "Content-Length: 20\r\n\r\n0123456789"));
      } else {
        second(exchange);
      }
    });
    auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ASSERT_THAT(into, IsOk());
    BodySink sink(into->get(), limits_.max_bytes);
    EXPECT_FALSE(fetch_into(sink, server.uri("/x?secret=1")));
    EXPECT_EQ(sink.received(), 10U);
    auto received = fetch_into(sink, server.uri("/x?secret=1"));
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(received->sha256, sha256_hex(content())) << "of what is in the file";
    EXPECT_EQ(received->bytes, content().size());
    requests_ = server.requests();
    ranges_.clear();
    for (const std::string& request : requests_) {
      const auto range = tests::header_in(request, "Range");
      if (range)
        ranges_.push_back(*range + " " + tests::header_in(request, "If-Range").value_or("-"));
    }
  }

  static bool partial(Exchange& exchange, const std::string& headers) {
    return exchange.respond("206 Partial Content", "abcdefghij", headers);
  }
  static bool whole_if_not_asked_for_a_part(Exchange& exchange, const std::string& headers) {
    if (!exchange.header("Range")) return exchange.respond("200 OK", kNew, "ETag: \"v2\"\r\n");
    return partial(exchange, headers);
  }

  std::vector<std::string> requests_;
  std::vector<std::string> ranges_;
};

TEST_F(Resume, TheRestOfTheSameVersionIsTaken) {
  fetch_twice("ETag: \"v1\"\r\n", [](Exchange& exchange) {
    partial(exchange, "ETag: \"v1\"\r\nContent-Range: bytes 10-19/20\r\n");
  });
  EXPECT_EQ(content(), kOld);
  EXPECT_THAT(ranges_, ::testing::ElementsAre("bytes=10- \"v1\""));
  EXPECT_EQ(requests_.size(), 2U);
}

TEST_F(Resume, AnOldDateIsAsGood) {
  const std::string date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  fetch_twice(date + "Date: Sun, 06 Nov 2022 08:49:37 GMT\r\n", [&](Exchange& exchange) {
    partial(exchange, date + "Content-Range: bytes 10-19/20\r\n");
  });
  EXPECT_EQ(content(), kOld);
  EXPECT_THAT(ranges_, ::testing::ElementsAre("bytes=10- Sun, 06 Nov 1994 08:49:37 GMT"));
}

TEST_F(Resume, WithoutAStrongValidatorNothingIsContinued) {
  for (const char* headers : {"", "ETag: W/\"v1\"\r\n",
                              "Last-Modified: Sun, 06 Nov 2022 08:49:37 GMT\r\nDate: Sun, 06 Nov "
                              "2022 08:49:38 GMT\r\n"}) {
    fetch_twice(headers, [](Exchange& exchange) { exchange.respond("200 OK", kNew); });
    EXPECT_EQ(content(), kNew) << headers;
    EXPECT_THAT(ranges_, IsEmpty());
  }
}

TEST_F(Resume, APartOfAnythingElseIsNeverMixedIn) {
  for (const char* headers :
       {"ETag: \"v2\"\r\nContent-Range: bytes 10-19/20\r\n", "Content-Range: bytes 10-19/20\r\n",
        "ETag: \"v1\"\r\nContent-Range: bytes 9-18/20\r\n",
        "ETag: \"v1\"\r\nContent-Range: bytes 10-19/21\r\n", "ETag: \"v1\"\r\n",
        "ETag: \"v1\"\r\nContent-Type: multipart/byteranges; boundary=x\r\nContent-Range: bytes "
        "10-19/20\r\n"}) {
    fetch_twice("ETag: \"v1\"\r\n",
                [&](Exchange& exchange) { whole_if_not_asked_for_a_part(exchange, headers); });
    EXPECT_EQ(content(), kNew) << headers;
    EXPECT_EQ(requests_.size(), 3U) << "within the same try";
  }
}

TEST_F(Resume, AnotherVersionComesWhole) {
  fetch_twice("ETag: \"v1\"\r\n",
              [](Exchange& exchange) { exchange.respond("200 OK", kNew, "ETag: \"v2\"\r\n"); });
  EXPECT_EQ(content(), kNew);
  EXPECT_EQ(requests_.size(), 2U);
}

TEST_F(Resume, ARangeThatIsNotThereBringsTheWhole) {
  fetch_twice("ETag: \"v1\"\r\n", [](Exchange& exchange) {
    if (exchange.header("Range")) {
      exchange.respond("416 Range Not Satisfiable", "", "Content-Range: bytes */5\r\n");
    } else {
      exchange.respond("200 OK", "01234");
    }
  });
  EXPECT_EQ(content(), "01234");
}

TEST_F(Resume, APartThatIsCutShortIsNotTheWhole) {
  RawServer server([](Exchange& exchange) {
    if (exchange.header("Range")) {
      exchange.respond("206 Partial Content", "ab",
                       "ETag: \"v1\"\r\nContent-Range: bytes 10-11/20\r\n");
    } else {
      exchange.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 20\r\n\r\n0123456789");
    }
  });
  auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_THAT(into, IsOk());
  BodySink sink(into->get(), limits_.max_bytes);
  EXPECT_FALSE(fetch_into(sink, server.uri("/x")));
  const auto second = fetch_into(sink, server.uri("/x"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, FailureClass::kTransient);
}

// RFC 9110, section 15.3.7: a server may send less than was asked for. The first answer announces
// no total, so that only the range does.
TEST_F(Resume, ARangeThatEndsBeforeTheWholeIsNotTheWhole) {
  for (const char* part : {"Content-Range: bytes 10-14/100\r\nContent-Length: 5\r\n\r\nabcde",
                           "Content-Range: bytes 10-14/*\r\nContent-Length: 5\r\n\r\nabcde",
                           "Content-Range: bytes 10-19/20\r\n\r\nabc",
                           "Content-Range: bytes 10-11/12\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}) {
    std::atomic<int> number = 0;
    RawServer server([&](Exchange& exchange) {
      exchange.send(++number == 1 ? "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\na\r\n0123456789\r\n"
                                  : cat("HTTP/1.1 206 Part\r\nETag: \"v1\"\r\n", part));
    });
    auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ASSERT_THAT(into, IsOk());
    BodySink sink(into->get(), limits_.max_bytes);
    EXPECT_FALSE(fetch_into(sink, server.uri()));
    EXPECT_EQ(sink.received(), 10U);
    EXPECT_FALSE(fetch_into(sink, server.uri())) << part;
  }
}

PartialBody left_of(std::optional<std::uint64_t> total) {
  return {10, sha256_hex("0123456789"), {{"\"v1\"", ""}, total}};
}

TEST_F(Resume, WhatAnEarlierRunLeftIsNothingWhereItIsBeyondTheLimit) {
  auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_THAT(into, IsOk());
  ASSERT_THAT(sys::write_all(into->get(), "0123456789"), IsOk());
  BodySink sink(into->get(), 5);
  ASSERT_THAT(sink.adopt(left_of({})), IsOk());
  EXPECT_EQ(sink.received(), 0U);
  EXPECT_EQ(content(), "");
}

TEST_F(Resume, WhatAnEarlierRunLeftIsHashedAndContinued) {
  RawServer server([](Exchange& exchange) {
    partial(exchange, "ETag: \"v1\"\r\nContent-Range: bytes 10-19/20\r\n");
  });
  auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_THAT(into, IsOk());
  ASSERT_THAT(sys::write_all(into->get(), "0123456789 and more"), IsOk());
  BodySink sink(into->get(), limits_.max_bytes);
  ASSERT_THAT(sink.adopt(left_of(20)), IsOk());
  const auto received = fetch_into(sink, server.uri("/x"));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(content(), kOld);
  EXPECT_EQ(received->sha256, sha256_hex(kOld));
}

// A disk that could not take it, for one.
TEST_F(Resume, WhatIsNoLongerWhatWasReceivedIsNothing) {
  RawServer server([](Exchange& exchange) { whole_if_not_asked_for_a_part(exchange, ""); });
  auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_THAT(into, IsOk());
  ASSERT_THAT(sys::write_all(into->get(), std::string("01234\0\0\0\0\0", 10)), IsOk());
  BodySink sink(into->get(), limits_.max_bytes);
  ASSERT_THAT(sink.adopt(left_of(20)), IsOk());
  EXPECT_EQ(sink.received(), 0U);
  const auto received = fetch_into(sink, server.uri("/x"));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(content(), kNew);
  EXPECT_EQ(received->sha256, sha256_hex(kNew));
}

class Watcher : public BodyWatcher {
 public:
  void identified(const BodyIdentity&) noexcept override { ++bodies; }
  void written(std::uint64_t size) noexcept override { most = std::max(most, size); }
  void restarted() noexcept override { ++restarts; }

  int bodies = 0;
  int restarts = 0;
  std::uint64_t most = 0;
};

TEST_F(Resume, WhoeverReadsAlongIsToldThatTheBodyBeginsAnewAndOnlyThen) {
  for (const char* etag : {"\"v1\"", "\"v2\""}) {
    const bool same = etag == std::string_view("\"v1\"");
    RawServer server([&](Exchange& exchange) {
      whole_if_not_asked_for_a_part(exchange,
                                    cat("ETag: ", etag, "\r\nContent-Range: bytes 10-19/20\r\n"));
    });
    auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ASSERT_THAT(into, IsOk());
    ASSERT_THAT(sys::write_all(into->get(), "0123456789"), IsOk());
    Watcher watcher;
    BodySink sink(into->get(), limits_.max_bytes, &watcher);
    ASSERT_THAT(sink.adopt(left_of(20)), IsOk());
    ASSERT_THAT(fetch_into(sink, server.uri()), IsOk());
    EXPECT_EQ(content(), same ? kOld : kNew);
    EXPECT_EQ(watcher.restarts, same ? 0 : 1);
    EXPECT_EQ(watcher.bodies, same ? 0 : 1);
    EXPECT_EQ(watcher.most, 20U);
  }
}

TEST_F(Resume, TheLimitIsOneOfTheWholeNotOfThePart) {
  for (const std::uint64_t limit : {std::uint64_t{19}, std::uint64_t{20}}) {
    for (const char* framing : {"Content-Length: 10\r\n\r\nabcdefghij",
                                "Transfer-Encoding: chunked\r\n\r\na\r\nabcdefghij\r\n0\r\n\r\n"}) {
      RawServer server([&](Exchange& exchange) {
        exchange.send(cat("HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\n",
                          "Content-Range: bytes 10-19/20\r\n", framing));
      });
      auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
      ASSERT_THAT(into, IsOk());
      ASSERT_THAT(sys::write_all(into->get(), "0123456789"), IsOk());
      BodySink sink(into->get(), limit);
      ASSERT_THAT(sink.adopt(left_of({})), IsOk());
      const auto received = fetch_into(sink, server.uri());
      EXPECT_EQ(received.has_value(), limit == 20) << framing;
      if (!received) {
        EXPECT_EQ(received.error().kind, FailureClass::kUser);
      }
    }
  }
}

TEST_F(Resume, APartThatNobodyAskedForIsAnError) {
  RawServer server([](Exchange& exchange) {
    partial(exchange, "ETag: \"v1\"\r\nContent-Range: bytes 10-19/20\r\n");
  });
  const auto failure = failure_of(server.uri("/x"));
  EXPECT_EQ(failure.status, 206);
}

// What comes beside an error status.

TEST_F(Resume, RetryAfterIsReadAsSecondsAndAsADate) {
  for (const char* value : {"7", "Wed, 01 Jan 2200 00:00:00 GMT", "soon"}) {
    RawServer server([&](Exchange& exchange) {
      exchange.respond("503 Service Unavailable", "", cat("Retry-After: ", value, "\r\n"));
    });
    const auto asked = failure_of(server.uri("/x")).retry_after;
    EXPECT_EQ(asked.has_value(), value[0] != 's') << value;
    if (value[0] == '7') {
      EXPECT_EQ(asked, 7s);
    }
    if (value[0] == 'W') {
      EXPECT_GT(asked, 24h);
    }
  }
}

TEST_F(Resume, AShortTextIsToldUnlessItRepeatsWhatWasAsked) {
  for (const auto& [body, told] : std::vector<std::pair<std::string, std::string>>{
           {"no such bucket", "no such bucket"}, {"no key s%33cret", ""}, {"no key s3cret", ""}}) {
    RawServer server([&text = body](Exchange& exchange) {
      exchange.respond("403 Forbidden", text, "Content-Type: text/plain\r\n");
    });
    EXPECT_EQ(failure_of(server.uri("/x?key=s%33cret")).excerpt, told) << body;
  }
}

TEST_F(Resume, ATextIsNotToldWhereItRepeatsThePasswordOrARedirectsQuery) {
  RawServer server([](Exchange& exchange) {
    if (exchange.target() == "/moved") {
      exchange.respond("302 Found", "", "Location: /there?signature=sesame\r\n");
      return;
    }
    const std::string text =
        cat(exchange.target(), ' ', exchange.header("Authorization").value_or(""));
    exchange.respond("403 Forbidden", text, "Content-Type: text/plain\r\n");
  });
  EXPECT_EQ(failure_of(server.uri("/moved")).excerpt, "");
  EXPECT_EQ(failure_of(server.uri("/x", "alice:wonderland@127.0.0.1")).excerpt, "");
  EXPECT_THAT(failure_of(server.uri("/x")).excerpt, ::testing::StartsWith("/x"));
}

TEST_F(Resume, ATextThatDoesNotEndDelaysNothing) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nbecause");
    while (exchange.send(".") && exchange.wait(300ms)) {
    }
  });
  const auto failure = failure_of(server.uri("/x"));
  EXPECT_EQ(failure.status, 403);
  EXPECT_LT(took_, 4s);
}

}  // namespace
}  // namespace slipway::fetcher
