// What the fetch stage tells the launcher: one JSON object a line, on a pipe. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "fetcher/failure.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Where the bytes of a URI came from.
enum class FetchSource { kNetwork, kCache, kLocal };
std::string_view name_of(FetchSource source);

struct FetchedEvent {
  std::size_t uri = 0;  // index in the entry
  FetchSource source = FetchSource::kNetwork;
  std::uint64_t bytes = 0;    // of the file that the URI names
  std::string sha256;         // of it; empty where it was not computed
  std::uint64_t entries = 0;  // extracted archive members; 0 where nothing was extracted
};

struct FailedEvent {
  std::size_t uri = 0;
  FailureClass failure = FailureClass::kLocal;
  int status = 0;  // of HTTP; 0 where there is none
  std::string message;
  std::string remedy;  // may be empty
};

struct WarningEvent {
  std::string message;
};

// Everything stands in the sandbox under its final name.
struct PlacedEvent {};

// The stage failed as a whole, for a reason that is no single URI's.
struct StageFailedEvent {
  std::string message;
  std::string remedy;
};

using FetchEvent =
    std::variant<FetchedEvent, FailedEvent, WarningEvent, PlacedEvent, StageFailedEvent>;

std::string to_json_line(const FetchEvent& event);  // ends in '\n'
Result<FetchEvent> parse_event(std::string_view line);

}  // namespace slipway::fetcher
