#include "tests/support/temp_dir.h"

#include <ftw.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/support/surroundings.h"

namespace slipway::tests {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

int remove_one(const char* path, const struct stat*, int, FTW*) {
  return ::remove(path);
}

}  // namespace

TempDir::TempDir(mode_t mode, std::string_view parent)
    : path_(std::string(parent) + "/slipway-test-XXXXXX") {
  callers_umask();  // whatever else a test links: its own is in force
  if (::mkdtemp(path_.data()) == nullptr) fail("mkdtemp");
  if (::chmod(path_.c_str(), mode) != 0) fail("chmod " + path_);
}

TempDir::~TempDir() {
  // Not std::filesystem::remove_all: it would walk into a mount that a test left behind.
  constexpr int kDescriptors = 16;
  if (::nftw(path_.c_str(), remove_one, kDescriptors, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0) {
    ADD_FAILURE() << "cannot remove " << path_ << ": " << std::strerror(errno);  // NOLINT
  }
}

std::string TempDir::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string TempDir::write(std::string_view name, std::string_view content, mode_t mode) const {
  std::string path = *this / name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) fail("write " + path);
  if (::chmod(path.c_str(), mode) != 0) fail("chmod " + path);
  return path;
}

std::string TempDir::make_directory(std::string_view name, mode_t mode) const {
  std::string path = *this / name;
  std::filesystem::create_directories(path);
  if (::chmod(path.c_str(), mode) != 0) fail("chmod " + path);
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ADD_FAILURE() << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) ADD_FAILURE() << "cannot stat " << path;
  return found.st_mode & 07777;
}

}  // namespace slipway::tests
