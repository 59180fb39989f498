// What the fetch stage tells the launcher: one JSON object a line, on a pipe. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "fetcher/plan/failure.h"
#include "sandbox/base/result.h"
#include "sandbox/message_code.h"

namespace slipway::fetcher {

// Where the bytes of a URI came from.
enum class FetchSource { kNetwork, kCache, kLocal };
std::string_view name_of(FetchSource source);

// Where the time of a URI went. Phases that did not happen are 0.
struct PhaseTimes {
  std::chrono::microseconds wait{0};        // for another slipway's download, between tries
  std::chrono::microseconds connect{0};     // name, TCP, TLS, proxy; of all tries
  std::chrono::microseconds first_byte{0};  // from the request to the answer
  std::chrono::microseconds transfer{0};    // of the body
  std::chrono::microseconds verify{0};      // of a cached copy, while it is copied
  std::chrono::microseconds extract{0};     // what was left of it when the last byte had arrived

  PhaseTimes& operator+=(const PhaseTimes& more);
  bool operator==(const PhaseTimes&) const = default;
};

// The phases in the order in which they happen.
struct PhaseRow {
  std::string_view key;  // in JSON: "wait_us"
  std::chrono::microseconds PhaseTimes::*time;
};
std::span<const PhaseRow> phase_rows();

// A URI's turn has come.
struct StartedEvent {
  std::size_t uri = 0;  // index in the entry
};

// How much of it has come. At most ten a second and URI, and only where the order asks for them.
struct ProgressEvent {
  std::size_t uri = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total = {};
};

// A try failed, and there will be another.
struct RetryEvent {
  std::size_t uri = 0;
  unsigned tries = 0;  // so far
  unsigned of = 0;     // at most
  std::chrono::milliseconds pause{0};
  FailureClass failure = FailureClass::kTransient;
  int status = 0;  // of HTTP; 0 where there was none
  std::string message = {};
};

struct FetchedEvent {
  std::size_t uri = 0;  // index in the entry
  FetchSource source = FetchSource::kNetwork;
  std::uint64_t bytes = 0;    // of the file that the URI names
  std::string sha256;         // of it; empty where it was not computed
  std::uint64_t entries = 0;  // extracted archive members; 0 where nothing was extracted
  unsigned tries = 1;         // 0 where nothing was asked of the network
  PhaseTimes times = {};
  // Where the members come out of a tree that the cache has: "overlay" where its directories are to
  // be mounted, unless something else must be in them, "copy" for files that were copied or share
  // its blocks. Else empty.
  std::string tree = {};
};

struct FailedEvent {
  std::size_t uri = 0;
  FailureClass failure = FailureClass::kLocal;
  MessageCode code = MessageCode::kFetchLocal;
  int status = 0;  // of HTTP; 0 where there is none
  std::string message;
  std::string remedy;        // may be empty
  std::string excerpt = {};  // the start of a short text that the server sent along; one line
  unsigned tries = 1;
  PhaseTimes times = {};
};

struct WarningEvent {
  std::string message;
};

// Everything stands in the sandbox under its final name.
struct PlacedEvent {};

// The stage failed as a whole, for a reason that is no single URI's.
struct StageFailedEvent {
  MessageCode code;
  std::string message;
  std::string remedy;
};

using FetchEvent = std::variant<StartedEvent, ProgressEvent, RetryEvent, FetchedEvent, FailedEvent,
                                WarningEvent, PlacedEvent, StageFailedEvent>;

// What became of a URI, as people read it: "the server answered … (remedy); 3 tries
// [E-FETCH-TRANSIENT]"; "…; try 2 of 5 in 200ms".
std::string text_of(const FailedEvent& event);
std::string text_of(const RetryEvent& event);

std::string to_json_line(const FetchEvent& event);  // ends in '\n'
// Errors: no JSON object, no event of that name, a member that is missing or of another type.
Result<FetchEvent> parse_event(std::string_view line);

}  // namespace slipway::fetcher
