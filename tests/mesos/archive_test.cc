// A: the archives, names and JSON of stout's tests, through mesos-fetcher and slipway.
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

constexpr char kHello[] = "hello world\n";

class MesosFetcherArchive : public MesosTest {
 protected:
  std::string put(std::string_view name, std::string_view content) {
    return dir_.write(cat("from/", name), content);
  }
  // An archive of that name with `hello`, made by the real programs.
  std::string pack(std::string_view name) {
    dir_.write("tree/hello", kHello);
    std::string path = dir_ / name;
    RunOptions there;
    there.cwd = dir_ / "tree";
    const auto made = name.ends_with(".zip") ? run_program({"zip", "-q", path, "hello"}, there)
                                             : run_program({"tar", "-caf", path, "hello"}, there);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return path;
  }
  // The archive is unpacked, beside itself.
  void expect_hello(const std::string& path) {
    EXPECT_EQ(fetch({{.value = path}}).failure, "") << read_file(in_sandbox("stderr"));
    EXPECT_EQ(read_file(in_sandbox("hello")), kHello);
    EXPECT_THAT(fetched(), ElementsAre(path.substr(path.rfind('/') + 1), "hello"));
  }
  void expect_failure(const std::string& path) {
    EXPECT_THAT(fetch({{.value = path}}).failure, HasSubstr("exited with status 1"));
    EXPECT_THAT(fetched(), IsEmpty());
  }
};

TEST_F(MesosFetcherArchive, A01_ExtractEmptyInputFile) {
  expect_failure(put("a.tar", ""));
  expect_failure(put("a.zip", ""));
}

TEST_F(MesosFetcherArchive, A02_ExtractInputFileNotFound) {
  expect_failure(dir_ / "none.tar.gz");
}

// The suffix says whether, the content says what: a tar.gz that is named .tar, and the reverse.
TEST_F(MesosFetcherArchive, A03_ExtractTarGzFile) {
  const std::string packed = read_file(pack("a.tar.gz"));
  for (const char* name : {"a.tar.gz", "a.tgz", "a.tar", "a.tar.xz"}) {
    expect_hello(put(name, packed));
  }
}

TEST_F(MesosFetcherArchive, A04_ExtractTarFile) {
  const std::string packed = read_file(pack("a.tar"));
  for (const char* name : {"a.tar", "a.tar.gz", "a.tbz2"}) expect_hello(put(name, packed));
}

TEST_F(MesosFetcherArchive, A05_ExtractZipFile) {
  expect_hello(pack("a.zip"));
}

TEST_F(MesosFetcherArchive, A06_ExtractInvalidZipFile) {
  std::string packed = read_file(pack("a.zip"));
  packed[packed.find(kHello)] ^= 1;
  expect_failure(put("a.zip", packed));
  expect_failure(put("a.zip", "no zip at all"));
}

TEST_F(MesosFetcherArchive, A07_ExtractZipFileWithDuplicatedEntries) {
  EXPECT_EQ(
      fetch({{.value = put("a.zip", ZipBuilder().file("A", "1").file("A", "2").finish())}}).failure,
      "");
  EXPECT_EQ(read_file(in_sandbox("A")), "2");
}

TEST_F(MesosFetcherArchive, A08_ExtractTarXzFile) {
  const std::string packed = read_file(pack("a.tar.xz"));
  for (const char* name : {"a.tar.xz", "a.txz"}) expect_hello(put(name, packed));
}

TEST_F(MesosFetcherArchive, A09_ExtractTarBz2File) {
  const std::string packed = read_file(pack("a.tar.bz2"));
  for (const char* name : {"a.tar.bz2", "a.tbz2"}) expect_hello(put(name, packed));
}

TEST_F(MesosFetcherArchive, A10_ExtractTarBz2GzFile) {
  expect_hello(put("a.tar.gz", compress({"gzip"}, read_file(pack("a.tar.bz2")))));
}

// Compressed, and no archive inside.
TEST_F(MesosFetcherArchive, A11_A12_CompressedFilesThatAreNoArchivesFail) {
  expect_failure(put("a.tar.bz2", compress({"bzip2"}, kHello)));
  expect_failure(put("a.tar.gz", compress({"gzip"}, kHello)));
  expect_failure(put("a.zip", compress({"gzip"}, kHello)));
}

