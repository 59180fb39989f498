// A directory of a test's own, gone when the test is.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace slipway::tests {

class TempDir {
 public:
  // Made below `parent`; 0755, so that tests which drop to another user can reach what is inside.
  explicit TempDir(mode_t mode = 0755, std::string_view parent = "/tmp");
  // Removes it with everything in it, without leaving its file system.
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // The path of something inside.
  [[nodiscard]] std::string operator/(std::string_view name) const;

  // Writes a file (parents are made) and gives its path back.
  std::string write(std::string_view name, std::string_view content, mode_t mode = 0644) const;
  // Makes a directory and its parents and gives its path back.
  std::string make_directory(std::string_view name, mode_t mode = 0755) const;

 private:
  std::string path_;
};

// The whole content; a failure of the test (and "") where it cannot be read.
std::string read_file(const std::string& path);
// True where something, a dangling link included, has that name.
bool exists(const std::string& path);
// The permission bits, of the link itself where it is one.
mode_t mode_of(const std::string& path);

}  // namespace slipway::tests
