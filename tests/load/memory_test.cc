// How much memory it takes to fetch and unpack what is far larger than that.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sandbox/quantity.h"
#include "tests/load/load_fixture.h"
#include "tests/load/scale.h"
#include "tests/support/nginx.h"
#include "tests/support/sanitized.h"

namespace slipway::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1 << 20;
// A piece is larger than any window below, so that no compressor knows it again.
constexpr std::uint64_t kPieceBytes = 16 * kMiB;

// `pack` is a line for the shell in the directory of the file "big"; it makes the archive "made".
struct Format {
  const char* name;
  const char* suffix;
  const char* pack;
  std::uint64_t most_mib;
};

// bz2, xz and zst are put together of compressed pieces, as `cat a.xz b.xz` does: header, content,
// end. So the machine compresses one piece instead of all.
#define SLIPWAY_JOINED(program)                                                   \
  "tar -cf - big | head -c 512 | " program " > made; " program                    \
  " < piece > packed; i=0; while [ $i -lt $pieces ]; do cat packed; i=$((i+1)); " \
  "done >> made; head -c 10240 /dev/zero | " program " >> made"

constexpr Format kFormats[] = {
    {"plain", "", "ln big made", 32},
    {"tar", ".tar", "tar -cf made big", 32},
    {"tar.gz", ".tar.gz", "tar -cf - big | gzip -1 > made", 32},
    {"tar.bz2", ".tar.bz2", SLIPWAY_JOINED("bzip2 -9"), 32},
    {"zip", ".zip", "zip -q -1 made.zip big && mv made.zip made", 32},
    // The declared window comes on top: 8 MiB for both.
    {"tar.zst", ".tar.zst", SLIPWAY_JOINED("zstd -q -1 --zstd=wlog=23"), 32 + 8},
    // Several blocks are decoded at once, within the limit for windows.
    {"tar.xz", ".tar.xz", SLIPWAY_JOINED("xz -1 --lzma2=preset=1,dict=8MiB"), 32 + 256},
};

class Memory : public Load, public ::testing::WithParamInterface<Format> {
 protected:
  // Words in no order: they compress to a third or so, as programs do. Written bit by bit: what
  // this process holds when it forks counts as a launch's.
  void write_big() const {
    std::uint64_t state = 1;
    std::ofstream piece(dir_ / "piece");
    for (std::size_t left = kPieceBytes; left > 0;) {
      state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
      const std::string line = cat((state >> 33U) % 997 * 1'000'003, '\n').substr(0, left);
      piece << line;
      left -= line.size();
    }
    piece.close();
    std::ofstream big(dir_ / "big");
    for (std::uint64_t i = 0; i < pieces(); ++i) big << std::ifstream(dir_ / "piece").rdbuf();
  }
  static std::uint64_t pieces() { return std::max<std::uint64_t>(1, scale().bytes / kPieceBytes); }

  // The archive below nginx's documents.
  void make(const Format& format) {
    write_big();
    RunOptions options;
    options.cwd = dir_.path();
    options.timeout = std::chrono::minutes(10);
    const auto packed =
        run_program({"bash", "-c", cat("set -e; pieces=", pieces(), "; ", format.pack)}, options);
    ASSERT_EQ(packed.exit_code, 0) << packed.err;
    // By a link: the documents are in memory, as all of /tmp but our own directory.
    fs::create_symlink(dir_ / "made", nginx_.docroot() + "/big" + format.suffix);
  }

  Nginx nginx_{"sendfile on;"};
};

INSTANTIATE_TEST_SUITE_P(Of, Memory, ::testing::ValuesIn(kFormats), [](const auto& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

// Promise 49: without a cache, into the cache, and out of it.
TEST_P(Memory, IsTheSameHoweverLargeItIs) {
  make(GetParam());
  const std::uintmax_t size = fs::file_size(dir_ / "big");
  struct Way {
    const char* title;
    const char* rest;
  };
  std::vector<Sample> samples;
  const auto start = Clock::now();
  int number = 0;
  for (const Way& way :
       {Way{"uncached", ""}, Way{"cold", R"("cache":true)"}, Way{"warm", R"("cache":true)"}}) {
    const std::string entry = entry_file(
        "e.json", shell_entry("stat -c %s big; cmp big ../big",
                              uri(nginx_.http(cat("/big", GetParam().suffix)), way.rest)));
    const auto launched = launch(entry, As::kRootForUser, ++number, cache(As::kRootForUser));
    EXPECT_EQ(launched.exit_code, 0) << way.title << launched.err;
    EXPECT_EQ(launched.out, cat(size, '\n')) << way.title;
    if (!kIsSanitized) {
      EXPECT_LE(launched.sample.peak_bytes, GetParam().most_mib * kMiB) << way.title;
    }
    samples.push_back(launched.sample);
    discard(number);
  }
  figures().add(cat(GetParam().name, " of ", size_text(size), ", 3 ways"), samples, since(start),
                cat("at most ", GetParam().most_mib, " MiB"));
}

}  // namespace
}  // namespace slipway::tests
