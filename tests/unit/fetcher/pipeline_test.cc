// The threads of an extraction: who reads ahead, who fills files, and what arrives meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <thread>

#include "fetcher/archive/block_source.h"
#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/new_file.h"
#include "fetcher/base/automatic_size.h"
#include "tests/support/direct_blocks.h"
#include "tests/support/noise.h"
#include "tests/unit/fetcher/extraction.h"

namespace slipway::fetcher {
namespace {

// Bytes that count up, so many of them; then an error where there is one, or the end.
class Counting final : public ByteSource {
 public:
  explicit Counting(std::size_t size, std::string failure = "")
      : size_(size), failure_(std::move(failure)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (at_ == size_ && !failure_.empty()) return Error(failure_);
    const std::size_t count = std::min({into.size(), size_ - at_, std::size_t{1000}});
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<std::byte>((at_ + i) % 251);
    at_ += count;
    return count;
  }

 private:
  std::size_t size_;
  std::string failure_;
  std::size_t at_ = 0;
};

// Reads to the end, looking at each block again when the next one is there.
Result<std::size_t> drain(BlockSource& blocks) {
  std::size_t total = 0;
  std::span<const std::byte> before;
  std::size_t before_at = 0;
  for (;;) {
    const auto block = TRY(blocks.next());
    for (const auto& [bytes, at] : {std::pair(before, before_at), std::pair(block, total)}) {
      for (std::size_t i = 0; i < bytes.size(); i += 97) {
        if (bytes[i] != static_cast<std::byte>((at + i) % 251)) return Error("other bytes");
      }
    }
    if (block.empty()) return total;
    before = block;
    before_at = total;
    total += block.size();
  }
}

TEST(Blocks, AreTheBytesOfTheSourceInOrderAndStayForOneMoreCall) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kBlockBytes, 3 * kBlockBytes, 40 * kBlockBytes + 17}) {
    Counting direct(size);
    tests::DirectBlocks blocks(direct);
    const auto read = drain(blocks);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, size);
    Counting threaded(size);
    ReadAhead ahead(threaded, [] {});
    const auto read_ahead = drain(ahead);
    ASSERT_THAT(read_ahead, IsOk());
    EXPECT_EQ(*read_ahead, size);
    EXPECT_THAT(ahead.next(), IsOk());  // the end again
  }
}

TEST(Blocks, AnErrorOfTheSourceComesAfterWhatWasRead) {
  Counting source(5 * kBlockBytes, "the disk is gone");
  ReadAhead ahead(source, [] {});
  for (int i = 0; i < 5; ++i) EXPECT_THAT(ahead.next(), IsOk());
  EXPECT_THAT(ahead.next(), FailsWith(HasSubstr("the disk is gone")));
  EXPECT_THAT(ahead.next(), FailsWith(HasSubstr("the disk is gone")));
}

TEST(Blocks, AReaderThatStopsEarlyLeavesNoThreadBehind) {
  for (int i = 0; i < 200; ++i) {
    Counting source(100 * kBlockBytes);
    ReadAhead ahead(source, [] {});
    if (i % 2 == 0) {
      EXPECT_THAT(ahead.next(), IsOk());
    }
  }
}

class Call final : public Fill {
 public:
  explicit Call(std::function<Result<void>()> call) : call_(std::move(call)) {}
  Result<void> run() override { return call_(); }

 private:
  std::function<Result<void>()> call_;
};

class FillPools : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FillPools, DoEverythingOnce) {
  std::atomic<int> done = 0;
  FillPool pool(GetParam());
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(pool.add(std::make_unique<Call>([&]() -> Result<void> {
      ++done;
      return {};
    })),
                IsOk());
  }
  EXPECT_THAT(pool.finish(), IsOk());
  EXPECT_EQ(done, 500);
}

TEST_P(FillPools, StopAtTheFirstErrorAndTellIt) {
  std::atomic<int> done = 0;
  FillPool pool(GetParam());
  bool refused = false;
  for (int i = 0; i < 500 && !refused; ++i) {
    refused = !pool.add(std::make_unique<Call>([&done, i]() -> Result<void> {
      ++done;
      if (i == 20) return Error("number 20");
      return {};
    }));
  }
  EXPECT_THAT(pool.finish(), FailsWith(HasSubstr("number 20")));
  EXPECT_LT(done, 500);
}

