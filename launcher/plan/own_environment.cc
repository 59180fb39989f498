#include "launcher/plan/own_environment.h"

#include <unistd.h>

#include "sandbox/environment.h"

namespace slipway::launcher {

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> all;
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    if (auto pair = sandbox::split_assignment(*each)) {
      all.emplace(std::move(pair->name), std::move(pair->value));
    }
  }
  return all;
}

}  // namespace slipway::launcher
