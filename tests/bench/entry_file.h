// The entries that are launched.
#pragma once

#include <string>
#include <vector>

namespace slipway::bench {

struct EntryUri {
  std::string value;
  bool extract = false;
  bool cache = false;
};

// Writes the file of an entry that has these URIs and executes /bin/true; gives `path` back.
// Throws.
std::string write_entry(const std::string& path, const std::vector<EntryUri>& uris);

}  // namespace slipway::bench
