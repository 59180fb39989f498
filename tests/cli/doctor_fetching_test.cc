// `slipway doctor` on what fetching needs: authorities, proxies, the hadoop client, the fetcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/base/text.h"
#include "sandbox/version.h"
#include "tests/cli/doctor_fixture.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

class DoctorFetching : public DoctorTest {
 protected:
  Answer doctor_with(std::string_view fetch_settings, const std::vector<std::string>& env = {}) {
    return doctor({"--cache-dir", cache(GetParam()), "--sandbox", sandbox(), "--settings",
                   settings(cat("[fetch]\n", fetch_settings, "\n"))},
                  env);
  }
  Answer doctor_with_ca(const std::string& path) { return doctor_with(cat("ca = \"", path, "\"")); }
};

INSTANTIATE_TEST_SUITE_P(By, DoctorFetching,
                         ::testing::Values(As::kRoot, As::kRootForUser, As::kOrdinaryUser),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(DoctorFetching, AuthoritiesInAFileAreCounted) {
  const std::string file = dir_.write("ca.pem", cat(kCertificate, kCertificate));
  EXPECT_THAT(doctor_with_ca(file)["authorities"],
              says("ok", cat("'", file, "' (ca under [fetch]): 2 certificates")));
  EXPECT_THAT(doctor_with("", {"SSL_CERT_FILE=" + file})["authorities"],
              says("ok", "(SSL_CERT_FILE)"));
}

TEST_P(DoctorFetching, AuthoritiesThatAreNoneFail) {
  const auto missing = doctor_with_ca(dir_ / "none.pem");
  EXPECT_THAT(missing["authorities"], says("fail", "No such file", "ca-certificates"));
  EXPECT_THAT(failures(missing), ElementsAre("authorities"));
  EXPECT_THAT(doctor_with_ca(dir_.write("empty.pem", ""))["authorities"],
              says("fail", "holds no certificate in PEM", "ca under [fetch]"));
  EXPECT_THAT(doctor_with("", {"CURL_CA_BUNDLE=/dev/null"})["authorities"],
              says("fail", "is no file", "ca under [fetch]"));
  const auto closed = doctor_with_ca(dir_.write("closed.pem", kCertificate, 0600));
  EXPECT_EQ(closed["authorities"].verdict, is_user() ? "fail" : "ok") << closed["authorities"];
}

TEST_P(DoctorFetching, ADirectoryOfAuthoritiesNeedsNamesByHash) {
  dir_.write("ca/one.pem", kCertificate);
  EXPECT_THAT(doctor_with_ca(dir_ / "ca")["authorities-by-hash"],
              says("fail", "no names by hash", "openssl rehash"));
  fs::create_symlink("one.pem", dir_ / "ca/5ad8a5d6.0");
  EXPECT_THAT(doctor_with_ca(dir_ / "ca")["authorities-by-hash"], says("ok", ": 1 certificates"));
  fs::create_symlink("gone.pem", dir_ / "ca/5ad8a5d7.0");
  EXPECT_THAT(doctor_with_ca(dir_ / "ca")["authorities-by-hash"],
              says("fail", "5ad8a5d7.0", "ca-certificates"));
  // One file is enough.
  const auto both = doctor_with(
      "", {"SSL_CERT_FILE=" + dir_.write("ca.pem", kCertificate), "SSL_CERT_DIR=" + dir_ / "none"});
  EXPECT_EQ(both["authorities"].verdict, "ok");
  EXPECT_THAT(both["authorities-by-hash"], says("warn", "No such file", "ca-certificates"));
}

TEST_P(DoctorFetching, TheProxyInForceIsShownWithoutItsPassword) {
  const auto answer =
      doctor_with("", {"http_proxy=http://u:marker@web:3128", "HTTPS_PROXY=socks5h://secure:1080",
                       "no_proxy=localhost,.internal"});
  EXPECT_THAT(answer["proxy-http"], says("ok", "http://web:3128 (http_proxy)"));
  EXPECT_THAT(answer["proxy-https"], says("ok", "socks5h://secure:1080 (HTTPS_PROXY)"));
  EXPECT_THAT(answer["no-proxy"], says("ok", "'localhost,.internal' (no_proxy)"));
  const auto set = doctor_with("proxy = \"http://u:marker@set:1\"", {"http_proxy=http://web:3128"});
  for (const char* subject : {"proxy-http", "proxy-https"}) {
    EXPECT_THAT(set[subject], says("ok", "http://set:1 (proxy under [fetch])"));
  }
  EXPECT_THAT(answer.text + set.text, Not(HasSubstr("marker")));
}

TEST_P(DoctorFetching, AProxyThatIsNoneFailsWithoutBeingShown) {
  const auto answer = doctor_with("", {"http_proxy=http://u:marker/1@web:port",
                                       "https_proxy=gopher://marker", "HTTP_PROXY=http://x:1"});
  EXPECT_THAT(failures(answer), ElementsAre("proxy-http", "proxy-https"));
  EXPECT_THAT(answer["proxy-http"], says("fail", "http_proxy is no proxy's URL", "http://HOST"));
  EXPECT_THAT(answer.text, Not(HasSubstr("marker")));
  EXPECT_THAT(doctor_with("", {"HTTP_PROXY=http://x:1"})["proxy-http"],
              says("warn", "HTTP_PROXY is passed over", "http_proxy"));
}

TEST_P(DoctorFetching, TheHadoopClientIsFoundAndNotRun) {
  const std::string witness = own_directory("place", 0777) + "/ran";
  ASSERT_EQ(::chmod((dir_ / "place").c_str(), 0777), 0);
  dir_.write("home/bin/hadoop", cat("#!/bin/sh\ntouch ", witness, "\n"), 0755);
  EXPECT_THAT(doctor_with("")["hadoop-client"], says("ok", "none in PATH"));
  in_front_ = {"/usr/bin/env", cat("PATH=/none::/usr/bin:", dir_ / "home/bin")};
  EXPECT_THAT(doctor_with("")["hadoop-client"],
              says("ok", cat("'", dir_ / "home/bin/hadoop", "' (PATH)")));
  in_front_.clear();
  EXPECT_THAT(doctor_with(cat("hadoop_home = \"", dir_ / "home", "\""))["hadoop-client"],
              says("ok", cat("'", dir_ / "home/bin/hadoop", "' (hadoop_home)")));
  EXPECT_FALSE(exists(witness));
  ASSERT_EQ(::chmod((dir_ / "home/bin/hadoop").c_str(), 0644), 0);
  EXPECT_THAT(doctor_with(cat("hadoop_home = \"", dir_ / "home", "\""))["hadoop-client"],
              says("fail", "can execute", "hadoop_home"));
}

TEST_P(DoctorFetching, TheFetcherIsOfTheSameVersionOrFails) {
  const std::string fetcher = dir_ / "prefix/libexec/slipway/slipway-fetcher";
  const auto replace = [&](std::string_view line) {
    fs::remove(fetcher);
    dir_.write("prefix/libexec/slipway/slipway-fetcher", cat("#!/bin/sh\n", line, "\n"), 0755);
  };
  replace("echo slipway-fetcher 0.0.1");
  EXPECT_THAT(doctor_here()["slipway-fetcher"],
              says("fail", cat("is 'slipway-fetcher 0.0.1', not slipway-fetcher ", kVersion),
                   "both programs"));
  replace("exit 3");
  EXPECT_THAT(doctor_here()["slipway-fetcher"], says("fail", "does not answer", "install"));
  fs::remove(fetcher);
  EXPECT_THAT(doctor_here()["slipway-fetcher"], says("fail", "No such file", "install slipway"));
}

TEST_P(DoctorFetching, AFetcherThatATasksUserCanReadIsWarnedOfWhereRootStartsIt) {
  constexpr char kSubject[] = "slipway-fetcher-rights";
  const std::string fetcher = dir_ / "prefix/libexec/slipway/slipway-fetcher";
  EXPECT_EQ(doctor_here()[kSubject].verdict, "(none)") << "as it is built";
  for (const mode_t mode : {0715U, 0751U, 0755U}) {
    ASSERT_EQ(::chmod(fetcher.c_str(), mode), 0);
    const auto answer = doctor_here();
    if (GetParam() == As::kOrdinaryUser) {
      EXPECT_EQ(answer[kSubject].verdict, "(none)") << "what it is told is that user's anyhow";
    } else {
      EXPECT_THAT(answer[kSubject], says("warn", "can be read by others", "chmod go-r")) << mode;
    }
  }
}

TEST_P(DoctorFetching, AFetcherThatIsTheTasksUsersIsWarnedOfWhereRootStartsIt) {
  const std::string fetcher = dir_ / "prefix/libexec/slipway/slipway-fetcher";
  ASSERT_EQ(::chown(fetcher.c_str(), kNobody, 0), 0);
  const std::string verdict = doctor_here()["slipway-fetcher-rights"].verdict;
  EXPECT_EQ(verdict, GetParam() == As::kRootForUser ? "warn" : "(none)");
}

TEST_P(DoctorFetching, AFetcherThatOthersCouldExchangeIsNotExecuted) {
  const std::string witness = own_directory("place") + "/ran";
  const std::string fetcher = dir_ / "prefix/libexec/slipway/slipway-fetcher";
  fs::remove(fetcher);
  dir_.write("prefix/libexec/slipway/slipway-fetcher",
             cat("#!/bin/sh\ntouch ", witness, "; echo slipway-fetcher ", kVersion, "\n"), 0755);
  ASSERT_EQ(::chown(fetcher.c_str(), 1234, 0), 0);
  EXPECT_THAT(doctor_here()["slipway-fetcher"],
              says("warn", "belongs to uid 1234", "nobody but root"));
  EXPECT_FALSE(exists(witness));
  ASSERT_EQ(::chown(fetcher.c_str(), 0, 0), 0);
  EXPECT_EQ(doctor_here()["slipway-fetcher"].verdict, "ok");
  EXPECT_TRUE(exists(witness)) << "the witness tells something";
}

}  // namespace
}  // namespace slipway::tests
