// What identifies a version of a resource. Pure.
#pragma once

#include <string>

namespace slipway::fetcher {

// Of a response (RFC 9110, section 8.8), or of a local file, whose identity
// "dev:ino:size:mtime:ctime" stands in `etag`.
struct Validators {
  std::string etag;
  std::string last_modified;

  [[nodiscard]] bool empty() const { return etag.empty() && last_modified.empty(); }
};

}  // namespace slipway::fetcher
