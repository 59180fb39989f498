// Where redirects lead, and who gets to see the credentials on the way.
#include <map>

#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Redirects to `location`, but answers "landed" at /landing.
RawServer::Handler redirects_to(const std::string& location,
                                const std::string& status = "302 Found") {
  return [=](Exchange& exchange) {
    if (exchange.target() == "/landing") {
      exchange.respond("200 OK", "landed");
    } else {
      exchange.respond(status, "a note nobody reads", "Location: " + location + "\r\n");
    }
  };
}

TEST_F(HttpTest, EveryKindOfRedirectIsFollowed) {
  for (const char* status : {"301 Moved Permanently", "302 Found", "303 See Other",
                             "307 Temporary Redirect", "308 Permanent Redirect"}) {
    RawServer server(redirects_to("/landing", status));
    ASSERT_THAT(fetch(server.uri("/start")), IsOk()) << status;
    EXPECT_EQ(content(), "landed");
  }
}

TEST_F(HttpTest, LocationsAreReadAsBrowsersDo) {
  for (const char* location : {"/landing", "landing", "../landing", "./landing#part", "?q"}) {
    RawServer server([location](Exchange& exchange) {
      const bool start = exchange.target() == "/start/";
      exchange.respond(start ? "302 Found" : "200 OK", exchange.target(),
                       start ? std::string("Location: ") + location + "\r\n" : "");
    });
    ASSERT_THAT(fetch(server.uri("/start/")), IsOk()) << location;
    EXPECT_THAT(content(), Not(HasSubstr("#")));
  }
}

// Promise 6.
TEST_F(HttpTest, TenRedirectsAreFollowedAndNoMore) {
  RawServer server([](Exchange& exchange) {
    const int left = std::stoi(exchange.target().substr(1));
    if (left == 0) {
      exchange.respond("200 OK", "there");
    } else {
      exchange.respond("302 Found", "", "Location: /" + std::to_string(left - 1) + "\r\n");
    }
  });
  ASSERT_THAT(fetch(server.uri("/10")), IsOk());
  EXPECT_THAT(server.requests(), SizeIs(11));
  const auto failure = failure_of(server.uri("/11"));
  EXPECT_EQ(failure.kind, FailureClass::kUser);
  EXPECT_THAT(failure.error.message(), HasSubstr("more than 10 redirects"));
  EXPECT_THAT(server.requests(), SizeIs(22));
}

TEST_F(HttpTest, RedirectsToOtherSchemesAreRefused) {
  RawServer target([](Exchange& exchange) { exchange.respond("200 OK", "x"); });
  const std::string there = "127.0.0.1:" + std::to_string(target.port());
  for (const std::string& location :
       {std::string("file:///etc/passwd"), "ftp://" + there + "/x", "scp://" + there + "/x",
        "gopher://" + there + "/x", "dict://" + there + "/x", std::string("data:text/plain,x"),
        std::string("javascript:x")}) {
    RawServer server(redirects_to(location));
    const auto failure = failure_of(server.uri());
    EXPECT_EQ(failure.kind, FailureClass::kUser) << location;
    EXPECT_THAT(failure.error.message(), HasSubstr("redirect")) << location;
    EXPECT_EQ(content(), "");
  }
  EXPECT_THAT(target.requests(), SizeIs(0));
}

TEST_F(HttpTest, ARedirectThatFailsSaysWhereItLed) {
  RawServer target([](Exchange& exchange) { exchange.respond("404 Not Found", ""); });
  RawServer server(redirects_to(target.uri("/x")));
  const auto failure = failure_of(server.uri());
  EXPECT_EQ(failure.kind, FailureClass::kNotFound);
  EXPECT_THAT(failure.error.message(), HasSubstr("404 Not Found"));
  RawServer dead(redirects_to("http://127.0.0.1:1/"));
  EXPECT_THAT(failure_of(dead.uri()).error.message(),
              HasSubstr("redirected to 127.0.0.1:1: connect to 127.0.0.1:1: Connection refused"));
}

// Promise 7.
class CredentialsTest : public HttpTest {
 protected:
  // The URI with userinfo.
  static std::string with_userinfo(std::string uri) {
    return uri.insert(std::string("http://").size(), "user:pass%20word@");
  }
  static bool saw_credentials(const std::string& head) {
    return tests::header_in(head, "Authorization").has_value() ||
           head.find("user") != std::string::npos || head.find("pass") != std::string::npos;
  }
};

TEST_F(CredentialsTest, UserinfoBecomesABasicHeaderAtItsOwnPlace) {
  RawServer server(redirects_to("/landing"));
  ASSERT_THAT(fetch(with_userinfo(server.uri("/start"))), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(2));
  for (const auto& head : server.requests()) {
    EXPECT_EQ(tests::header_in(head, "Authorization"), "Basic dXNlcjpwYXNzIHdvcmQ=");
    EXPECT_EQ(tests::header_in(head, "Referer"), std::nullopt);
    EXPECT_THAT(head, Not(HasSubstr("user:")));
  }
}

