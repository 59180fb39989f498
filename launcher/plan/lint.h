// What in an entry is legal to a scheduler and seldom meant. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/entry/entry.h"
#include "sandbox/message_code.h"

namespace slipway::launcher {

struct Lint {
  // Where in the entry: which URI, volume or argument it is, is `index`.
  enum class Part { kValue, kArguments, kUser, kUri, kVolume };
  // Whether a launch says it too, or only who asks for everything.
  enum class Said { kAtLaunch, kWhenChecked };

  MessageCode code;
  Part part;
  std::size_t index = 0;
  Said said = Said::kWhenChecked;
  std::string what;      // of the place: "becomes argv[0] …"
  std::string remedy;    // never empty
  bool refused = false;  // a launch refuses it, whatever the host is like
};

std::vector<Lint> lint(const Entry& entry);

}  // namespace slipway::launcher
