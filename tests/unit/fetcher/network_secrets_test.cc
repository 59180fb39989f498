#include "fetcher/transfer/network_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base/text.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using tests::FailsWith;
using tests::IsOk;

TEST(Headers, AreTheLinesOfAFile) {
  const auto lines = parse_headers("# a token\nAuthorization: Bearer x\r\n\nX-Team:a:b");
  ASSERT_THAT(lines, IsOk());
  EXPECT_THAT(*lines, ElementsAre("Authorization: Bearer x", "X-Team:a:b"));
}

TEST(Headers, WhatIsNoneIsAnErrorThatRepeatsNothing) {
  for (const char* text : {"secret", "sec ret: x", ": secret", "X-A:  ", "X-A: sec\x01ret",
                           "Range: bytes=0-secret", "host: secret"}) {
    EXPECT_THAT(
        parse_headers(cat("X-Good: 1\n", text)),
        FailsWith(AllOf(HasSubstr("line 2"), Not(HasSubstr("secret")), Not(HasSubstr("ret")))))
        << text;
  }
}

class NetworkSecrets : public ::testing::Test {
 protected:
  std::vector<OriginHeaders> headers_for(const std::vector<const char*>& uris) {
    std::vector<UriRequest> requests;
    for (const char* uri : uris) {
      requests.push_back({*Uri::parse(uri), {}});
    }
    Settings settings;
    settings.headers_dir = dir_.make_directory("headers");
    const auto read = read_network_secrets(requests, settings);
    EXPECT_THAT(read, IsOk());
    return settings.transfers.network.headers;
  }

  tests::TempDir dir_;
};

TEST_F(NetworkSecrets, OnlyTheOriginsOfTheEntryAreRead) {
  dir_.write("headers/one.example", "A: 1\n");
  dir_.write("headers/Two.example:8443", "B: 2\n");
  dir_.write("headers/three.example", "not a header, and not read\n");
  EXPECT_THAT(headers_for({"http://one.example/x", "ftp://two.example:8443/x"}), IsEmpty())
      << "not in the clear where no port says so";
  EXPECT_THAT(headers_for({"https://u:p@ONE.example/x?@three.example"}),
              ElementsAre(OriginHeaders{"one.example", "", {"A: 1"}}));
  EXPECT_THAT(headers_for({"http://two.example:8443/x"}),
              ElementsAre(OriginHeaders{"two.example", "8443", {"B: 2"}}));
}

TEST_F(NetworkSecrets, WhatCannotBeReadIsAnErrorOnlyWhereItIsNeeded) {
  std::vector<UriRequest> requests;
  Settings settings;
  settings.netrc_file = dir_ / "no-such";
  settings.headers_dir = dir_ / "no-such";
  EXPECT_THAT(read_network_secrets(requests, settings), IsOk());
  requests.push_back({*Uri::parse("/local"), {}});
  EXPECT_THAT(read_network_secrets(requests, settings), IsOk());
  requests.push_back({*Uri::parse("https://h/x"), {}});
  EXPECT_THAT(read_network_secrets(requests, settings), FailsWith(HasSubstr("netrc")));
  settings.netrc_file = dir_.write("netrc", "machine h login me password secret\n");
  EXPECT_THAT(read_network_secrets(requests, settings), FailsWith(HasSubstr("headers")));
  settings.headers_dir = "";
  EXPECT_THAT(read_network_secrets(requests, settings), IsOk());
  EXPECT_THAT(settings.transfers.network.netrc, HasSubstr("machine h"));
}

}  // namespace
}  // namespace slipway::fetcher
