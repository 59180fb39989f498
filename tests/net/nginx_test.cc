// Against a real server: exact bytes, TLS, revalidation.
#include <sys/stat.h>

#include <memory>

#include "fetcher/base/digest.h"
#include "tests/net/http_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class NginxTest : public HttpTest {
 protected:
  static void SetUpTestSuite() {
    nginx_ = std::make_unique<tests::Nginx>(
        "location /gzip/ { gzip on; gzip_min_length 1; gzip_types *; }"
        "location /private/ { auth_basic x; auth_basic_user_file users; }"
        "location /quick/ { default_type text/plain; }");
  }
  static void TearDownTestSuite() { nginx_.reset(); }

  void SetUp() override { before_ = nginx_->requests().size(); }
  [[nodiscard]] std::vector<std::string> requests() const {
    auto lines = nginx_->requests();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(before_));
    return lines;
  }

  static std::unique_ptr<tests::Nginx> nginx_;
  std::size_t before_ = 0;
};
std::unique_ptr<tests::Nginx> NginxTest::nginx_;

// Promise 4.
TEST_F(NginxTest, BodiesOfAllSizesArriveExactly) {
  std::string text;
  while (text.size() < 3 * 1024 * 1024 + 1) text += static_cast<char>(text.size() * 131 >> 7);
  for (const std::size_t size : {0U, 1U, 16384U, 524287U, 524288U, 524289U, 3'145'729U}) {
    nginx_->write("file", text.substr(0, size));
    auto received = fetch(nginx_->http("/file"));
    ASSERT_THAT(received, IsOk()) << size;
    EXPECT_EQ(received->bytes, size);
    EXPECT_EQ(received->sha256, sha256_hex(text.substr(0, size)));
    EXPECT_EQ(content(), text.substr(0, size));
  }
  EXPECT_THAT(requests(), SizeIs(7)) << "one GET each";
}

TEST_F(NginxTest, WhatIsNotThereIsNotFoundAfterOneRequest) {
  const auto failure = failure_of(nginx_->http("/missing"));
  EXPECT_EQ(failure.kind, FailureClass::kNotFound);
  EXPECT_EQ(failure.status, 404);
  EXPECT_THAT(requests(), SizeIs(1));
}

