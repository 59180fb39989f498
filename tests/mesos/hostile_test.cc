// G2 to G4: what no test of Mesos covers of names, archives and files that are there already.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/archive_builder.h"

namespace slipway::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MesosFetcherHostile : public MesosFetcher {
 protected:
  MesosFetcherHostile() { user_ = "root"; }  // whom no permission stops

  // Something outside of the sandbox that is to stay as it is.
  std::string outside() { return dir_.make_directory("outside"); }
  void expect_untouched() {
    EXPECT_TRUE(std::filesystem::is_empty(dir_ / "outside")) << "written outside of the sandbox";
  }
  // The archive is refused, and nothing of it stays.
  void expect_refused(const TarBuilder& tar) {
    EXPECT_THAT(fetch({{.value = dir_.write("from/a.tar", tar.finish())}}).failure,
                HasSubstr("exited with status 1"));
    EXPECT_THAT(fetched(), IsEmpty());
    EXPECT_THAT(read_file(in_sandbox("stderr")), HasSubstr("Failed to fetch"));
  }
};

TEST_F(MesosFetcherHostile, G2_AnOutputFileThatLeavesTheSandboxIsRefused) {
  outside();
  const std::string source = dir_.write("from/x", "data");
  for (const char* name :
       {"../escaped", "a/../../escaped", "../../../../../../../../../outside/x"}) {
    EXPECT_NE(fetch({{.value = source, .output_file = name}}).failure, "") << name;
    EXPECT_THAT(fetched(), IsEmpty());
    EXPECT_FALSE(exists(sandbox_ + "/../escaped"));
  }
  expect_untouched();
}

TEST_F(MesosFetcherHostile, G2_ALinkInTheSandboxIsNotWrittenThrough) {
  const std::string source = dir_.write("from/x", "data");
  const std::string victim = dir_.write("victim", "untouched");
  const Container to_file{"executor", user_, {{.value = source}}, ""};
  sandbox_ = agent().make_sandbox(to_file);
  ASSERT_EQ(::symlink(victim.c_str(), in_sandbox("x").c_str()), 0);
  agent().fetch(to_file, sandbox_);
  EXPECT_EQ(read_file(victim), "untouched");

  ASSERT_EQ(::symlink(outside().c_str(), in_sandbox("sub").c_str()), 0);
  const Container below{"executor", user_, {{.value = source, .output_file = "sub/x"}}, ""};
  agent().fetch(below, sandbox_);
  expect_untouched();
}

TEST_F(MesosFetcherHostile, G2_AnArchiveDoesNotWriteThroughItsOwnLink) {
  expect_refused(TarBuilder().symlink("link", outside()).file("link/file", "escaped"));
  expect_untouched();
}

TEST_F(MesosFetcherHostile, G2_AHardLinkDoesNotGoThroughALink) {
  dir_.write("secret", "of the host", 0600);
  expect_refused(TarBuilder().symlink("link", dir_.path()).hard_link("stolen", "link/secret"));
}

TEST_F(MesosFetcherHostile, G2_AMemberWithDotDotFails) {
  expect_refused(TarBuilder().file("good", "").file("../escaped", "x"));
  EXPECT_FALSE(exists(sandbox_ + "/../escaped"));
}

TEST_F(MesosFetcherHostile, G2_DevicesAndFifosFail) {
  for (const char type : {'3', '4', '6'}) expect_refused(TarBuilder().special("special", type));
}

TEST_F(MesosFetcherHostile, G2_ALinkWithAnAbsoluteTargetIsStored) {
  EXPECT_EQ(fetch({{.value = dir_.write("from/a.tar",
                                        TarBuilder().symlink("link", "/etc/ssl/certs").finish())}})
                .failure,
            "");
  EXPECT_EQ(std::filesystem::read_symlink(in_sandbox("link")), "/etc/ssl/certs");
}

TEST_F(MesosFetcherHostile, G2_SetuidBitsAndWhatOthersCouldWriteAreDropped) {
  const std::string source = dir_.write(
      "from/a.tar", TarBuilder().file("setuid", "x", 06755).file("open", "x", 0777).finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(mode_of(in_sandbox("setuid")), 0755U);
  EXPECT_EQ(mode_of(in_sandbox("open")), 0755U);
}

TEST_F(MesosFetcherHostile, G2_NamesThatAreNotAsciiAreFine) {
  const std::string source =
      dir_.write("from/a.tar", TarBuilder().file("gr\xc3\xbc\xc3\x9f", "x").finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("gr\xc3\xbc\xc3\x9f")), "x");
}

TEST_F(MesosFetcherHostile, G2_AnArchiveOfNoBytesFails) {
  for (const char* name : {"a.tar.gz", "a.zip", "a.tar", "a.gz"}) {
    EXPECT_NE(fetch({{.value = dir_.write(cat("from/", name), "")}}).failure, "") << name;
    EXPECT_THAT(fetched(), IsEmpty()) << name;
  }
}

