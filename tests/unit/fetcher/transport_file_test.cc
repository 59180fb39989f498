#include "fetcher/transfer/transport_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "fetcher/base/digest.h"
#include "sandbox/base/sys.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;
using tests::TempDir;

class TransportFileTest : public ::testing::Test {
 protected:
  Result<Received, TransferFailure> fetch(const std::string& path,
                                          const TransferLimits& limits = {}) {
    auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_THAT(into, IsOk());
    BodySink sink(into->get(), limits.max_bytes);
    return fetch_file(path, sink,
                      limits.total.count() > 0
                          ? Deadline(std::chrono::steady_clock::now() + limits.total)
                          : std::nullopt);
  }
  [[nodiscard]] std::string destination() const { return dir_ / "destination"; }
  [[nodiscard]] std::string content() const { return tests::read_file(destination()); }

  FailureClass class_of(const std::string& path) {
    auto result = fetch(path);
    if (result) ADD_FAILURE() << path << " was fetched";
    return result ? FailureClass::kLocal : result.error().kind;
  }

  TempDir dir_;
};

// F11 AbsoluteFilePath.
TEST_F(TransportFileTest, CopiesTheBytesAndHashesThem) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += static_cast<char>(i * 31 + i / 256);
  auto received = fetch(dir_.write("source", text, 0640));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(content(), text);
  EXPECT_EQ(received->bytes, text.size());
  EXPECT_EQ(received->sha256, sha256_hex(text));
  EXPECT_EQ(received->mode, mode_t{0640});
}

TEST_F(TransportFileTest, AnEmptyFileIsAnEmptyFile) {
  auto received = fetch(dir_.write("source", ""));
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->bytes, 0U);
  EXPECT_EQ(received->sha256, sha256_hex(""));
  EXPECT_EQ(content(), "");
}

TEST_F(TransportFileTest, FollowsSymbolicLinksOfTheSource) {
  dir_.write("version-2/source", "two");
  ASSERT_EQ(::symlink("version-2", (dir_ / "current").c_str()), 0);
  ASSERT_EQ(::symlink("current/source", (dir_ / "link").c_str()), 0);
  ASSERT_THAT(fetch(dir_ / "link"), IsOk());
  EXPECT_EQ(content(), "two");
}

TEST_F(TransportFileTest, AFileOfTheProcFileSystemHasBytesThoughItsSizeIsZero) {
  ASSERT_THAT(fetch("/proc/version"), IsOk());
  EXPECT_THAT(content(), HasSubstr("Linux version"));
}

// F09 NonExistingFile.
TEST_F(TransportFileTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(class_of(dir_ / "missing"), FailureClass::kNotFound);
  EXPECT_EQ(class_of(dir_.write("file", "") + "/below"), FailureClass::kNotFound);
  ASSERT_EQ(::symlink("nowhere", (dir_ / "dangling").c_str()), 0);
  EXPECT_EQ(class_of(dir_ / "dangling"), FailureClass::kNotFound);
  EXPECT_THAT(fetch(dir_ / "missing"), FailsWith(HasSubstr("No such file or directory")));
}

TEST_F(TransportFileTest, BadPathsAreTheUsersFault) {
  ASSERT_EQ(::symlink("loop", (dir_ / "loop").c_str()), 0);
  EXPECT_EQ(class_of(dir_ / "loop"), FailureClass::kUser);
  EXPECT_EQ(class_of("/" + std::string(300, 'x')), FailureClass::kUser);
  EXPECT_EQ(class_of(std::string("/etc/passwd\0.txt", 16)), FailureClass::kUser);
}

TEST_F(TransportFileTest, ADirectoryIsRefusedWithARemedy) {
  auto result = fetch(dir_.path());
  ASSERT_THAT(result, FailsWith(HasSubstr("a directory, not a regular file")));
  EXPECT_EQ(result.error().kind, FailureClass::kUser);
  EXPECT_THAT(result.error().error.remedy(), HasSubstr("volume"));
}