TEST_F(CredentialsTest, AnotherPortSeesNone) {
  RawServer other(redirects_to(""));
  RawServer server(redirects_to(other.uri("/landing")));
  ASSERT_THAT(fetch(with_userinfo(server.uri("/start"))), IsOk());
  EXPECT_TRUE(saw_credentials(server.requests().at(0)));
  ASSERT_THAT(other.requests(), SizeIs(1));
  EXPECT_FALSE(saw_credentials(other.requests().at(0)));
}

TEST_F(CredentialsTest, AnotherHostSeesNoneOnTheSamePort) {
  RawServer server([](Exchange& exchange) {
    if (exchange.target() == "/landing") {
      exchange.respond("200 OK", "landed");
    } else {
      const std::string host = exchange.header("Host").value();
      exchange.respond("302 Found", "",
                       "Location: http://localhost" + host.substr(host.find(':')) + "/landing\r\n");
    }
  });
  ASSERT_THAT(fetch(with_userinfo(server.uri("/start"))), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_TRUE(saw_credentials(server.requests().at(0)));
  EXPECT_FALSE(saw_credentials(server.requests().at(1)));
}

TEST_F(CredentialsTest, AnotherPathOfTheirOwnPlaceSeesThemAgainAfterADetour) {
  std::map<std::string, std::string> where;
  RawServer other([&](Exchange& exchange) {
    exchange.respond("302 Found", "", "Location: " + where["back"] + "\r\n");
  });
  RawServer server(redirects_to(other.uri("/detour")));
  where["back"] = server.uri("/landing");
  ASSERT_THAT(fetch(with_userinfo(server.uri("/start"))), IsOk());
  EXPECT_FALSE(saw_credentials(other.requests().at(0)));
  EXPECT_TRUE(saw_credentials(server.requests().at(1)));
}

TEST_F(CredentialsTest, CredentialsOfALocationHeaderAreNotUsed) {
  RawServer other(redirects_to(""));
  std::string location = other.uri("/landing");
  RawServer server(redirects_to(location.insert(7, "their:password@")));
  ASSERT_THAT(fetch(with_userinfo(server.uri("/start"))), IsOk());
  EXPECT_EQ(tests::header_in(other.requests().at(0), "Authorization"), std::nullopt);
}

TEST_F(CredentialsTest, CookiesAreNotCarriedAlong) {
  RawServer server([](Exchange& exchange) {
    const bool landing = exchange.target() == "/landing";
    exchange.respond(landing ? "200 OK" : "302 Found", "x",
                     landing ? "" : "Location: /landing\r\nSet-Cookie: a=b; Path=/\r\n");
  });
  ASSERT_THAT(fetch(server.uri("/start")), IsOk());
  EXPECT_EQ(tests::header_in(server.requests().at(1), "Cookie"), std::nullopt);
}

// Promises 6 and 7 where TLS begins and ends.
TEST_F(CredentialsTest, HttpsIsNeverLeftForHttp) {
  RawServer plain(redirects_to(""));
  const tests::Nginx nginx("location /down { return 302 " + plain.uri("/landing") + "; }");
  ::setenv("SSL_CERT_FILE", nginx.ca_file().c_str(), 1);
  auto failure = failure_of(nginx.https("/down"));
  EXPECT_EQ(failure.kind, FailureClass::kUser);
  EXPECT_THAT(failure.error.message(), HasSubstr("from https to http"));

  // Also not in the middle of a chain that began with http.
  RawServer up(redirects_to(nginx.https("/down")));
  failure = failure_of(with_userinfo(up.uri("/start")));
  EXPECT_THAT(failure.error.message(), HasSubstr("from https to http"));
  EXPECT_EQ(nginx.count("GET /down 302"), 2U);
  EXPECT_THAT(plain.requests(), SizeIs(0));
}

TEST_F(CredentialsTest, HttpMayLeadToHttpsWithoutTheCredentials) {
  const tests::Nginx nginx("location /echo { return 200 \"[$http_authorization]\"; }");
  ::setenv("SSL_CERT_FILE", nginx.ca_file().c_str(), 1);
  RawServer up(redirects_to(nginx.https("/echo")));
  ASSERT_THAT(fetch(with_userinfo(up.uri("/start"))), IsOk());
  EXPECT_EQ(content(), "[]");
}

// None were sent there: the URI's credentials are not to blame.
TEST_F(HttpTest, ARefusalBehindARedirectNamesWhoRefuses) {
  RawServer other([](Exchange& exchange) { exchange.respond("403 Forbidden", ""); });
  RawServer first([&](Exchange& exchange) {
    exchange.respond("302 Found", "", cat("Location: ", other.uri("/x"), "\r\n"));
  });
  const auto failure = failure_of(first.uri());
  EXPECT_EQ(failure.status, 403);
  EXPECT_THAT(failure.error.message(), HasSubstr(cat("redirected to 127.0.0.1:", other.port(),
                                                     ": the server answered 403")));
  EXPECT_EQ(failure.error.remedy(), "");
  EXPECT_THAT(failure_of(other.uri()).error.remedy(), HasSubstr("credentials"));
}

}  // namespace
}  // namespace slipway::fetcher
