#include "tests/support/private_temp.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "sandbox/base/fd.h"
#include "sandbox/base/text.h"

namespace slipway::tests {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPlaces[] = {"/tmp", "/var/tmp", "/dev/shm"};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

PrivateTemp::PrivateTemp(const std::string& kept) : kept_(kept) {
  // By descriptor: where it was is hidden by then.
  const Fd held(::open(kept.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!held) fail(kept);
  for (const char* place : kPlaces) hide(place);
  fs::create_directories(kept_);
  const std::string from = cat("/proc/self/fd/", held.get());
  if (::mount(from.c_str(), kept_.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind " + kept_);
  mounted_.push_back(kept_);
}

PrivateTemp::~PrivateTemp() {
  for (auto each = mounted_.rbegin(); each != mounted_.rend(); ++each) {
    ::umount2(each->c_str(), MNT_DETACH);
  }
}

void PrivateTemp::hide(const char* place) {
  if (::mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) {
    fail(cat("tmpfs on ", place));
  }
  mounted_.emplace_back(place);
}

std::vector<std::string> PrivateTemp::left() const {
  std::vector<std::string> found;
  for (const char* place : kPlaces) {
    for (const auto& each : fs::directory_iterator(place)) {
      if (each.path() != kept_) found.push_back(each.path());
    }
  }
  return found;
}

}  // namespace slipway::tests