// Promise 16: each is refused at once. The watchdog turns a read that blocks into a failure.
TEST_F(TransportFileTest, SpecialFilesAreRefusedWithoutBlocking) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0666), 0);
  ASSERT_EQ(::mknod((dir_ / "device").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir_ / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::alarm(10);
  EXPECT_THAT(fetch(dir_ / "fifo"), FailsWith(HasSubstr("a fifo, not a regular file")));
  EXPECT_THAT(fetch(dir_ / "device"), FailsWith(HasSubstr("a device, not a regular file")));
  EXPECT_THAT(fetch(dir_ / "socket"), FailsWith(HasSubstr("a socket, not a regular file")));
  EXPECT_EQ(class_of(dir_ / "fifo"), FailureClass::kUser);
  EXPECT_EQ(class_of("/dev/zero"), FailureClass::kUser);
  ::alarm(0);
  ::close(socket);
}

// Promise 16: with the rights of the user who asks.
TEST_F(TransportFileTest, AFileTheUserMayNotReadIsAnAuthFailure) {
  const std::string secret = dir_.write("secret", "x", 0600);
  const std::string hidden = dir_.write("closed/file", "x", 0644);
  ASSERT_EQ(::chmod((dir_ / "closed").c_str(), 0700), 0);
  auto into = sys::open_at(AT_FDCWD, destination(), O_WRONLY | O_CREAT, 0600);
  ASSERT_THAT(into, IsOk());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(10);
    for (const auto& path : {secret, hidden}) {
      BodySink sink(into->get(), TransferLimits().max_bytes);
      auto result = fetch_file(path, sink, {});
      if (result || result.error().kind != FailureClass::kAuth) ::_exit(11);
      if (!result.error().error.is(std::errc::permission_denied)) ::_exit(12);
    }
    ::_exit(0);
  }
  auto status = sys::wait_for(child);
  ASSERT_THAT(status, IsOk());
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

// Promise 10, for files.
TEST_F(TransportFileTest, TheByteLimitHolds) {
  TransferLimits limits;
  limits.max_bytes = 1'000'000;
  EXPECT_THAT(fetch(dir_.write("fits", std::string(1'000'000, 'x')), limits), IsOk());
  auto result = fetch(dir_.write("larger", std::string(1'000'001, 'x')), limits);
  ASSERT_THAT(result, FailsWith(HasSubstr("larger than the limit of 1000000 bytes")));
  EXPECT_EQ(result.error().kind, FailureClass::kUser);
  EXPECT_LE(content().size(), 1'000'000U);
}

TEST_F(TransportFileTest, AFullDiskIsALocalFailure) {
  auto full = sys::open_at(AT_FDCWD, "/dev/full", O_WRONLY);
  ASSERT_THAT(full, IsOk());
  BodySink sink(full->get(), TransferLimits().max_bytes);
  auto result = fetch_file(dir_.write("source", "some bytes"), sink, {});
  ASSERT_THAT(result, FailsWith(HasSubstr("No space left on device")));
  EXPECT_EQ(result.error().kind, FailureClass::kLocal);
}

// What is received is one version of the file, or nothing.
TEST_F(TransportFileTest, AFileThatChangesMeanwhileIsATransientFailure) {
  const std::string source = dir_.write("source", std::string(64 << 20, 'a'));
  std::jthread writer([&](const std::stop_token& stop) {
    const int fd = ::open(source.c_str(), O_WRONLY | O_CLOEXEC);
    while (!stop.stop_requested() && ::pwrite(fd, "b", 1, 0) == 1) ::usleep(100);
    ::close(fd);
  });
  auto result = fetch(source);
  ASSERT_THAT(result, FailsWith(HasSubstr("changed while it was read")));
  EXPECT_EQ(result.error().kind, FailureClass::kTransient);
}

TEST_F(TransportFileTest, TheIdentityChangesWithEveryChangeOfTheFile) {
  const std::string source = dir_.write("source", "one");
  ASSERT_OK_AND_ASSIGN(const std::string before, file_identity(source));
  ASSERT_OK_AND_ASSIGN(const std::string again, file_identity(source));
  EXPECT_EQ(before, again);
  auto received = fetch(source);
  ASSERT_THAT(received, IsOk());
  EXPECT_EQ(received->validators.etag, before);

  // Same size, and the old time of modification put back: only the time of change tells.
  struct stat old {};
  ASSERT_EQ(::stat(source.c_str(), &old), 0);
  ::usleep(20'000);  // the clock of the file system ticks every 4 to 10 ms
  dir_.write("source", "two");
  const timespec times[2] = {old.st_atim, old.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, source.c_str(), times, 0), 0);
  ASSERT_OK_AND_ASSIGN(const std::string after, file_identity(source));
  EXPECT_NE(after, before);
}

TEST_F(TransportFileTest, ThereIsNoIdentityWithoutARegularFile) {
  EXPECT_THAT(file_identity(dir_ / "missing"), FailsWith(HasSubstr("No such file")));
  EXPECT_THAT(file_identity(dir_.path()), FailsWith(HasSubstr("a directory")));
}

class Observer final : public BodyWatcher {
 public:
  void written(std::uint64_t size) noexcept override { written_ = size; }
  void waiting() noexcept override { ++waited; }
  [[nodiscard]] const Error* objection() const noexcept override {
    return written_ > most ? &why_ : nullptr;
  }

  int waited = 0;
  std::uint64_t most = UINT64_MAX;

 private:
  std::uint64_t written_ = 0;
  const Error why_ = Error("no room for more");
};

TEST_F(TransportFileTest, WhoReadsWhatWasLeftShowsLife) {
  const std::string text(3 * BodySink::kPiece, 'x');
  const Fd into = *sys::open_at(AT_FDCWD, dir_.write("left", text), O_RDWR);
  Observer observer;
  BodySink sink(into.get(), UINT64_MAX, &observer);
  ASSERT_THAT(sink.adopt({text.size(), sha256_hex(text)}), IsOk());
  EXPECT_EQ(observer.waited, 3);
}

TEST_F(TransportFileTest, ATransferEndsWhereItsWatcherObjects) {
  const std::string source = dir_.write("source", std::string(3 * BodySink::kPiece, 'x'));
  const Fd into = *sys::open_at(AT_FDCWD, destination(), O_RDWR | O_CREAT, 0600);
  Observer observer;
  observer.most = BodySink::kPiece;
  BodySink sink(into.get(), UINT64_MAX, &observer);
  const auto received = fetch_file(source, sink, std::nullopt);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind, FailureClass::kLocal);
  EXPECT_EQ(received.error().error.message(), "no room for more");
  EXPECT_EQ(content().size(), 2 * BodySink::kPiece);
}

}  // namespace
}  // namespace slipway::fetcher
