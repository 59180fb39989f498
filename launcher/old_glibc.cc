// Two functions that slipway's static libstdc++ and libgcc ask glibc for, and that glibc has only
// since 2.36 (arc4random) and 2.35 (_dl_find_object): with these here the program starts on
// glibc 2.34, which EL 9 has. They must be objects of the program itself: the linker looks at
// libgcc after every archive of ours, and would take glibc's.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#if __GLIBC_PREREQ(2, 35)  // an older one has libraries that do not ask for it

namespace {

struct Search {
  std::uintptr_t address;
  dl_find_object* found;
};

// The object whose loaded segments hold the address; its PT_GNU_EH_FRAME is what the unwinder
// reads.
int look_at_object(dl_phdr_info* object, std::size_t, void* context) {
  const auto& search = *static_cast<Search*>(context);
  const ElfW(Phdr)* holding = nullptr;
  const ElfW(Phdr)* frames = nullptr;
  for (const ElfW(Phdr)* header = object->dlpi_phdr;
       header != object->dlpi_phdr + object->dlpi_phnum; ++header) {
    if (header->p_type == PT_GNU_EH_FRAME) frames = header;
    const std::uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_LOAD && search.address - start < header->p_memsz) holding = header;
  }
  if (holding == nullptr || frames == nullptr) return 0;
  const auto at = [&](std::uintptr_t offset) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the program headers say it
    return reinterpret_cast<void*>(object->dlpi_addr + offset);
  };
  *search.found = {};
  search.found->dlfo_map_start = at(holding->p_vaddr);
  search.found->dlfo_map_end = at(holding->p_vaddr + holding->p_memsz);
  search.found->dlfo_eh_frame = at(frames->p_vaddr);
  return 1;
}

}  // namespace

extern "C" {

// As _dl_find_object(3), for one thread that loads nothing: what the unwinder of this program
// needs.
int _dl_find_object(void* address, dl_find_object* result) noexcept {
  Search search{reinterpret_cast<std::uintptr_t>(address), result};
  return dl_iterate_phdr(look_at_object, &search) == 1 ? 0 : -1;
}

}  // extern "C"

#endif

extern "C" {

// As arc4random(3), which cannot fail.
std::uint32_t arc4random() noexcept {
  std::uint32_t number = 0;
  long got = 0;
  do {
    got = syscall(SYS_getrandom, &number, sizeof number, 0);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof number) std::abort();
  return number;
}

}  // extern "C"
