// Which proxy is in force, and that nothing secret of it is shown.
#include "launcher/doctor/proxy_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/doctor/doctor_fetching.h"
#include "tests/support/result_matchers.h"

namespace slipway::launcher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::FailsWith;

using Variables = std::map<std::string, std::string>;

std::string origin(const Variables& environment, std::string_view scheme) {
  return choose_proxy({}, environment, scheme).origin;
}

TEST(ProxyChoice, SettingsAreAboveTheEnvironment) {
  fetcher::Network network;
  network.proxy = "http://p:1";
  network.no_proxy = "a";
  const Variables environment{{"http_proxy", "http://e:2"}, {"no_proxy", "b"}};
  EXPECT_EQ(choose_proxy(network, environment, "http").text, "http://p:1");
  EXPECT_EQ(choose_proxy(network, environment, "https").origin, "proxy");
  EXPECT_EQ(choose_exceptions(network, environment).text, "a");
}

TEST(ProxyChoice, VariablesAreTakenInTheOrderOfCurl) {
  Variables all{{"http_proxy", "1"}, {"https_proxy", "2"}, {"HTTPS_PROXY", "3"}, {"all_proxy", "4"},
                {"ALL_PROXY", "5"},  {"HTTP_PROXY", "6"},  {"no_proxy", "7"},    {"NO_PROXY", "8"}};
  EXPECT_EQ(origin(all, "http"), "http_proxy");
  EXPECT_EQ(origin(all, "https"), "https_proxy");
  EXPECT_EQ(choose_exceptions({}, all).origin, "no_proxy");
  all["https_proxy"] = all["no_proxy"] = "";
  EXPECT_EQ(origin(all, "https"), "HTTPS_PROXY") << "an empty one is none";
  EXPECT_EQ(choose_exceptions({}, all).origin, "NO_PROXY");
  all.erase("http_proxy");
  all.erase("HTTPS_PROXY");
  EXPECT_EQ(origin(all, "http"), "all_proxy");
  EXPECT_EQ(origin(all, "https"), "all_proxy");
  all.erase("all_proxy");
  EXPECT_EQ(origin(all, "http"), "ALL_PROXY");
}

TEST(ProxyChoice, UpperCaseHttpProxyIsPassedOverAndSaidSo) {
  const auto choice = choose_proxy({}, {{"HTTP_PROXY", "http://u:marker@h:1"}}, "http");
  EXPECT_EQ(choice.text, "");
  const auto finding = judge_proxy("http", choice);
  EXPECT_EQ(finding.verdict, Verdict::kWarn);
  EXPECT_THAT(finding.what, AllOf(HasSubstr("HTTP_PROXY"), Not(HasSubstr("marker"))));
  EXPECT_EQ(judge_proxy("http", choose_proxy({}, {}, "http")).verdict, Verdict::kOk);
  EXPECT_EQ(judge_proxy("https", choose_proxy({}, {{"HTTP_PROXY", "x"}}, "https")).verdict,
            Verdict::kOk);
}

TEST(ProxyChoice, AProxyIsShownWithoutItsCredentials) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://proxy:3128", "http://proxy:3128"},
      {"HTTP://proxy:3128/", "http://proxy:3128"},
      {"proxy.example.org:80", "http://proxy.example.org:80"},
      {"proxy", "http://proxy"},
      {"user:marker@proxy:80", "http://proxy:80"},
      {"https://user:mar@ker@proxy", "https://proxy"},
      {"socks5h://u:marker@[::1]:1080", "socks5h://[::1]:1080"},
      {"http://proxy:1/path?token=marker", "http://proxy:1"},
  };
  for (const auto& [text, shown] : cases) {
    const auto answer = shown_proxy(text);
    ASSERT_TRUE(answer) << text << ": " << answer.error().message();
    EXPECT_EQ(*answer, shown);
  }
}

TEST(ProxyChoice, WhatIsNoProxyIsAFailureThatRepeatsNothingOfIt) {
  for (const char* text :
       {"", "http://", "http://:80", "http://marker:port", "http://marker:0", "http://marker:65536",
        "http://marker:", "ftp://marker", "http://mar ker:80", "http://u:marker/x@h:1",
        "http://marker/x@h:1", "http://[marker:80", "http://[::1]marker", "htpp//marker"}) {
    EXPECT_THAT(shown_proxy(text), FailsWith(Not(HasSubstr("marker")))) << text;
    if (*text == '\0') continue;
    const auto finding = judge_proxy("http", {text, "http_proxy"});
    EXPECT_EQ(finding.verdict, Verdict::kFail) << text;
    EXPECT_THAT(finding.what, AllOf(HasSubstr("http_proxy"), Not(HasSubstr("marker"))));
    EXPECT_THAT(finding.remedy, HasSubstr("http://HOST:PORT"));
  }
}

TEST(ProxyChoice, ExceptionsAreHosts) {
  EXPECT_EQ(judge_exceptions({"a,.b.org,10.0.0.0/8,*", "no_proxy"}).verdict, Verdict::kOk);
  const auto finding = judge_exceptions({"http://u:marker@h", "no_proxy"});
  EXPECT_EQ(finding.verdict, Verdict::kWarn);
  EXPECT_THAT(finding.what, Not(HasSubstr("marker")));
}

}  // namespace
}  // namespace slipway::launcher