TEST_F(NginxTest, AServerThatCouldCompressDoesNot) {
  nginx_->write("gzip/text.txt", std::string(10'000, 'x'));
  auto received = fetch(nginx_->http("/gzip/text.txt"));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->bytes, 10'000U);
}

TEST_F(NginxTest, UserinfoOpensWhatAsksForIt) {
  nginx_->write("private/file", "for friends");
  nginx_->write("../users", "friend:{PLAIN}open sesame\n");
  const auto refused = failure_of(nginx_->http("/private/file"));
  EXPECT_EQ(refused.kind, FailureClass::kAuth);
  EXPECT_THAT(refused.error.remedy(), HasSubstr("USER:PASSWORD@"));
  std::string uri = nginx_->http("/private/file");
  ASSERT_THAT(fetch(uri.insert(7, "friend:open%20sesame@")), IsOk());
  EXPECT_EQ(content(), "for friends");
}

TEST_F(NginxTest, HttpsWithTheOperatorsAuthority) {
  nginx_->write("file", "by TLS");
  for (const char* variable : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    ::setenv(variable, nginx_->ca_file().c_str(), 1);
    ASSERT_THAT(fetch(nginx_->https("/file")), IsOk()) << variable;
    EXPECT_EQ(content(), "by TLS");
    ::unsetenv(variable);
  }
}

// Promise 12.
TEST_F(NginxTest, CertificatesThatProveNothingEndTheTransferBeforeTheRequest) {
  ::setenv("SSL_CERT_FILE", nginx_->ca_file().c_str(), 1);
  struct Case {
    std::string uri;
    const char* why;
    const char* remedy;
  };
  for (const Case& each :
       {Case{nginx_->https_expired("/file"), "has expired", "clock"},
        Case{nginx_->https_wrong_host("/file"), "another host name", "name the certificate is for"},
        Case{nginx_->https_self_signed("/file"), "self-signed", "SSL_CERT_FILE"}}) {
    const auto failure = failure_of(each.uri);
    EXPECT_EQ(failure.kind, FailureClass::kUser) << each.uri;
    EXPECT_THAT(failure.error.message(), HasSubstr(each.why));
    EXPECT_THAT(failure.error.remedy(), HasSubstr(each.remedy));
  }
  ::unsetenv("SSL_CERT_FILE");  // the system's authorities do not know ours
  const auto failure = failure_of(nginx_->https("/file"));
  EXPECT_EQ(failure.kind, FailureClass::kUser);
  EXPECT_THAT(failure.error.message(), HasSubstr("authority is not trusted"));
  EXPECT_THAT(failure.error.remedy(), HasSubstr("SSL_CERT_FILE"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(NginxTest, AMissingFileOfAuthoritiesIsALocalFailure) {
  ::setenv("SSL_CERT_FILE", "/nonexistent.pem", 1);
  const auto failure = failure_of(nginx_->https("/file"));
  EXPECT_EQ(failure.kind, FailureClass::kLocal) << failure.error.message();
  EXPECT_THAT(failure.error.remedy(), HasSubstr("SSL_CERT_FILE"));
}

TEST_F(NginxTest, PlainHttpOnATlsPortAndTheOtherWayRoundFail) {
  std::string uri = nginx_->https("/file");
  EXPECT_EQ(failure_of("http" + uri.substr(5)).status, 400);
  uri = nginx_->http("/file");
  EXPECT_FALSE(fetch("https" + uri.substr(4)));
}

class RevalidateTest : public NginxTest {
 protected:
  Validators received_validators() {
    nginx_->write("versioned", "one");
    auto received = fetch(nginx_->http("/versioned"));
    EXPECT_THAT(received, IsOk());
    before_ = nginx_->requests().size();
    return received ? received->validators : Validators{};
  }
  // A change that every validator shows, whatever the clock's resolution.
  void change() {
    const std::string path = nginx_->write("versioned", "two, and longer");
    const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  Freshness freshness(const std::string& uri, const Validators& validators) {
    auto result = HttpTest::revalidate(uri, validators, 3s);
    EXPECT_THAT(result, IsOk());
    return result ? *result : Freshness::kChanged;
  }
};

TEST_F(RevalidateTest, OneConditionalRequestWithoutABody) {
  const Validators validators = received_validators();
  EXPECT_FALSE(validators.etag.empty());
  EXPECT_FALSE(validators.last_modified.empty());
  EXPECT_EQ(freshness(nginx_->http("/versioned"), validators), Freshness::kCurrent);
  EXPECT_EQ(requests(), std::vector<std::string>{"HEAD /versioned 304 0"});
  change();
  EXPECT_EQ(freshness(nginx_->http("/versioned"), validators), Freshness::kChanged);
  EXPECT_THAT(requests(), SizeIs(2));
}

TEST_F(RevalidateTest, EitherValidatorIsEnough) {
  const Validators both = received_validators();
  EXPECT_EQ(freshness(nginx_->http("/versioned"), {both.etag, ""}), Freshness::kCurrent);
  EXPECT_EQ(freshness(nginx_->http("/versioned"), {"", both.last_modified}), Freshness::kCurrent);
  change();
  EXPECT_EQ(freshness(nginx_->http("/versioned"), {both.etag, ""}), Freshness::kChanged);
}

TEST_F(RevalidateTest, WithoutValidatorsThereIsNothingToAsk) {
  EXPECT_EQ(freshness(nginx_->http("/versioned"), {}), Freshness::kChanged);
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(RevalidateTest, AServerThatIgnoresConditionsIsUnderstood) {
  RawServer server([](Exchange& exchange) {
    exchange.respond("200 OK", "", "ETag: W/\"v1\"\r\nLast-Modified: some day\r\n");
  });
  EXPECT_EQ(freshness(server.uri(), {"\"v1\"", "another day"}), Freshness::kCurrent);
  EXPECT_EQ(freshness(server.uri(), {"\"v2\"", "some day"}), Freshness::kChanged);
  EXPECT_EQ(freshness(server.uri(), {"", "some day"}), Freshness::kCurrent);
  EXPECT_EQ(freshness(server.uri(), {"", "another day"}), Freshness::kChanged);
}

// RFC 9110 allows such bytes in an ETag; the cache's records, which are JSON, do not.
TEST_F(RevalidateTest, AnETagThatIsNotUtf8IsAsNone) {
  RawServer server([](Exchange& exchange) {
    exchange.respond("200 OK", "", "ETag: \"v\xe9\"\r\nLast-Modified: some day\r\n");
  });
  EXPECT_EQ(freshness(server.uri(), {"", "some day"}), Freshness::kCurrent);
  const auto fetched = fetch(server.uri());
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->validators.etag, "");
}

TEST_F(RevalidateTest, AServerThatDoesNotKnowHeadIsAskedForTheWhole) {
  RawServer server([](Exchange& exchange) { exchange.respond("405 Method Not Allowed", ""); });
  EXPECT_EQ(freshness(server.uri(), {"\"v1\"", ""}), Freshness::kChanged);
}

TEST_F(RevalidateTest, FailuresAreReportedWithinTheTime) {
  auto gone = revalidate(nginx_->http("/missing"), {"\"v1\"", ""}, 3s);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, FailureClass::kNotFound);
  RawServer silent([](Exchange& exchange) { exchange.wait(20s); });
  const auto start = Clock::now();
  auto late = revalidate(silent.uri(), {"\"v1\"", ""}, 300ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, FailureClass::kTransient);
  EXPECT_LT(Clock::now() - start, 3300ms);
  EXPECT_THAT(silent.requests(), SizeIs(1)) << "one try";
}

TEST_F(RevalidateTest, RedirectsAndCredentialsFollowTheSameRules) {
  RawServer other([](Exchange& exchange) { exchange.send("HTTP/1.1 304 Not Modified\r\n\r\n"); });
  RawServer server([&](Exchange& exchange) {
    exchange.respond("302 Found", "", "Location: " + other.uri("/there") + "\r\n");
  });
  std::string uri = server.uri("/here");
  EXPECT_EQ(freshness(uri.insert(7, "user:word@"), {"\"v1\"", ""}), Freshness::kCurrent);
  EXPECT_TRUE(tests::header_in(server.requests().at(0), "Authorization"));
  EXPECT_FALSE(tests::header_in(other.requests().at(0), "Authorization"));
  EXPECT_EQ(tests::header_in(other.requests().at(0), "If-None-Match"), "\"v1\"");
}

}  // namespace
}  // namespace slipway::fetcher
