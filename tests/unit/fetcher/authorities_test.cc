// Whom TLS trusts: the order of those who may say so.
#include "fetcher/transfer/authorities.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using Variables = std::map<std::string, std::string>;

Authorities choose(const std::string& ca, const Variables& environment) {
  return choose_authorities(ca, [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

TEST(Authorities, SettingsAreAboveTheEnvironment) {
  const tests::TempDir dir;
  const Variables environment{{"CURL_CA_BUNDLE", "/c"}, {"SSL_CERT_DIR", "/d"}};
  const auto file = choose(dir.write("ca.pem", ""), environment);
  EXPECT_EQ(file.file, dir / "ca.pem");
  EXPECT_EQ(file.directory, "");
  EXPECT_EQ(file.origin, "ca");
  const auto directory = choose(dir.path(), environment);
  EXPECT_EQ(directory.file, "");
  EXPECT_EQ(directory.directory, dir.path());
}

TEST(Authorities, CurlsVariableIsAboveOpenssls) {
  EXPECT_EQ(choose("", {{"CURL_CA_BUNDLE", "/c"}, {"SSL_CERT_FILE", "/f"}}).file, "/c");
  const auto both = choose("", {{"SSL_CERT_FILE", "/f"}, {"SSL_CERT_DIR", "/d"}});
  EXPECT_EQ(both.file, "/f");
  EXPECT_EQ(both.directory, "/d");
  EXPECT_EQ(both.origin, "SSL_CERT_FILE and SSL_CERT_DIR");
}

TEST(Authorities, ElseTheSystemsWhereTheyAreHashed) {
  const auto chosen = choose("", {});  // ca-certificates is there to build
  EXPECT_EQ(chosen.file, "");
  EXPECT_EQ(chosen.directory, kSystemAuthorities);
  EXPECT_EQ(chosen.origin, "");
}

TEST(Authorities, HashNamesAreThoseOfRehash) {
  EXPECT_TRUE(is_hash_name("5ad8a5d6.0"));
  for (const char* name : {"5ad8a5d6.1", "5ad8a5d.0", "5ad8a5d6.00", "5Ad8a5d6.0", "ca.pem", ""}) {
    EXPECT_FALSE(is_hash_name(name)) << name;
  }
}

}  // namespace
}  // namespace slipway::fetcher
