// Whole launches in which things go wrong.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/cli/slipway.h"

namespace slipway::tests {

enum class CacheUse {
  kNone,
  kCold,  // empty
  kWarm,  // filled by an earlier launch of the same entry
};
enum class Way {
  kLaunch,
  kReopen,  // of the sandbox of an earlier launch, by `slipway shell`
};
enum class Volumes { kNone, kReadOnlyAndReadWrite };

struct Scenario {
  std::string name;
  As as = As::kRoot;
  CacheUse cache = CacheUse::kNone;
  std::vector<std::string> contents;  // names of contents() that the entry's URIs lead to
  Volumes volumes = Volumes::kNone;
  std::vector<std::string> words;  // options of `slipway run`
  Way way = Way::kLaunch;
};

inline constexpr char kOverlay[] = "--materialize=overlay";

const std::vector<Scenario>& scenarios();
std::vector<std::string> scenario_names();

// Where things are fetched from.
struct Origins {
  std::string directory;  // of this host
  std::string server;     // "http://127.0.0.1:PORT"
};

enum class Kind { kFile, kExecutable, kLink, kHardLink };

struct Piece {
  std::string text;  // of a link, where it leads: from beside it; of a hard link, from the top
  Kind kind = Kind::kFile;
};
using Pieces = std::map<std::string, Piece>;

// Something behind one URI.
struct Content {
  std::string name;
  std::string uri;  // with %directory or %server in it
  Pieces files;     // what a task finds of it
};
const std::vector<Content>& contents();
const Content& content(const std::string& name);

// What all contents are fetched from, made below that directory.
void make_origins(const std::string& directory);

// What a launch has right when it has everything right.
struct Expected {
  std::string entry;               // as JSON
  Pieces files;                    // all that may be in the sandbox; no hard links, but files
  std::vector<std::string> words;  // the executor's, which looks at itself and at all of it
  std::string out;                 // what it prints behind what it says of itself
};
// `probe` is the executor; volumes are made of `volume`, which has "file" in it.
Expected expected_of(const Scenario& scenario, const Origins& origins, const std::string& probe,
                     const std::string& volume);

}  // namespace slipway::tests
