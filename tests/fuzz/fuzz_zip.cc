// The zip reader and its policy: raw archives, and such as a builder makes of the fuzzer's choices.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdint>
#include <string>

#include "fetcher/archive/extract_budget.h"
#include "fetcher/archive/fill_pool.h"
#include "fetcher/archive/zip.h"
#include "sandbox/base/sys.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/model_tree.h"
#include "tests/fuzz/promise.h"
#include "tests/support/archive_builder.h"

namespace slipway::fuzz {

namespace {

tests::ZipEntry entry_of(Choices& choices) {
  tests::ZipEntry entry;
  entry.name = choices.text(64);
  entry.data = choices.text(256);
  entry.method = choices.flip() ? 8 : 0;
  if (choices.flip()) entry.mode = choices.number<std::uint32_t>() & 0177777;
  if (choices.flip()) entry.flags = choices.flip() ? 8 : 0x800;
  entry.zip64 = choices.flip();
  entry.descriptor_signature = choices.flip();
  if (choices.below(10) == 0) {
    entry.extra = choices.text(32);
    entry.local_name = choices.text(64);
  }
  if (choices.below(10) == 0) {
    entry.size = choices.number<std::uint32_t>();
    entry.offset = choices.number<std::uint32_t>();
  }
  return entry;
}

std::string built(Choices& choices) {
  tests::ZipBuilder zip;
  const std::size_t count = choices.below(9);
  for (std::size_t i = 0; i < count; ++i) zip.add(entry_of(choices));
  zip.zip64_end = choices.flip();
  std::string bytes = zip.finish();
  // A few changes that no builder would make.
  while (choices.left() > 4 && !bytes.empty()) {
    bytes[choices.below(bytes.size())] = choices.number<char>();
  }
  return bytes;
}

void read(const std::string& zip) {
  static const Fd somewhere(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Fd file(::memfd_create("zip", MFD_CLOEXEC));
  if (!somewhere || !file || !sys::write_all(file.get(), zip)) broken("a file in memory");
  const auto limits = small_limits();
  ModelTree tree(limits);
  fetcher::Budget budget(limits, somewhere.get());
  fetcher::FillPool pool(0);
  (void)fetcher::read_zip(file.get(), zip.size(), tree, pool, budget).has_value();
  (void)pool.finish().has_value();
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  if ((data[0] & 1) == 0) {
    slipway::fuzz::read(std::string(reinterpret_cast<const char*>(data + 1), size - 1));
  } else {
    slipway::fuzz::Choices choices({data + 1, size - 1});
    slipway::fuzz::read(slipway::fuzz::built(choices));
  }
  return 0;
}
