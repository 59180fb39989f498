// A directory that slipway will work in, and the file system it is on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/doctor/finding.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/base/sys.h"
#include "sandbox/mountinfo.h"
#include "sandbox/path.h"

namespace slipway::launcher {

struct Place {
  Fd directory;      // O_PATH: `path`, or the nearest directory above it that is there
  std::string path;  // of what `directory` is
  sandbox::MountEntry mount;
  enum class State { kThere, kToMake } state = State::kThere;
};

// With the caller's rights; reads only. Errors: something on the way is no directory or is closed.
Result<Place> find_place(const sandbox::AbsolutePath& path);

// Whether this process may make and remove names in it; read-only mounts too say no.
Result<bool> may_write(const Place& place);

// True for a file system whose files are elsewhere, or whose calls a program answers. Pure.
bool is_remote(std::string_view fs_type);

// What is free, and what of it is to stay so, in bytes. Pure.
struct Room {
  std::uint64_t available = 0;
  std::uint64_t reserve = 0;
};
Finding judge_room(std::string_view subject, const Room& room, std::string_view setting);

}  // namespace slipway::launcher