TEST_F(MesosFetcherArchive, A13_ExtractTarGzFileWithLinks) {
  dir_.write("tree/file", kHello);
  ASSERT_EQ(::link((dir_ / "tree/file").c_str(), (dir_ / "tree/hard").c_str()), 0);
  dir_.make_directory("tree/sub");
  ASSERT_EQ(::symlink("../file", (dir_ / "tree/sub/soft").c_str()), 0);
  const std::string packed = dir_ / "a.tar.gz";
  ASSERT_EQ(
      run_program({"tar", "-czf", packed, "-C", dir_ / "tree", "file", "hard", "sub"}).exit_code,
      0);
  EXPECT_EQ(fetch({{.value = packed}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("hard")), kHello);
  EXPECT_EQ(read_file(in_sandbox("sub/soft")), kHello);
  EXPECT_EQ(std::filesystem::hard_link_count(in_sandbox("file")), 2U);
  EXPECT_EQ(std::filesystem::read_symlink(in_sandbox("sub/soft")), "../file");
}

// The destination is the sandbox, whatever the name of the file; A15 the same of zip.
TEST_F(MesosFetcherArchive, A14_A15_TheDestinationIsTheSandboxNotTheOutputFilesDirectory) {
  for (const char* name : {"a.tar.gz", "a.zip"}) {
    const std::string output = cat("sub/", name);
    EXPECT_EQ(fetch({{.value = pack(name), .output_file = output}}).failure, "");
    EXPECT_THAT(fetched(), ElementsAre("hello", "sub/", output));
  }
}

TEST_F(MesosFetcherArchive, A16_ExtractZipFileWithLongDestination) {
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::string(90, static_cast<char>('a' + i)) + "/";
  EXPECT_EQ(
      fetch({{.value = put("a.zip", ZipBuilder().file(name + "hello", kHello).finish())}}).failure,
      "");
  EXPECT_EQ(read_file(in_sandbox(name + "hello")), kHello);
}

TEST_F(MesosFetcherArchive, A17_ExtractZipWithDotDot) {
  expect_failure(put("a.zip", ZipBuilder().file("../hello", kHello).finish()));
  EXPECT_FALSE(exists(sandbox_ + "/../hello"));
}

TEST_F(MesosFetcherArchive, A18_CopyWithAbsolutePath) {
  EXPECT_EQ(fetch({{.value = put("file", kHello)}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("file")), kHello);
}

TEST_F(MesosFetcherArchive, A19_CopyToADirectoryFails) {
  const std::string source = put("file", kHello);
  const Container container{"executor", user_, {{.value = source}}, ""};
  sandbox_ = agent().make_sandbox(container);
  std::filesystem::create_directory(in_sandbox("file"));
  EXPECT_NE(agent().fetch(container, sandbox_).failure, "");
  EXPECT_THAT(fetched(), ElementsAre("file/"));
}

TEST_F(MesosFetcherArchive, A20_ADestinationThatEndsInASlashFails) {
  EXPECT_NE(fetch({{.value = put("file", kHello), .output_file = "sub/"}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherArchive, A21_ARelativeSourceFails) {
  EXPECT_NE(fetch({{.value = "file"}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

// The name of what is fetched, of the table of path_tests.cpp what can be in a URI.
TEST_F(MesosFetcherArchive, A22_BasenamesOfPathsAndUris) {
  dir_.write("from/a/b.txt", kHello);
  const std::string root = dir_ / "from";
  for (const auto& path :
       {root + "/a/b.txt", root + "/a//b.txt", root + "/./a/b.txt", root + "/a/../a/b.txt",
        "file://" + root + "/a/b.txt", "//" + root + "/a/b.txt"}) {
    EXPECT_EQ(fetch({{.value = path}}).failure, "") << path;
    EXPECT_THAT(fetched(), ElementsAre("b.txt")) << path;
  }
  EXPECT_NE(fetch({{.value = "file://" + root + "/a%2fb.txt"}}).failure, "") << "taken literally";
}

TEST_F(MesosFetcherArchive, A24_JsonAsStoutReadsIt) {
  const std::string source = put("file", kHello);
  const auto start = [&](std::string_view members, std::string_view rest = "") {
    RunOptions options;
    sandbox_ = agent().make_sandbox({"executor", "root", {}, ""});
    options.env = std::vector<std::string>{
        "PATH=/usr/bin:/bin", cat(R"(MESOS_FETCHER_INFO={"sandbox_directory":")", sandbox_,
                                  R"(","items":[{"uri":{"value":")", source,
                                  R"("},"action":"BYPASS_CACHE")", members, "}]", rest, "}")};
    return run_program({launcher_dir() + "/mesos-fetcher"}, options);
  };
  EXPECT_EQ(start("").exit_code, 0);
  EXPECT_EQ(start(R"(,"cache_filename":null)", R"(,"user":null)").exit_code, 0);
  EXPECT_EQ(start("", R"(,"stall_timeout":{"nanoseconds":9223372036854775807})").exit_code, 0);
  EXPECT_EQ(start("", R"(,"stall_timeout":{"nanoseconds":"60000000000"})").exit_code, 0);
  EXPECT_EQ(start("", R"(,"user":["root"])").exit_code, 1) << "an array for a single field";
  const auto nested = start(R"(,"cache_filename":7)");
  EXPECT_EQ(nested.exit_code, 1);
  EXPECT_THAT(nested.err, HasSubstr("cache_filename"));
}

TEST_F(MesosRun, A23_AProgramIsFoundInPathAndNonsenseIsNot) {
  EXPECT_EQ(run(program_entry("true", "")).exit_code, 0);
  EXPECT_EQ(run(program_entry("no-such-program-at-all", "")).exit_code, 127);
}

TEST_F(MesosRun, A23_NoDescriptorOfTheCallersIsLeftOpen) {
  make_sandbox(As::kRoot);
  const std::string file = dir_.write("e.json", program_entry(probe_, R"("probe","fds")"));
  const auto result = run_program({"/bin/bash", "-c",
                                   cat("exec 9</dev/null 50>&1; exec ", program_, " run ", file,
                                       " -q --no-cache --sandbox ", sandbox())});
  EXPECT_EQ(result.out, "fds: 0 1 2\n") << result.err;
}

TEST_F(MesosRun, A25_TheEnvironmentIsTheEntrysByteForByte) {
  make_sandbox(As::kRoot);
  const auto result =
      slipway({"run", "-", "-q", "--no-cache", "--sandbox", sandbox()}, As::kRoot, {"OTHER=leaked"},
              entry(cat(R"({"value":"printf '%s|%s|%s' \"$A\" \"$B\" \"${OTHER-unset}\"",)",
                        R"("environment":{"variables":[{"name":"A","value":"my words"},)",
                        R"({"name":"B","value":"\"quoted\" 'and' $not"}]}})")));
  EXPECT_EQ(result.out, "my words|\"quoted\" 'and' $not|unset") << result.err;
}

}  // namespace
}  // namespace slipway::tests
