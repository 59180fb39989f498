// F01 to F27: src/tests/fetcher_tests.cpp of Mesos.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/archive_builder.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Counters = std::pair<int, int>;

TEST_F(MesosFetcher, F01_FileUri) {
  const std::string source = dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = "file://" + source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F02_DuplicateFileUri) {
  const std::string source = "file://" + dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = source, .cache = true, .output_file = "one"},
                   {.value = source, .cache = true, .output_file = "two"},
                   {.value = source, .cache = true, .output_file = "three"}})
                .failure,
            "");
  for (const char* name : {"one", "two", "three"}) EXPECT_EQ(read_file(in_sandbox(name)), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
  EXPECT_EQ(agent().cache_used(), 4U);
  EXPECT_THAT(cache_files(), ElementsAre("nobody/c1-test"));
}

TEST_F(MesosFetcher, F03_SuccessIsLoggedToStderr) {
  EXPECT_EQ(fetch({{.value = dir_.write("from/test", "data")}}).failure, "");
  EXPECT_THAT(read_file(in_sandbox("stderr")),
              AllOf(HasSubstr("directly into the sandbox directory"),
                    HasSubstr(cat("Successfully fetched all URIs into '", sandbox_, "'"))));
}

TEST_F(MesosFetcher, F04_FailureIsLoggedToStderr) {
  EXPECT_NE(fetch({{.value = dir_ / "from/test"}}).failure, "");
  EXPECT_THAT(read_file(in_sandbox("stderr")),
              HasSubstr(cat("Failed to fetch '", dir_ / "from/test", "'")));
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcher, F05_AFileThatOnlyRootMayReadIsNotFetchedForAnother) {
  const std::string source = dir_.write("from/test", "data", 0600);
  EXPECT_NE(fetch({{.value = "file://" + source}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  user_ = "root";
  EXPECT_EQ(fetch({{.value = "file://" + source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosFetcher, F06_CustomOutputFileSubdirectory) {
  const std::string source = dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = source, .output_file = "subdir/custom.txt"}}).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("subdir/", "subdir/custom.txt"));
  EXPECT_EQ(read_file(in_sandbox("subdir/custom.txt")), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F07_AbsoluteCustomSubdirectoryFails) {
  const std::string source = dir_.write("from/test", "data");
  EXPECT_THAT(fetch({{.value = source, .output_file = "/subdir/custom.txt"}}).failure,
              HasSubstr("must be within the sandbox directory"));
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_EQ(agent().counters(), Counters(0, 1));
}

TEST_F(MesosFetcher, F08_InvalidUser) {
  user_ = "b5f9b3d2-no-such-user";
  EXPECT_THAT(fetch({{.value = dir_.write("from/test", "data")}}).failure, HasSubstr("chown"));
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_EQ(agent().counters(), Counters(0, 1));
}

TEST_F(MesosFetcher, F09_NonExistingFile) {
  EXPECT_THAT(fetch({{.value = "file://" + (dir_ / "from/none")}}).failure,
              AllOf(HasSubstr("Failed to fetch"), HasSubstr("exited with status 1")));
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_EQ(agent().counters(), Counters(0, 1));
}

TEST_F(MesosFetcher, F10_MalformedUri) {
  EXPECT_THAT(fetch({{.value = "lala://nopath"}}).failure, HasSubstr("Malformed"));
  EXPECT_EQ(agent().counters(), Counters(0, 1));
}

TEST_F(MesosFetcher, F11_AbsoluteFilePath) {
  EXPECT_EQ(fetch({{.value = dir_.write("from/test", "data")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F12_RelativeFilePath) {
  dir_.write("from/test", "data");
  EXPECT_NE(fetch({{.value = "test"}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_EQ(agent().counters(), Counters(0, 1));
  flags_.frameworks_home = dir_ / "from";
  restart_agent();
  EXPECT_EQ(fetch({{.value = "test"}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F13_NetUri) {
  const Nginx nginx;
  nginx.write("test", "");
  EXPECT_EQ(fetch({{.value = nginx.http("/test")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "");
  EXPECT_THAT(nginx.requests(), ElementsAre("GET /test 200 0"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F14_NetUriWithSpaceInFront) {
  const Nginx nginx;
  nginx.write("test", "data");
  EXPECT_EQ(fetch({{.value = "\r\n\t " + nginx.http("/test")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_THAT(nginx.requests(), ElementsAre("GET /test 200 4"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F15_FileLocalhostUri) {
  EXPECT_EQ(fetch({{.value = "file://localhost" + dir_.write("from/test", "data")}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F16_NoExtractNotExecutable) {
  const std::string source = dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = source, .extract = false}}).failure, "");
  EXPECT_EQ(mode_of(in_sandbox("test")), 0644U);
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F17_NoExtractExecutable) {
  const std::string source = dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = source, .executable = true, .extract = false}}).failure, "");
  EXPECT_EQ(mode_of(in_sandbox("test")), 0755U);
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F18_ExtractNotExecutable) {
  const std::string member = "/tmp/F18/member";
  const std::string source =
      dir_.write("from/test.tar.gz", TarBuilder().file(member, "inside").finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("tmp/F18/member")), "inside");
  EXPECT_EQ(mode_of(in_sandbox("tmp/F18/member")), 0644U);
  EXPECT_TRUE(exists(in_sandbox("test.tar.gz")));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F19_ExtractTar) {
  const std::string source = dir_.write("from/test.tar", TarBuilder().file("a", "inside").finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("a")), "inside");
  EXPECT_THAT(fetched(), ElementsAre("a", "test.tar"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F20_ExtractGzipFile) {
  const std::string source = dir_.write("from/x.gz", compress({"gzip"}, "hello world"));
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "hello world");
  EXPECT_THAT(fetched(), ElementsAre("x", "x.gz"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F21_UnzipFile) {
  const std::string source =
      dir_.write("from/test.zip", ZipBuilder().file("hello", "hello world\n").finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("hello")), "hello world\n");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F22_UnzipInvalidFile) {
  ZipEntry wrong;
  wrong.name = "hello";
  wrong.data = "hello hello\n";
  wrong.crc = 0x1234;
  const std::string source = dir_.write("from/test.zip", ZipBuilder().add(wrong).finish());
  EXPECT_NE(fetch({{.value = source}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_EQ(agent().counters(), Counters(0, 1));
}

TEST_F(MesosFetcher, F23_UnzipFileWithDuplicatedEntries) {
  const std::string source =
      dir_.write("from/test.zip", ZipBuilder().file("A", "1").file("A", "2").finish());
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("A")), "2");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F24_UseCustomOutputFile) {
  const std::string source = dir_.write("from/test", "hello renamed file");
  EXPECT_EQ(fetch({{.value = source, .output_file = "custom.txt"}}).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("custom.txt"));
  EXPECT_EQ(read_file(in_sandbox("custom.txt")), "hello renamed file");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F25_CustomGzipOutputFile) {
  const std::string source = dir_.write("from/x.gz", compress({"gzip"}, "hello world"));
  EXPECT_EQ(fetch({{.value = source, .output_file = "custom.gz"}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("custom")), "hello world");
  EXPECT_THAT(fetched(), ElementsAre("custom", "custom.gz"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

// The client brings, with the file, how it was called.
TEST_F(MesosFetcher, F26_HdfsUri) {
  dir_.write("hadoop/bin/hadoop",
             "#!/bin/sh\n[ \"$1\" = version ] && exit 0\necho 'WARN noise' >&2\n"
             "{ cat \"/${3#*://*/}\"; echo \", $0 $1 $2 $3\"; } > \"$4\"\n",
             0755);
  flags_.hadoop_home = dir_ / "hadoop";
  const std::string uri = "hdfs://localhost" + dir_.write("from/test", "data");
  EXPECT_EQ(fetch({{.value = uri}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")),
            cat("data, ", dir_ / "hadoop/bin/hadoop", " fs -copyToLocal ", uri, "\n"));
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

TEST_F(MesosFetcher, F27_SslEnvironmentDoesNotSpillOver) {
  flags_.environment.emplace_back("LIBPROCESS_SSL_ENABLED=true");
  const std::string source = dir_.write("from/x.gz", compress({"gzip"}, "hello world"));
  EXPECT_EQ(fetch({{.value = source}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("x")), "hello world");
  EXPECT_EQ(agent().counters(), Counters(1, 0));
}

}  // namespace
}  // namespace slipway::tests
