// When a transfer is given up: silence, too little in the time there is, no connection, no name.
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tests/net/http_fixture.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;

constexpr auto kLong = 20s;  // the scripted server's patience; no test waits for it

// Promise 9. The limits say when; a second is room for a busy machine.
TEST_F(HttpTest, SilenceEndsTheTransfer) {
  limits_.stall = 300ms;
  for (const char* before :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive5",
        "HTTP/1.1 100 Continue\r\n\r\n"}) {
    RawServer server([before](Exchange& exchange) {
      exchange.send(before);
      exchange.wait(kLong);
    });
    const auto failure = failure_of(server.uri());
    EXPECT_EQ(failure.kind, FailureClass::kTransient);
    EXPECT_THAT(failure.error.message(), HasSubstr("sent nothing for 300ms")) << before;
    EXPECT_GE(took_, 300ms);
    EXPECT_LT(took_, 3300ms);
  }
}

TEST_F(HttpTest, ASlowServerIsNotAStalledOne) {
  limits_.stall = 1000ms;
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (int i = 0; i < 8 && exchange.wait(150ms); ++i) exchange.send("x");
  });
  ASSERT_THAT(fetch(server.uri()), IsOk());
  EXPECT_EQ(content(), "xxxxxxxx");
  EXPECT_GT(took_, limits_.stall);
}

TEST_F(HttpTest, TheTotalDeadlineEndsAlsoWhatMoves) {
  limits_.total = 500ms;
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\n\r\n");
    while (exchange.wait(20ms) && exchange.send("x")) {
    }
  });
  const auto failure = failure_of(server.uri());
  EXPECT_EQ(failure.kind, FailureClass::kTransient);
  EXPECT_THAT(failure.error.message(), HasSubstr("not complete in time"));
  EXPECT_GE(took_, 500ms);
  EXPECT_LT(took_, 3500ms);
}

TEST_F(HttpTest, TheTotalDeadlineCountsAllRedirects) {
  limits_.total = 500ms;
  RawServer server([](Exchange& exchange) {
    exchange.wait(150ms);
    exchange.respond("302 Found", "", "Location: " + exchange.target() + "x\r\n");
  });
  EXPECT_THAT(failure_of(server.uri()).error.message(), HasSubstr("not complete in time"));
  EXPECT_LT(took_, 3500ms);
}

TEST_F(HttpTest, TheConnectDeadlineCoversTls) {
  limits_.connect = 300ms;
  RawServer server([](Exchange&) {});  // waits for a request head that TLS never sends
  const auto failure = failure_of("https://127.0.0.1:" + std::to_string(server.port()) + "/never");
  EXPECT_EQ(failure.kind, FailureClass::kTransient);
  EXPECT_THAT(failure.error.message(), HasSubstr("not done within 300ms"));
  EXPECT_LT(took_, 3300ms);
}

// A name server that says nothing: in a network of our own, where it can be 127.0.0.1.
void fetch_with_a_silent_name_server(const std::string& resolv_conf, int into) {
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) ::_exit(10);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(11);
  if (::mount(resolv_conf.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0) ::_exit(12);
  const int server = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  if (::ioctl(server, SIOCSIFFLAGS, &loopback) != 0) ::_exit(13);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ::_exit(14);
  TransferLimits limits;
  limits.connect = 300ms;
  const auto start = Clock::now();
  BodySink sink(into, limits.max_bytes);
  const Network network;
  const TransferSurroundings surroundings{network, ""};
  PhaseTimes times;
  const auto result =
      HttpTransport(limits, surroundings).fetch("http://slow.example/file", sink, {}, times);
  if (result || result.error().kind != FailureClass::kTransient) ::_exit(15);
  ::_exit(Clock::now() - start < 3500ms ? 0 : 16);
}

// Promise 9. The resolver's own patience is 10 s and more.
TEST_F(HttpTest, ASilentNameServerDoesNotOutliveTheConnectDeadline) {
  const std::string resolv_conf = dir_.write("resolv.conf", "nameserver 127.0.0.1\n");
  auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT, 0600);
  ASSERT_THAT(into, IsOk());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) fetch_with_a_silent_name_server(resolv_conf, into->get());
  auto status = sys::wait_for(child);
  ASSERT_THAT(status, IsOk());
  ASSERT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0) << "see the numbers in the child's function";
}

TEST_F(HttpTest, TheTimeOfATryThatFailedCounts) {
  RawServer server([](Exchange& exchange) {
    exchange.wait(200ms);
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello");
  });
  EXPECT_EQ(failure_of(server.uri()).kind, FailureClass::kTransient);
  EXPECT_GE(times_.first_byte + times_.transfer, 200ms);
}

}  // namespace
}  // namespace slipway::fetcher
