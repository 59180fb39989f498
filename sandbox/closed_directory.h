// Which directory it is that lets nobody through. Reads only.
#pragma once

#include <string>

namespace slipway::sandbox {

// The remedy for a path that cannot be reached because of EACCES: names the first directory on the
// way that this process, with the rights it has at the moment, may not search (path_resolution(7)).
// Empty where there is none: then it is the end of the path that is closed.
std::string open_the_way(const std::string& path);

}  // namespace slipway::sandbox
