// The list of what is in a cached tree, which its user can write to.
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdint>
#include <string>

#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/tree_manifest.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/sys.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace slipway::fuzz {

namespace {

using fetcher::ManifestEntry;

void hold_sane(const ManifestEntry& entry) {
  hold_inside(entry.path);
  hold((entry.kind == ManifestEntry::Kind::kFile) == fetcher::is_sha256_name(entry.sha256),
       "files have hashes");
  hold((entry.kind == ManifestEntry::Kind::kSymlink) != entry.target.empty(), "links have targets");
  hold((entry.path + entry.target).find('\0') == std::string::npos, "no name is cut");
}

// All entries as they are written, up to the first that is none.
std::string written(std::string_view text) {
  const Fd file(::memfd_create("manifest", MFD_CLOEXEC));
  if (!file || !sys::write_all(file.get(), text)) broken("a file in memory");
  fetcher::ManifestReader reader(file.get());
  std::string out;
  for (;;) {
    const auto entry = reader.next();
    if (!entry || !*entry) return out;
    hold_sane(**entry);
    out += fetcher::to_record(**entry);
  }
}

void read(std::string_view text) {
  const TimeBound bound(text.size());
  const std::string once = written(text);
  hold(written(once) == once, "read, written and read it is the same");
}

}  // namespace

}  // namespace slipway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::fuzz::read(slipway::fuzz::text_of(data, size));
  return 0;
}
