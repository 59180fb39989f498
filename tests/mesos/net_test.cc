// G1: what no test of Mesos covers of HTTP and FTP.
#include <unistd.h>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/ftp_server.h"
#include "tests/support/nginx.h"
#include "tests/support/port.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(MesosFetcher, G1_TheBodyOfAnErrorIsNotLeftInTheSandbox) {
  const Nginx nginx("location /forbidden { return 403 'no'; }");
  for (const char* path : {"/none", "/forbidden"}) {
    EXPECT_NE(fetch({{.value = nginx.http(path)}}).failure, "") << path;
    EXPECT_THAT(fetched(), IsEmpty());
    EXPECT_NE(fetch({{.value = nginx.http(path), .cache = true}}).failure, "") << path;
    EXPECT_THAT(fetched(), IsEmpty());
    EXPECT_THAT(cache_files(), IsEmpty());
  }
}

TEST_F(MesosFetcher, G1_OnlyStatus200IsASuccess) {
  const Nginx nginx(
      "location /201 { return 201 'made'; } location /204 { return 204; } "
      "location /206 { return 206 'part'; }");
  for (const char* path : {"/201", "/204", "/206"}) {
    EXPECT_NE(fetch({{.value = nginx.http(path)}}).failure, "") << path;
    EXPECT_THAT(fetched(), IsEmpty()) << path;
  }
}

TEST_F(MesosFetcher, G1_RedirectsAreFollowed) {
  const Nginx nginx("location /one { return 302 /two; } location /two { return 301 /three; }");
  nginx.write("three", "data");
  EXPECT_EQ(fetch({{.value = nginx.http("/one")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("one")), "data");
  EXPECT_THAT(fetched(), ElementsAre("one"));
}

TEST_F(MesosFetcher, G1_ATruncatedBodyIsAFailure) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
  });
  EXPECT_NE(fetch({{.value = server.uri("/half")}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G1_AStalledTransferIsGivenUp) {
  RawServer server([](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
    exchange.wait(std::chrono::minutes(2));
  });
  flags_.fetcher_stall_timeout_ns = 1'000'000'000;
  flags_.executor_registration_timeout = std::chrono::seconds(40);
  EXPECT_THAT(fetch({{.value = server.uri("/half")}}).failure, HasSubstr("exited with status 1"));
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G1_ARefusedConnectionLeavesNoFile) {
  EXPECT_THAT(fetch({{.value = cat("http://127.0.0.1:", free_port(), "/x")}}).failure,
              HasSubstr("exited with status 1"));
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G1_WithoutASizeTheCacheIsBypassed) {
  for (const char* answer : {"405 Method Not Allowed", "200 OK"}) {
    RawServer server([&](Exchange& exchange) {
      exchange.method() == "HEAD"
          ? exchange.send(cat("HTTP/1.1 ", answer, "\r\nConnection: close\r\n\r\n"))
          : exchange.respond("200 OK", "data");
    });
    EXPECT_THAT(fetch({{.value = server.uri("/x"), .cache = true}}).fetcher_info,
                HasSubstr("BYPASS_CACHE"));
    EXPECT_EQ(read_file(in_sandbox("x")), "data");
    EXPECT_THAT(cache_files(), IsEmpty());
  }
}

// Its account is put right, as a file that became shorter after the look at it.
TEST_F(MesosFetcher, G1_AFileThatIsShorterThanAnnouncedIsAccountedAsItIs) {
  const std::string source = dir_.write("from/x", "announced length");
  agent().before_fetcher = [&] { dir_.write("from/x", "short"); };
  EXPECT_EQ(fetch({{.value = source, .cache = true}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "short");
  EXPECT_EQ(agent().cache_used(), 5U);
}

TEST_F(MesosFetcher, G1_AFileThatIsLargerThanAnnouncedIsDeliveredAndNotKept) {
  const std::string source = dir_.write("from/x", "short");
  agent().before_fetcher = [&] { dir_.write("from/x", "much larger"); };
  EXPECT_EQ(fetch({{.value = source, .cache = true}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "much larger");
  EXPECT_THAT(cache_files(), IsEmpty());
  EXPECT_EQ(agent().cache_used(), 0U);
}

TEST_F(MesosFetcher, G1_AShorterBodyLeavesNoTailOfALongerFile) {
  const Nginx nginx;
  nginx.write("x", "a longer body");
  const std::vector<MesosUri> uris{{.value = nginx.http("/x")}};
  EXPECT_EQ(fetch(uris).failure, "");
  nginx.write("x", "short");
  EXPECT_EQ(agent().fetch({"executor", user_, uris, ""}, sandbox_).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "short");
}

TEST_F(MesosFetcher, G1_AUriWithoutAFileNameIsAFailure) {
  const Nginx nginx("location /directory/ { return 200 'index'; }");
  EXPECT_THAT(fetch({{.value = nginx.http("/directory/")}}).failure,
              HasSubstr("exited with status 1"));
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G1_TheQueryIsPartOfTheName) {
  const Nginx nginx;
  nginx.write("x", "data");
  EXPECT_EQ(fetch({{.value = nginx.http("/x?version=1")}}).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("x?version=1"));
  EXPECT_EQ(read_file(in_sandbox("x?version=1")), "data");
}

TEST_F(MesosFetcher, G1_CredentialsAreInNoMessage) {
  const Nginx nginx;
  nginx.write("x", "data");
  for (const char* path : {"/x?token=SECRET", "/none?token=SECRET"}) {
    std::string uri = nginx.http(path);
    uri.insert(7, "user:SECRET@");
    fetch({{.value = uri, .output_file = "x"}});
    EXPECT_THAT(read_file(in_sandbox("stderr")), Not(HasSubstr("SECRET")));
    EXPECT_THAT(read_file(in_sandbox("stderr")), HasSubstr("127.0.0.1"));
    EXPECT_THAT(read_file(in_sandbox("stdout")), Not(HasSubstr("SECRET")));
  }
}

TEST_F(MesosFetcher, G1_FtpIsFetched) {
  const FtpServer server;
  server.write("x", "data");
  EXPECT_EQ(fetch({{.value = server.uri("/x")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "data");
  EXPECT_NE(fetch({{.value = server.uri("/none")}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G1_AProxyOfTheAgentsEnvironmentIsUsed) {
  RawServer proxy([](Exchange& exchange) { exchange.respond("200 OK", exchange.target()); });
  flags_.environment.push_back("http_proxy=" + proxy.uri(""));
  EXPECT_EQ(fetch({{.value = "http://slipway.invalid/x"}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "http://slipway.invalid/x");
}

TEST_F(MesosFetcher, G1_TheAgentsCertificatesAreTrusted) {
  const Nginx nginx;
  nginx.write("x", "data");
  EXPECT_NE(fetch({{.value = nginx.https("/x")}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  flags_.environment.push_back("SSL_CERT_FILE=" + nginx.ca_file());
  restart_agent();
  EXPECT_EQ(fetch({{.value = nginx.https("/x")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "data");
}

}  // namespace
}  // namespace slipway::tests
