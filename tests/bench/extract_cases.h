// What is measured: archives unpacked by slipway, and by the peers that do the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/archives.h"
#include "tests/bench/contender.h"

namespace slipway::bench {

// Who unpacks the same archive.
enum class Peer { kTar, kBsdtar, kUnzip, kPigzAndTar, kXzAndTar, kFloor, kCurlAndTar };

struct PeerRow {
  Peer peer;
  std::optional<double> goal;
};

enum class Way {
  kUnpack,  // the fetcher's extract() alone
  kLaunch,  // a whole launch that fetches the archive over http
};

struct ExtractRow {
  const char* title;
  Way way;
  Sample sample;
  Packing packing;
  std::vector<PeerRow> peers;
  std::optional<double> peak_mib;  // the most memory that slipway may use
};

const std::vector<ExtractRow>& extract_rows();

// What the contenders need to be started.
struct ExtractPlaces {
  std::string build;      // the build tree
  std::string before;     // another bench_extract or slipway-fetcher to compare with, or ""
  std::string work;       // a directory of ours
  std::string directory;  // where everybody unpacks
  std::string base_uri;   // serves the archives
};

struct ExtractCase {
  std::string title;
  std::vector<Contender> contenders;  // slipway is the first one
  std::string archive;
  std::string plain;  // the same members in a plain tar
  std::optional<double> peak_mib;
};

// Makes the archives where they are not there yet.
ExtractCase make_case(const ExtractRow& row, const Archives& archives, const ExtractPlaces& places);

}  // namespace slipway::bench