TEST_P(FillPools, EndWithoutDoingWhatWaits) {
  const std::size_t threads = GetParam();
  std::atomic<bool> open = threads == 0;  // the caller's own thread does what no other will
  std::atomic<std::size_t> done = 0;
  std::thread opener;
  {
    FillPool pool(threads);
    for (std::size_t i = 0; i <= threads; ++i) {
      EXPECT_THAT(pool.add(std::make_unique<Call>([&]() -> Result<void> {
        while (!open) ::usleep(1000);
        ++done;
        return {};
      })),
                  IsOk());
    }
    opener = std::thread([&open] {
      ::usleep(200'000);
      open = true;
    });
  }
  opener.join();
  EXPECT_LE(done, std::max<std::size_t>(threads, 1)) << "one has waited";
}

INSTANTIATE_TEST_SUITE_P(Threads, FillPools, ::testing::Values(0, 1, 3),
                         [](const auto& row) { return std::to_string(row.param); });

// --- archives that arrive --------------------------------------------------------------------

class Arriving : public Extraction {
 protected:
  // Writes `content` bit by bit while it is extracted; `until`: it is cut there.
  Result<Extracted> extract_arriving(const std::string& name, const std::string& content,
                                     std::size_t piece, std::size_t until = SIZE_MAX) {
    std::filesystem::remove_all(dir_ / "into");
    dir_.make_directory("into", 0750);
    const Fd archive = TRY(sys::open_at(AT_FDCWD, dir_.write("archives/" + name, ""), O_RDWR));
    const Fd into = TRY(sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY));
    Arrival arrival;
    std::thread writer([&] {
      for (std::size_t at = 0; at < content.size() && at < until; at += piece) {
        const auto bytes = std::string_view(content).substr(at, piece);
        EXPECT_THAT(sys::write_all(archive.get(), bytes), IsOk());
        arrival.written(at + bytes.size());
      }
      until < content.size() ? arrival.fail() : arrival.complete();
    });
    auto extracted =
        extract(archive.get(), arrival, *archive_format_of(name), name, into.get(), {});
    writer.join();
    return extracted;
  }
};