TEST_F(MesosFetcherHostile, G2_ADamagedArchiveLeavesNothing) {
  const std::string good = compress({"gzip", "-n"}, TarBuilder().file("a", "inside").finish());
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // in the CRC
  for (const std::string& damaged : {flipped, good.substr(0, good.size() / 2)}) {
    EXPECT_NE(fetch({{.value = dir_.write("from/a.tar.gz", damaged)}}).failure, "");
    EXPECT_THAT(fetched(), IsEmpty());
  }
}

TEST_F(MesosFetcherHostile, G2_ABombIsRefused) {
  ASSERT_EQ(run_program({"/bin/sh", "-c",
                         "head -c 90000000 /dev/zero | bzip2 -1 > " + (dir_ / "bomb.tar.bz2")})
                .exit_code,
            0);
  EXPECT_NE(fetch({{.value = dir_ / "bomb.tar.bz2"}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, G3_AnUnpackedGzipReplacesWhatIsThere) {
  const std::vector<MesosUri> uris{{.value = dir_.write("from/x.gz", compress({"gzip"}, "new"))}};
  EXPECT_EQ(fetch(uris).failure, "");
  EXPECT_EQ(agent().fetch({"executor", user_, uris, ""}, sandbox_).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "new") << "not appended";
}

TEST_F(MesosFetcher, G3_AGzipOutOfTheCacheHasTheNameOfItsUri) {
  const std::string source = dir_.write("from/x.gz", compress({"gzip"}, "data"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(fetch({{.value = source, .cache = true}}).failure, "");
    EXPECT_THAT(fetched(), ElementsAre("x"));
    EXPECT_EQ(read_file(in_sandbox("x")), "data");
  }
  EXPECT_EQ(fetch({{.value = source, .cache = true, .output_file = "custom.gz"}}).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("custom"));
}

TEST_F(MesosFetcher, G3_WhatIsNoArchiveToMesosIsCopied) {
  const std::string packed = compress({"gzip"}, TarBuilder().file("a", "inside").finish());
  for (const char* name : {"a.TGZ", "a.TAR.GZ", "a.tbz", "a.tar.zst", "a.jar", "a.bz2", "a.xz"}) {
    EXPECT_EQ(fetch({{.value = dir_.write(cat("from/", name), packed)}}).failure, "") << name;
    EXPECT_THAT(fetched(), ElementsAre(name));
    EXPECT_EQ(read_file(in_sandbox(name)), packed);
  }
}

TEST_F(MesosFetcher, G4_OfTwoUrisWithOneNameTheLaterWins) {
  const std::string first = dir_.write("from/1/x", "the first, which is longer");
  const std::string second = dir_.write("from/2/x", "the second");
  EXPECT_EQ(fetch({{.value = first}, {.value = second}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "the second");
}

TEST_F(MesosFetcher, G4_AnExecutableArchiveIsNotUnpacked) {
  const std::string source = dir_.write("from/a.tar", TarBuilder().file("a", "inside").finish());
  for (const bool cache : {false, true}) {
    EXPECT_EQ(fetch({{.value = source, .executable = true, .cache = cache}}).failure, "");
    EXPECT_THAT(fetched(), ElementsAre("a.tar"));
    EXPECT_EQ(mode_of(in_sandbox("a.tar")), 0755U);
  }
}

TEST_F(MesosFetcher, G4_AMemberReplacesAFileThatIsThere) {
  const std::string source = dir_.write("from/a.tar", TarBuilder().file("x", "inside").finish());
  EXPECT_EQ(fetch({{.value = dir_.write("from/x", "outside")}}).failure, "");
  EXPECT_EQ(agent().fetch({"executor", user_, {{.value = source}}, ""}, sandbox_).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "inside");
}

TEST_F(MesosFetcher, G4_AUriNamedAsTheTasksOutputTakesItsPlaceAndIsWarnedOf) {
  EXPECT_EQ(fetch({{.value = dir_.write("from/stdout", "data")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("stdout")), "data");
  EXPECT_THAT(read_file(in_sandbox("stderr")), HasSubstr("takes the place of"));
}

TEST_F(MesosFetcher, G4_ADirectoryInTheWayIsAFailureAndStays) {
  const Container container{"executor", user_, {{.value = dir_.write("from/x", "data")}}, ""};
  sandbox_ = agent().make_sandbox(container);
  std::filesystem::create_directories(in_sandbox("x/kept"));
  EXPECT_NE(agent().fetch(container, sandbox_).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("x/", "x/kept/"));
}

TEST_F(MesosFetcher, G4_ADirectoryAsASourceIsAFailure) {
  EXPECT_NE(fetch({{.value = dir_.make_directory("from/d")}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

}  // namespace
}  // namespace slipway::tests
