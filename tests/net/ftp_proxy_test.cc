// ftp and ftps from a real server, and a real squid in between.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <utility>

#include "fetcher/transfer/transports.h"
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
    return transfer_into(sink, uri);
  }
  Result<Received, TransferFailure> transfer_into(BodySink& sink, const std::string& uri) {
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

// Somebody who listens and says nothing.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(socket_.get(), address, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    EXPECT_EQ(::getsockname(socket_.get(), address, &size), 0);
  }
  [[nodiscard]] int port() const { return ntohs(address_.sin_port); }
  // A connection that waits to be accepted makes the socket readable (accept(2)).
  [[nodiscard]] bool was_called() const {
    pollfd poll{socket_.get(), POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
  }

 private:
  Fd socket_;
  sockaddr_in address_{};
};

class OnFirstPiece : public BodyWatcher {
 public:
  explicit OnFirstPiece(std::function<void()> act) : act_(std::move(act)) {}
  void written(std::uint64_t) noexcept override {
    if (act_) std::exchange(act_, nullptr)();
  }

 private:
  std::function<void()> act_;
};

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

TEST_F(Ftp, WhatIsRefusedIsRefusedWithoutAConnection) {
  const Listener listener;
  for (const char* path :
       {"/file%0d%0aDELE%20file", "/file%0A", "/%00", "/d%0Dir/file", "/file;type=a"}) {
    EXPECT_EQ(failure_of(cat("ftp://127.0.0.1:", listener.port(), path)).kind, FailureClass::kUser)
        << path;
    EXPECT_FALSE(listener.was_called()) << path;
  }
  settings_.limits.stall = 300ms;
  EXPECT_EQ(failure_of(cat("ftp://127.0.0.1:", listener.port(), "/file")).kind,
            FailureClass::kTransient);
  EXPECT_TRUE(listener.was_called()) << "else nothing is proved";
}

// RFC 959, section 5.4: only 226 says that the file has ended where the data have.
TEST_F(Ftp, AServerThatDiesInTheMiddleIsTransientAlsoWhereTheSizeIsNotKnown) {
  for (const auto habit : {FtpServer::Habit::kSlow, FtpServer::Habit::kSlowNoSize}) {
    const FtpServer server("", habit);
    server.write("file", std::string(3'000'000, 'x'));
    OnFirstPiece killer([&] { server.kill(); });
    auto into = sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ASSERT_THAT(into, IsOk());
    BodySink sink(into->get(), settings_.limits.max_bytes, &killer, BodySink::Sha512::kNo, 4096);
    const auto received = transfer_into(sink, server.uri("/file"));
    ASSERT_FALSE(received) << received->bytes;
    EXPECT_EQ(received.error().kind, FailureClass::kTransient);
    EXPECT_GT(sink.received(), 0U) << "it was in the middle";
    EXPECT_LT(sink.received(), 3'000'000U);
  }
}

TEST_F(Ftp, DeadlinesHoldAlsoForTheWordThatTheTransferIsComplete) {
  const FtpServer server("", FtpServer::Habit::kSilentAtEnd);
  server.write("file", "data");
  settings_.limits.stall = 500ms;
  const auto start = Clock::now();
  const auto failure = failure_of(server.uri("/file"));
  EXPECT_EQ(failure.kind, FailureClass::kTransient);
  EXPECT_LT(Clock::now() - start, 5s);
}

TEST_F(Ftp, AServerThatDoesNotAnswerTheFarewellDelaysNothing) {
  const FtpServer server("", FtpServer::Habit::kSilentAtQuit);
  server.write("file", "data");
  auto start = Clock::now();
  EXPECT_THAT(transfer(server.uri("/file")), IsOk());
  EXPECT_LT(Clock::now() - start, 5s);
  start = Clock::now();
  EXPECT_EQ(failure_of(server.uri("/missing")).kind, FailureClass::kNotFound);
  EXPECT_LT(Clock::now() - start, 5s);
}

TEST_F(Ftp, NetrcsUserLogsInWhereTheUriHasNone) {
  const FtpServer server;
  server.write("file", "data");
  settings_.network.netrc = "machine 127.0.0.1 login me password marker\n";
  const auto refused = failure_of(server.uri("/file"));
  EXPECT_EQ(refused.kind, FailureClass::kAuth) << "it was used, and wrong";
  EXPECT_THAT(refused.error.message(), Not(HasSubstr("marker")));
  EXPECT_THAT(transfer(server.uri("/file", "me:secret@")), IsOk()) << "the URI's counts more";
  settings_.network.netrc = "machine 127.0.0.1 login me password secret\n";
  EXPECT_THAT(transfer(server.uri("/file")), IsOk());
}

TEST_F(Ftp, NeitherTextNorAListingCanBeAskedFor) {
  const FtpServer server;
  server.write("file", "data\n");
  for (const char* path : {"/file;type=a", "/;type=d"}) {
    EXPECT_THAT(failure_of(server.uri(path)).error.message(), HasSubstr(";type=")) << path;
  }
  server.write("dir/file", "data\n");
  for (const char* path : {"/dir%2F", "/dir%2f", "/dir/.", "/dir/.."}) {
    const auto failure = failure_of(server.uri(path));
    EXPECT_EQ(failure.kind, FailureClass::kUser) << path;
    EXPECT_THAT(failure.error.message(), HasSubstr("a directory")) << path;
  }
  EXPECT_TRUE(transfer(server.uri("/dir/file?v=/")));
}

TEST_F(Ftp, TheLimitHolds) {
  const FtpServer server;
  server.write("file", std::string(3'000'000, 'x'));
  settings_.limits.max_bytes = 1000;
  EXPECT_THAT(failure_of(server.uri("/file")).error.message(), HasSubstr("larger than the limit"));
}

TEST_F(Ftp, TheLimitHoldsWhereNoSizeIsAnnounced) {
  const FtpServer server("", FtpServer::Habit::kSlowNoSize);
  server.write("file", std::string(1'000'000, 'x'));  // ten seconds
  settings_.limits.max_bytes = 100'000;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(failure_of(server.uri("/file")).error.message(), HasSubstr("larger than the limit"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 8s) << "it was given up on the way";
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
