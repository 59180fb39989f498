#include "fetcher/cache/path_steps.h"

#include <algorithm>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

std::vector<std::string> names_in(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  return names;
}

// mkdir(2) that accepts what is already there; the open that follows judges it.
Result<Fd> make_and_open(int directory, const std::string& name, mode_t mode) {
  if (auto made = sys::make_directory(directory, name, mode);
      !made && !made.error().is(std::errc::file_exists)) {
    return std::move(made).error();
  }
  return sys::open_beneath(directory, name, O_RDONLY | O_DIRECTORY);
}

}  // namespace slipway::fetcher
