// What the operator has for one origin, headers and netrc, stays with it; and which connections are
// used again.
#include <set>

#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class OwnOrigin : public HttpTest {
 protected:
  // The operator's, for 127.0.0.1 with that port; netrc knows no ports.
  void equip(int port) {
    network_.headers = {{"127.0.0.1", std::to_string(port), {"X-Token: marker1"}}};
    surroundings_.netrc_file = dir_.write("netrc",
                                          "machine 127.0.0.1 login me password marker2\n"
                                          "machine localhost login me password marker2\n",
                                          0600);
  }
  static bool is_equipped(const std::string& head) {
    const bool token = head.find("marker1") != std::string::npos;
    const bool login = tests::header_in(head, "Authorization").has_value();
    EXPECT_EQ(token, login) << "both or none";
    return token || login;
  }
  // Redirects "/start" to what `location` says then; anything else has landed.
  static RawServer::Handler redirects_to(const std::string& location) {
    return [&location](Exchange& exchange) {
      const bool start = exchange.target() == "/start";
      exchange.respond(start ? "302 Found" : "200 OK", "x",
                       start ? cat("Location: ", location, "\r\n") : "");
    };
  }
};

TEST_F(OwnOrigin, GetsTheHeadersAndTheLoginAlsoAfterARedirectWithinIt) {
  const std::string location = "/landing";
  RawServer server(redirects_to(location));
  equip(server.port());
  ASSERT_THAT(fetch(server.uri("/start")), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(2));
  for (const auto& head : server.requests()) EXPECT_TRUE(is_equipped(head)) << head;
}

TEST_F(OwnOrigin, IsNotAnotherPort) {
  RawServer other([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string location = other.uri("/landing");
  RawServer server(redirects_to(location));
  equip(server.port());
  ASSERT_THAT(fetch(server.uri("/start")), IsOk());
  EXPECT_TRUE(is_equipped(server.requests().at(0)));
  EXPECT_FALSE(is_equipped(other.requests().at(0)));
}

TEST_F(OwnOrigin, IsNotAnotherNameOfTheSameHost) {
  std::string location;
  RawServer server(redirects_to(location));
  location = server.uri("/landing", "localhost");
  equip(server.port());
  ASSERT_THAT(fetch(server.uri("/start")), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_TRUE(is_equipped(server.requests()[0]));
  EXPECT_FALSE(is_equipped(server.requests()[1]));
}

// They belong to the URI of the entry: whoever redirects to an origin that the operator has
// something for does not get to use it.
TEST_F(OwnOrigin, IsWhereTheUriBeginsNotWhereItLeads) {
  RawServer target([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string location = target.uri("/landing");
  RawServer server(redirects_to(location));
  equip(target.port());
  ASSERT_THAT(fetch(server.uri("/start", "localhost")), IsOk());
  EXPECT_FALSE(is_equipped(target.requests().at(0)));
}

TEST_F(OwnOrigin, IsKnownAgainWhenTheChainLeadsBack) {
  std::string there;
  std::string back;
  RawServer other(redirects_to(back));
  RawServer server(redirects_to(there));
  there = other.uri("/start");
  back = server.uri("/landing");
  equip(server.port());
  ASSERT_THAT(fetch(server.uri("/start")), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_FALSE(is_equipped(other.requests().at(0)));
  EXPECT_TRUE(is_equipped(server.requests()[1]));
}

TEST_F(OwnOrigin, TheUrisUserCountsMoreThanNetrc) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  equip(server.port());
  ASSERT_THAT(fetch(server.uri("/x", "alice:wonderland@127.0.0.1")), IsOk());
  EXPECT_EQ(tests::header_in(server.requests().at(0), "Authorization"),
            "Basic YWxpY2U6d29uZGVybGFuZA==");
}

TEST_F(OwnOrigin, AHeaderWithoutAPortIsForHttpsOnItsOwnPort) {
  RawServer server([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  network_.headers = {{"127.0.0.1", "", {"X-Token: marker1"}}};
  ASSERT_THAT(fetch(server.uri("/x")), IsOk());
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("marker1")));
}

// A tunnel is asked for with the proxy's own headers only (CURLOPT_HEADEROPT(3)).
TEST_F(OwnOrigin, IsNotTheProxyOfATunnel) {
  RawServer proxy([](Exchange& exchange) { exchange.respond("403 Forbidden", ""); });
  network_.proxy = proxy.uri("");
  network_.headers = {{"127.0.0.1", "4443", {"X-Token: marker1"}}};
  surroundings_.netrc_file =
      dir_.write("netrc", "machine 127.0.0.1 login me password marker2\n", 0600);
  EXPECT_EQ(failure_of("https://127.0.0.1:4443/x").status, 403);
  ASSERT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_THAT(proxy.requests()[0], HasSubstr("CONNECT 127.0.0.1:4443"));
  EXPECT_FALSE(is_equipped(proxy.requests()[0]));
}

TEST_F(OwnOrigin, WhatAServerThatGotAHeaderSaysIsNotRepeated) {
  for (const char* repeated : {"session=marker1", "marker1", "x marker2 y", "dark", "user"}) {
    RawServer server([&](Exchange& exchange) {
      exchange.respond("403 Forbidden", cat("not for ", repeated), "Content-Type: text/plain\r\n");
    });
    network_.headers = {{"127.0.0.1",
                         std::to_string(server.port()),
                         {"Cookie: session=marker1; theme=dark", "X-Login: user:marker2:0"}}};
    EXPECT_EQ(failure_of(server.uri("/x")).excerpt, "") << repeated;
    network_.headers.clear();
    EXPECT_NE(failure_of(server.uri("/x")).excerpt, "") << "without one it is";
  }
}

// nginx tells each client the number of its connection.
class Connections : public HttpTest {
 protected:
  Connections() : nginx_("location /number { return 200 $connection; }") {}

  std::string connection_of(HttpTransport& transport, const std::string& uri) {
    auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_THAT(into, IsOk());
    BodySink sink(into->get(), limits_.max_bytes);
    EXPECT_THAT(transport.fetch(uri, sink, end(), times_), IsOk());
    return content();
  }

  tests::Nginx nginx_;
};

TEST_F(Connections, AreUsedAgain) {
  network_.ca = nginx_.ca_file();
  for (const std::string& uri : {nginx_.http("/number"), nginx_.https("/number")}) {
    HttpTransport transport(limits_, surroundings_);
    std::set<std::string> numbers;
    for (int i = 0; i < 5; ++i) numbers.insert(connection_of(transport, uri));
    EXPECT_THAT(numbers, SizeIs(1)) << uri;
  }
}

TEST_F(Connections, OfRequestsWithCredentialsAreUsedByNothingElse) {
  const std::string plain = nginx_.http("/number");
  std::string with_user = plain;
  with_user.insert(7, "me:secret@");
  HttpTransport transport(limits_, surroundings_);
  const std::string shared = connection_of(transport, plain);
  std::set<std::string> numbers{shared};
  numbers.insert(connection_of(transport, with_user));
  numbers.insert(connection_of(transport, with_user));
  EXPECT_THAT(numbers, SizeIs(3));
  EXPECT_EQ(connection_of(transport, plain), shared);

  surroundings_.netrc_file =
      dir_.write("netrc", "machine 127.0.0.1 login me password secret\n", 0600);
  numbers.insert(connection_of(transport, plain));
  EXPECT_THAT(numbers, SizeIs(4)) << "netrc's are some too";
}

}  // namespace
}  // namespace slipway::fetcher
