// ftp and ftps from a real server, and a real squid in between.
#include <memory>

#include "fetcher/transports.h"
#include "sandbox/base/text.h"
#include "tests/net/http_fixture.h"
#include "tests/support/ftp_server.h"
#include "tests/support/nginx.h"
#include "tests/support/squid.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::FtpServer;
using tests::Nginx;
using tests::Squid;

class Transfer : public HttpTest {
 protected:
  Result<Received, TransferFailure> transfer(const std::string& uri) {
    auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT_THAT(into, IsOk());
    BodySink sink(into->get(), settings_.limits.max_bytes);
    PhaseTimes times;
    return Transports(settings_, AT_FDCWD).transfer(*Uri::parse(uri), sink, std::nullopt, times);
  }
  TransferFailure failure_of(const std::string& uri) {
    auto result = transfer(uri);
    if (!result) return std::move(result).error();
    ADD_FAILURE() << "no failure: " << result->bytes << " bytes were received";
    return {FailureClass::kLocal, 0, Error("no failure")};
  }

  TransferSettings settings_;
};

class Ftp : public Transfer {};

TEST_F(Ftp, FilesOfEverySizeArrive) {
  const FtpServer server;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3'000'000}}) {
    const std::string body(size, 'x');
    server.write("sub/file", body);
    const auto received = transfer(server.uri("/sub/file"));
    ASSERT_THAT(received, IsOk());
    EXPECT_EQ(content(), body);
    EXPECT_EQ(received->bytes, size);
  }
}

TEST_F(Ftp, TheUrisUserLogsIn) {
  const FtpServer server;
  server.write("file", "data");
  EXPECT_THAT(transfer(server.uri("/file", "me:secret@")), IsOk());
  const auto refused = failure_of(server.uri("/file", "me:marker@"));
  EXPECT_EQ(refused.kind, FailureClass::kAuth);
  EXPECT_THAT(refused.error.message(), Not(HasSubstr("marker")));
}

TEST_F(Ftp, WhatIsNotThereIsSaidSo) {
  const FtpServer server;
  EXPECT_EQ(failure_of(server.uri("/missing")).kind, FailureClass::kNotFound);
  EXPECT_EQ(failure_of(server.uri("/no/such/directory/file")).kind, FailureClass::kNotFound);
}

TEST_F(Ftp, ALineEndInTheNameIsRefused) {
  const FtpServer server;
  server.write("file", "data");
  const auto failure = failure_of(server.uri("/file%0d%0aDELE%20file"));
  EXPECT_EQ(failure.kind, FailureClass::kUser);
  EXPECT_THAT(failure.error.message(), HasSubstr("line end"));
}

TEST_F(Ftp, NeitherTextNorAListingCanBeAskedFor) {
  const FtpServer server;
  server.write("file", "data\n");
  for (const char* path : {"/file;type=a", "/;type=d"}) {
    EXPECT_THAT(failure_of(server.uri(path)).error.message(), HasSubstr(";type=")) << path;
  }
}

TEST_F(Ftp, TheLimitHolds) {
  const FtpServer server;
  server.write("file", std::string(3'000'000, 'x'));
  settings_.limits.max_bytes = 1000;
  EXPECT_THAT(failure_of(server.uri("/file")).error.message(), HasSubstr("larger than the limit"));
}

TEST_F(Ftp, NobodyThereIsTransient) {
  std::string uri;
  {
    const FtpServer server;
    uri = server.uri("/file");
  }
  EXPECT_EQ(failure_of(uri).kind, FailureClass::kTransient);
}

TEST_F(Ftp, FtpsIsVerified) {
  const Nginx nginx;  // for its certificates
  const std::string directory = nginx.ca_file().substr(0, nginx.ca_file().rfind('/') + 1);
  const auto both = [&](const std::string& name) {
    return dir_.write(name + ".both", tests::read_file(cat(directory, name, ".key")) +
                                          tests::read_file(cat(directory, name, ".pem")));
  };
  const FtpServer good(both("good"));
  good.write("file", "data");
  EXPECT_EQ(failure_of(good.uri("/file")).kind, FailureClass::kUser) << "an unknown authority";
  settings_.network.ca = nginx.ca_file();
  const auto received = transfer(good.uri("/file"));
  ASSERT_TRUE(received) << received.error().error.message();
  EXPECT_EQ(content(), "data");
  const FtpServer expired(both("expired"));
  EXPECT_EQ(failure_of(expired.uri("/file")).kind, FailureClass::kUser);
}

class Proxy : public Transfer {};

TEST_F(Proxy, EverythingGoesThroughIt) {
  const Nginx nginx;
  nginx.write("x", "data");
  const FtpServer ftp;
  ftp.write("file", "from ftp");
  const Squid squid;
  settings_.network.proxy = squid.uri();
  settings_.network.ca = nginx.ca_file();
  for (const std::string& uri : {nginx.http("/x"), nginx.https("/x")}) {
    ASSERT_THAT(transfer(uri), IsOk()) << uri;
    EXPECT_EQ(content(), "data");
  }
  ASSERT_THAT(transfer(ftp.uri("/file")), IsOk());
  EXPECT_EQ(content(), "from ftp");
  EXPECT_TRUE(squid.has_logged(cat("GET ", nginx.http("/x"), " 200")));
  EXPECT_TRUE(squid.has_logged("CONNECT 127.0.0.1:"));
}

TEST_F(Proxy, NotForWhatIsExcepted) {
  const Nginx nginx;
  nginx.write("x", "data");
  settings_.network.proxy = "http://127.0.0.1:1";
  EXPECT_FALSE(transfer(nginx.http("/x")));
  settings_.network.no_proxy = "localhost,127.0.0.1";
  EXPECT_THAT(transfer(nginx.http("/x")), IsOk());
}

TEST_F(Proxy, TheEnvironmentCountsWhereTheSettingsSayNothing) {
  const Nginx nginx;
  nginx.write("x", "data");
  const Squid squid;
  ::setenv("http_proxy", squid.uri().c_str(), 1);
  EXPECT_THAT(transfer(nginx.http("/x")), IsOk());
  EXPECT_TRUE(squid.has_logged("/x 200"));
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  settings_.network.proxy = squid.uri();
  EXPECT_THAT(transfer(nginx.http("/x")), IsOk()) << "the settings win";
  ::unsetenv("http_proxy");
}

TEST_F(Proxy, APasswordIsUsedAndNotTold) {
  const Nginx nginx;
  nginx.write("x", "data");
  const Squid squid(Squid::Login::kRequired);
  settings_.network.ca = nginx.ca_file();
  settings_.network.proxy = squid.uri("me:secret@");
  EXPECT_THAT(transfer(nginx.https("/x")), IsOk());
  settings_.network.proxy = squid.uri("me:marker@");
  for (const std::string& uri : {nginx.http("/x"), nginx.https("/x")}) {
    const auto failure = failure_of(uri);
    EXPECT_EQ(failure.kind, FailureClass::kAuth) << uri;
    EXPECT_EQ(failure.status, 407);
    EXPECT_THAT(failure.error.message() + failure.error.remedy() + failure.excerpt,
                Not(HasSubstr("marker")));
  }
}

}  // namespace
}  // namespace slipway::fetcher
