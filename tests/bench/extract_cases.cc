#include "tests/bench/extract_cases.h"

#include <filesystem>
#include <stdexcept>

#include "sandbox/base/text.h"
#include "tests/bench/entry_file.h"

namespace slipway::bench {

namespace fs = std::filesystem;

namespace {

constexpr double kMostMemory = 32;

const std::vector<ExtractRow> kRows{
    {"small tar.gz",
     Way::kUnpack,
     Sample::kSmall,
     Packing::kGzip,
     {{Peer::kTar, 0.35}, {Peer::kBsdtar, 0.5}, {Peer::kPigzAndTar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"big tar.gz",
     Way::kUnpack,
     Sample::kBig,
     Packing::kGzip,
     {{Peer::kTar, 0.40}, {Peer::kBsdtar, 0.65}, {Peer::kPigzAndTar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"small tar",
     Way::kUnpack,
     Sample::kSmall,
     Packing::kTar,
     {{Peer::kTar, {}}, {Peer::kBsdtar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"big tar.zst",
     Way::kUnpack,
     Sample::kBig,
     Packing::kZstd,
     {{Peer::kTar, {}}, {Peer::kBsdtar, {}}, {Peer::kFloor, {}}},
     {}},
    {"big tar.xz, one block",
     Way::kUnpack,
     Sample::kBig,
     Packing::kXzOneBlock,
     {{Peer::kTar, {}}, {Peer::kBsdtar, {}}},
     {}},
    {"big tar.xz, blocks",
     Way::kUnpack,
     Sample::kBig,
     Packing::kXzBlocks,
     {{Peer::kTar, {}}, {Peer::kBsdtar, {}}, {Peer::kXzAndTar, {}}},
     {}},
    {"part tar.bz2",
     Way::kUnpack,
     Sample::kPart,
     Packing::kBzip2,
     {{Peer::kTar, {}}, {Peer::kBsdtar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"small zip",
     Way::kUnpack,
     Sample::kSmall,
     Packing::kZip,
     {{Peer::kUnzip, 0.30}, {Peer::kBsdtar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"big zip",
     Way::kUnpack,
     Sample::kBig,
     Packing::kZip,
     {{Peer::kUnzip, 0.35}, {Peer::kBsdtar, {}}, {Peer::kFloor, {}}},
     kMostMemory},
    {"cold tar.gz",
     Way::kLaunch,
     Sample::kSmall,
     Packing::kGzip,
     {{Peer::kCurlAndTar, 0.42}},
     kMostMemory},
};

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::vector<std::string> shell(const char* script, const std::vector<std::string>& words) {
  std::vector<std::string> argv{"/bin/sh", "-c", script, "bench"};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

Contender peer(const PeerRow& row, const ExtractCase& made, const ExtractPlaces& places) {
  const std::string& archive = made.archive;
  const std::string& into = places.directory;
  switch (row.peer) {
    case Peer::kTar:
      return {"tar", {"/usr/bin/tar", "-xf", archive, "-C", into}, row.goal};
    case Peer::kBsdtar:
      return {"bsdtar", {"/usr/bin/bsdtar", "-xf", archive, "-C", into}, row.goal};
    case Peer::kUnzip:
      return {"unzip", {"/usr/bin/unzip", "-q", archive, "-d", into}, row.goal};
    case Peer::kPigzAndTar:
      return {"pigz | tar", shell(R"(pigz -dc "$1" | tar -xC "$2")", {archive, into}), row.goal};
    case Peer::kXzAndTar:
      return {"xz -T2 | tar", shell(R"(xz -dcT2 "$1" | tar -xC "$2")", {archive, into}), row.goal};
    case Peer::kFloor:
      return {"floor", {places.build + "/bench/bench_write_floor", made.plain, into}, row.goal};
    case Peer::kCurlAndTar:
      return {"curl; tar",
              shell(R"(cd "$1" && curl -sSo "$2" "$3/$2" && tar -xzf "$2")",
                    {into, file_name(archive), places.base_uri}),
              row.goal};
  }
  throw std::logic_error("a peer that is not known");
}

std::string entry(const ExtractCase& made, const ExtractPlaces& places) {
  const std::string uri = cat(places.base_uri, "/", file_name(made.archive));
  return write_entry(places.work + "/entry.json", {{uri, true, false}});
}

std::vector<std::string> launch(const std::string& prefix, const std::string& entry,
                                const ExtractPlaces& places) {
  return {prefix + "/bin/slipway", "run", entry, "-q", "--no-cache", "--sandbox", places.directory};
}

// The same slipway with the other fetcher beside it.
std::string prefix_before(const ExtractPlaces& places) {
  std::string prefix = places.work + "/before";
  fs::create_directories(prefix + "/bin");
  fs::create_directories(prefix + "/libexec/slipway");
  fs::copy_file(places.build + "/bin/slipway", prefix + "/bin/slipway",
                fs::copy_options::overwrite_existing);
  fs::copy_file(places.before, prefix + "/libexec/slipway/slipway-fetcher",
                fs::copy_options::overwrite_existing);
  return prefix;
}

void add_ours(ExtractCase& made, Way way, const ExtractPlaces& places) {
  const bool is_fetcher = file_name(places.before) == "slipway-fetcher";
  if (way == Way::kLaunch) {
    const std::string json = entry(made, places);
    made.contenders.push_back({"slipway", launch(places.build, json, places), std::nullopt});
    if (!is_fetcher) return;
    made.contenders.push_back(
        {"before", launch(prefix_before(places), json, places), std::nullopt});
  } else {
    const std::string driver = places.build + "/bench/bench_extract";
    made.contenders.push_back({"slipway", {driver, made.archive, places.directory}, std::nullopt});
    if (places.before.empty() || is_fetcher) return;
    made.contenders.push_back(
        {"before", {places.before, made.archive, places.directory}, std::nullopt});
  }
}

}  // namespace

const std::vector<ExtractRow>& extract_rows() {
  return kRows;
}

ExtractCase make_case(const ExtractRow& row, const Archives& archives,
                      const ExtractPlaces& places) {
  ExtractCase made{row.title,
                   {},
                   archives.path(row.sample, row.packing),
                   archives.path(row.sample, Packing::kTar),
                   row.peak_mib};
  add_ours(made, row.way, places);
  for (const PeerRow& each : row.peers) made.contenders.push_back(peer(each, made, places));
  return made;
}

}  // namespace slipway::bench