TEST_F(Arriving, EveryFormatIsExtractedWhileItComes) {
  const std::string large = tests::noise(900'000);
  const std::string tar = TarBuilder().file("small", "x").file("large", large).finish();
  for (const auto& [name, bytes] :
       {std::pair<std::string, std::string>("a.tar", tar),
        {"a.tar.gz", tests::compress({"gzip"}, tar)},
        {"a.tar.xz", tests::compress({"xz"}, tar)},
        {"a.zip", ZipBuilder().file("small", "x").file("large", large).finish()}}) {
    for (const std::size_t piece : {1000U, 300'000U, 10'000'000U}) {
      ASSERT_THAT(extract_arriving(name, bytes, piece), IsOk()) << name << piece;
      EXPECT_EQ(read("small"), "x");
      EXPECT_EQ(read("large"), large);
    }
  }
  ASSERT_THAT(extract_arriving("x.gz", tests::compress({"gzip"}, large), 1000), IsOk());
  EXPECT_EQ(read("x"), large);
}

// What is in the tree before the archive is complete shows that nothing waited for its end.
TEST_F(Arriving, FilesAreThereBeforeTheArchiveIs) {
  const std::string tar = TarBuilder().file("first", tests::noise(400'000)).finish() + "";
  dir_.make_directory("into", 0750);
  const std::string path = dir_.write("archives/a.tar", tar);
  const auto archive = sys::open_at(AT_FDCWD, path, O_RDONLY);
  const auto into = sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY);
  Arrival arrival;
  std::thread extraction([&] {
    EXPECT_THAT(extract(archive->get(), arrival, ArchiveFormat::kTar, "a.tar", into->get(), {}),
                FailsWith(HasSubstr("arrive")));
  });
  arrival.written(tar.size() - 1024);
  while (extracted().empty()) std::this_thread::yield();
  arrival.fail();
  extraction.join();
}

TEST_F(Arriving, WhatDoesNotArriveWholeIsAnError) {
  const std::string tar = TarBuilder().file("f", tests::noise(900'000)).finish();
  for (const char* name : {"a.tar", "a.zip", "a.gz"}) {
    EXPECT_THAT(extract_arriving(name, tar, 1000, 400'000), ::testing::Not(IsOk())) << name;
  }
  EXPECT_THAT(extract_arriving("a.tar", "", 1000), FailsWith(HasSubstr("empty")));
}

// A hostile member near the start ends the extraction although the rest never comes.
TEST_F(Arriving, AnErrorDoesNotWaitForTheRest) {
  dir_.make_directory("into", 0750);
  const std::string tar = TarBuilder().file("../x", "x").file("f", tests::noise(900'000)).finish();
  const auto archive =
      sys::open_at(AT_FDCWD, dir_.write("archives/a.tar", tar.substr(0, 300'000)), O_RDONLY);
  const auto into = sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY);
  Arrival arrival;
  arrival.written(300'000);
  EXPECT_THAT(extract(archive->get(), arrival, ArchiveFormat::kTar, "a.tar", into->get(), {}),
              FailsWith(HasSubstr("..")));
}

// A slow server is no reason to give up: only the work counts.
TEST_F(Arriving, WaitingForTheArchiveIsNoTimeOfTheExtraction) {
  dir_.make_directory("into", 0750);
  const std::string tar = TarBuilder().file("f", tests::noise(600'000)).finish();
  const auto archive = sys::open_at(AT_FDCWD, dir_.write("archives/a.tar", tar), O_RDONLY);
  const auto into = sys::open_at(AT_FDCWD, dir_ / "into", O_RDONLY | O_DIRECTORY);
  Arrival arrival;
  ExtractLimits limits;
  limits.seconds = 1;
  std::thread writer([&] {
    for (const std::size_t size : {std::size_t{2000}, std::size_t{300'000}, tar.size()}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      arrival.written(size);
    }
    arrival.complete();
  });
  EXPECT_THAT(extract(archive->get(), arrival, ArchiveFormat::kTar, "a.tar", into->get(), limits),
              IsOk());
  writer.join();
}

// Streams that hold nothing, one after the other: all of them are read before there is a byte.
TEST_F(Arriving, ADecoderThatGivesNothingIsTimedAndShowsLife) {
  const std::string empty = tests::compress({"gzip", "-n"}, "");
  std::string many;
  while (many.size() < (std::size_t{2} << 20)) many += empty;
  const auto archive = sys::open_at(AT_FDCWD, dir_.write("archives/e.gz", many), O_RDONLY);
  const auto into =
      sys::open_at(AT_FDCWD, dir_.make_directory("into", 0750), O_RDONLY | O_DIRECTORY);
  Arrival arrival;
  arrival.written(many.size());
  arrival.complete();
  std::atomic<int> beats = 0;
  ASSERT_THAT(extract(archive->get(), arrival, ArchiveFormat::kGzip, "e.gz", into->get(), {},
                      nullptr, [&] { ++beats; }),
              IsOk());
  EXPECT_GT(beats, 8);
}

// --- the reserve -----------------------------------------------------------------------------

TEST_F(Arriving, FreeSpaceIsLeftOnTheFileSystem) {
  const std::string tar = TarBuilder().file("f", "x").finish();
  ExtractLimits limits;
  limits.free_space_reserve = kAutomaticSize - 1;
  const auto done = extract_as("a.tar", tar, limits);
  ASSERT_THAT(done, FailsWith(HasSubstr("'free_space_reserve'")));
  EXPECT_TRUE(done.error().is(std::errc::no_space_on_device));
  EXPECT_THAT(done.error().remedy(), HasSubstr("[extract]"));
  EXPECT_THAT(extracted(), IsEmpty());
  limits.free_space_reserve = 0;
  EXPECT_THAT(extract_as("a.tar", tar, limits), IsOk());
}

// On a file system of its own, where nobody else takes room or gives it back.
TEST_F(Arriving, FreeSpaceIsLeftAlsoByWhatTakesItWhileItIsWritten) {
  constexpr std::uint64_t kMiB = 1 << 20;
  const std::string tar = TarBuilder().file("f", std::string(64 * kMiB, 'x')).finish();
  const std::string packed = dir_.write("archives/a.tar.gz", tests::compress({"gzip"}, tar));
  const std::string small = dir_.make_directory("archives/small");
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=128m"), 0);
  {
    const auto archive = sys::open_at(AT_FDCWD, packed, O_RDONLY);
    const auto into = sys::open_at(AT_FDCWD, small, O_RDONLY | O_DIRECTORY);
    const auto space = sys::space_of(into->get());
    ASSERT_THAT(space, IsOk());
    ExtractLimits limits;
    limits.free_space_reserve = space->available - 8 * kMiB;
    const auto done = extract(archive->get(), ArchiveFormat::kTar, "a.tar.gz", into->get(), limits);
    EXPECT_THAT(done, FailsWith(HasSubstr("'free_space_reserve'")));
    EXPECT_GT(tests::read_file(small + "/f").size(), 8 * kMiB) << "it had begun";
  }
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
}

// --- few files, few threads ------------------------------------------------------------------

// In a child process, whose limits are its own.
int with_limit(__rlimit_resource which, rlim_t value, const std::function<bool()>& run) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{value, value};
    ::_exit(::setrlimit(which, &limit) == 0 && run() ? 0 : 1);
  }
  const auto status = sys::wait_for(child);
  return status ? *status : -1;
}

TEST_F(Arriving, FewDescriptorsAreEnough) {
  TarBuilder tar;
  for (int i = 0; i < 300; ++i) tar.file(cat("d", i % 60, "/f", i), "x");
  const std::string bytes = tests::compress({"gzip"}, tar.finish());
  for (const rlim_t files : {rlim_t{80}, rlim_t{200}, rlim_t{300}, rlim_t{600}}) {
    EXPECT_EQ(
        with_limit(RLIMIT_NOFILE, files, [&] { return extract_as("a.tar.gz", bytes).has_value(); }),
        0)
        << files;
  }
  EXPECT_GT(extracted().size(), 59U);
}

TEST(FillPool, HasNoMoreThreadsThanTheOthersLeaveDescriptorsFor) {
  EXPECT_EQ(with_limit(RLIMIT_NOFILE, 700,
                       [] {
                         const FillPool first(FillPool::suitable_threads());
                         const FillPool second(FillPool::suitable_threads());
                         const FillPool third(FillPool::suitable_threads());
                         return FillPool::suitable_threads() == 0;
                       }),
            0);
  EXPECT_EQ(with_limit(RLIMIT_NOFILE, 700,
                       [] {
                         const std::size_t all = FillPool::suitable_threads();
                         { const FillPool first(all); }
                         return FillPool::suitable_threads() == all;
                       }),
            0);
}

TEST(NewFileOfHoles, HeedsTheClockAndShowsASignOfLifeWhileTheyAreHashed) {
  const tests::TempDir dir;
  const Fd root = *sys::open_at(AT_FDCWD, dir / "", O_RDONLY | O_DIRECTORY);
  const auto finish = [&](const char* name, Budget& budget) {
    FileHashes hashes;
    auto fd = sys::open_at(root.get(), name, O_WRONLY | O_CREAT, 0600);
    EXPECT_THAT(fd, tests::IsOk());
    NewFile file(*std::move(fd), {}, FileMode::kSet, budget, &hashes);
    return file.finish(std::uint64_t{64} << 20);
  };
  int signs = 0;
  Budget patient(ExtractLimits{}, root.get(), nullptr, [&] { ++signs; });
  EXPECT_THAT(finish("patient", patient), tests::IsOk());
  EXPECT_GE(signs, 8);
  ExtractLimits limits;
  limits.seconds = 0;
  Budget hasty(limits, root.get());
  EXPECT_THAT(finish("hasty", hasty), tests::FailsWith(HasSubstr("'max_time'")));
}

}  // namespace
}  // namespace slipway::fetcher
