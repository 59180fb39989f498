#include "tests/bench/beforehand.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <vector>

#include "sandbox/base/sys.h"
#include "tests/bench/child.h"

namespace slipway::bench {

void for_each_piece(const std::string& path, const std::function<void(std::string_view)>& look) {
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  std::vector<std::byte> piece(kPiece);
  const auto file = sys::open_at(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW);
  if (!file) throw std::runtime_error(file.error().message());
  while (true) {
    const auto count = sys::read(file->get(), piece);
    if (!count) throw std::runtime_error(path + ": " + count.error().message());
    if (*count == 0) return;
    look({reinterpret_cast<const char*>(piece.data()), *count});
  }
}

void read_through(const std::string& path) {
  for_each_piece(path, [](std::string_view) {});
}

// In a child: its memory is counted as ours otherwise, and as that of all we start.
void touch_memory(std::size_t bytes) {
  const auto free = static_cast<std::size_t>(::sysconf(_SC_AVPHYS_PAGES)) *
                    static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t touched = std::min(bytes, free / 2);
  const bool done = in_child([touched] {
    void* memory = ::mmap(nullptr, touched, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot get memory to touch");
  });
  if (!done) throw std::runtime_error("no memory was touched");
}

}  // namespace slipway::bench
