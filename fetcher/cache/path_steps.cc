#include "fetcher/cache/path_steps.h"

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

// mkdir(2) that accepts what is already there; the open that follows judges it.
Result<Fd> make_and_open(int directory, const std::string& name, mode_t mode) {
  if (auto made = sys::make_directory(directory, name, mode);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  return sys::open_beneath(directory, name, O_RDONLY | O_DIRECTORY);
}

}  // namespace slipway::fetcher
