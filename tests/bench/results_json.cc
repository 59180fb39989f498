#include "tests/bench/results_json.h"

#include <utility>

#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_writer.h"

namespace slipway::bench {

using sandbox::JsonKind;
using sandbox::JsonValue;
using sandbox::JsonWriter;

namespace {

constexpr std::uint64_t kFormat = 1;

void write(JsonWriter& json, const Spread& spread) {
  json.begin_object();
  json.key("lowest").real(spread.lowest);
  json.key("lower_quartile").real(spread.lower_quartile);
  json.key("median").real(spread.median);
  json.key("upper_quartile").real(spread.upper_quartile);
  json.key("highest").real(spread.highest);
  json.end_object();
}

void write(JsonWriter& json, const PeerResult& peer) {
  json.begin_object().member("name", peer.name);
  json.key("wall_ms").real(peer.wall_ms);
  json.key("ratio");
  write(json, peer.ratio);
  if (peer.goal) json.key("goal").real(*peer.goal);
  json.end_object();
}

void write(JsonWriter& json, const CaseResult& result) {
  json.begin_object().member("title", result.title).member("rounds", result.rounds);
  json.key("wall_ms").real(result.wall_ms);
  json.key("cpu_ms").real(result.cpu_ms);
  json.key("faults").real(result.faults);
  json.key("peak_mib").real(result.peak_mib);
  if (result.most_mib) json.key("most_mib").real(*result.most_mib);
  json.key("peers").begin_array();
  for (const PeerResult& peer : result.peers) write(json, peer);
  json.end_array().end_object();
}

void write(JsonWriter& json, const Machine& machine) {
  json.begin_object()
      .member("cpu", machine.cpu)
      .member("cores", machine.cores)
      .member("memory_mib", machine.memory_mib)
      .member("kernel", machine.kernel)
      .member("system", machine.system)
      .member("file_system", machine.file_system)
      .end_object();
}

// Takes members out of one object; the first problem stays.
class Reader {
 public:
  explicit Reader(const JsonValue& value) : value_(value) {}

  void read(std::string_view name, std::string& out) {
    if (const auto* found = want(name, JsonKind::kString)) out = found->text;
  }
  void read(std::string_view name, double& out) {
    if (const auto* found = number(name)) out = found->number;
  }
  void read(std::string_view name, std::uint64_t& out) {
    if (const auto* found = number(name)) out = static_cast<std::uint64_t>(found->number);
  }
  void read(std::string_view name, std::optional<double>& out) {
    if (value_.find(name) != nullptr) read(name, out.emplace());
  }
  template <class T>
  void read(std::string_view name, T& out, Result<T> (*parse)(const JsonValue&)) {
    if (const auto* found = want(name, JsonKind::kObject)) keep(parse(*found), out);
  }
  template <class T>
  void read(std::string_view name, std::vector<T>& out, Result<T> (*parse)(const JsonValue&)) {
    const auto* found = want(name, JsonKind::kArray);
    if (found == nullptr) return;
    for (const JsonValue& item : found->items) keep(parse(item), out.emplace_back());
  }
  template <class T>
  Result<T> done(T value) {
    if (problem_) return *std::move(problem_);
    return value;
  }

 private:
  const JsonValue* want(std::string_view name, JsonKind kind) {
    const auto* member = value_.find(name);
    if (member != nullptr && member->value.kind == kind) return &member->value;
    if (!problem_) problem_ = Error(cat("no ", name, " that is ", sandbox::name_of(kind)));
    return nullptr;
  }
  const JsonValue* number(std::string_view name) {
    const auto* member = value_.find(name);
    if (member != nullptr && member->value.kind == JsonKind::kInteger) return &member->value;
    return want(name, JsonKind::kReal);
  }
  template <class T>
  void keep(Result<T> parsed, T& out) {
    if (parsed) {
      out = *std::move(parsed);
    } else if (!problem_) {
      problem_ = std::move(parsed).error();
    }
  }

  const JsonValue& value_;
  std::optional<Error> problem_;
};

Result<Spread> spread_of(const JsonValue& value) {
  Spread spread;
  Reader reader(value);
  reader.read("lowest", spread.lowest);
  reader.read("lower_quartile", spread.lower_quartile);
  reader.read("median", spread.median);
  reader.read("upper_quartile", spread.upper_quartile);
  reader.read("highest", spread.highest);
  return reader.done(spread);
}

Result<PeerResult> peer_of(const JsonValue& value) {
  PeerResult peer;
  Reader reader(value);
  reader.read("name", peer.name);
  reader.read("wall_ms", peer.wall_ms);
  reader.read("ratio", peer.ratio, spread_of);
  reader.read("goal", peer.goal);
  return reader.done(std::move(peer));
}

Result<CaseResult> case_of(const JsonValue& value) {
  CaseResult result;
  Reader reader(value);
  reader.read("title", result.title);
  reader.read("rounds", result.rounds);
  reader.read("wall_ms", result.wall_ms);
  reader.read("cpu_ms", result.cpu_ms);
  reader.read("faults", result.faults);
  reader.read("peak_mib", result.peak_mib);
  reader.read("most_mib", result.most_mib);
  reader.read("peers", result.peers, peer_of);
  return reader.done(std::move(result));
}

Result<Machine> machine_of(const JsonValue& value) {
  Machine machine;
  Reader reader(value);
  reader.read("cpu", machine.cpu);
  reader.read("cores", machine.cores);
  reader.read("memory_mib", machine.memory_mib);
  reader.read("kernel", machine.kernel);
  reader.read("system", machine.system);
  reader.read("file_system", machine.file_system);
  return reader.done(std::move(machine));
}

Result<Program> program_of(const JsonValue& value) {
  Program program;
  Reader reader(value);
  reader.read("name", program.name);
  reader.read("version", program.version);
  return reader.done(std::move(program));
}

Result<SuiteResult> suite_of(const JsonValue& value) {
  SuiteResult result;
  std::uint64_t format = 0;
  Reader reader(value);
  reader.read("format", format);
  reader.read("suite", result.suite);
  reader.read("date", result.date);
  reader.read("command", result.command);
  reader.read("rounds", result.rounds);
  reader.read("busy_before", result.busy_before);
  reader.read("machine", result.machine, machine_of);
  reader.read("programs", result.programs, program_of);
  reader.read("cases", result.cases, case_of);
  if (format != kFormat) return Error(cat("format ", format, ", not ", kFormat));
  return reader.done(std::move(result));
}

template <class T>
Result<T> from_json(std::string_view text, Result<T> (*parse)(const JsonValue&)) {
  auto document = sandbox::parse_json(text);
  if (!document) return Error(cat("no JSON: ", document.error().what));
  return parse(document->root);
}

}  // namespace

std::string to_json(const CaseResult& result) {
  JsonWriter json;
  write(json, result);
  return json.str();
}

std::string to_json(const SuiteResult& result) {
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().member("format", kFormat).member("suite", result.suite);
  json.member("date", result.date).member("command", result.command);
  json.member("rounds", result.rounds).key("busy_before").real(result.busy_before);
  json.key("machine");
  write(json, result.machine);
  json.key("programs").begin_array();
  for (const auto& [name, version] : result.programs) {
    json.begin_object().member("name", name).member("version", version).end_object();
  }
  json.end_array().key("cases").begin_array();
  for (const CaseResult& each : result.cases) write(json, each);
  json.end_array().end_object();
  return json.str() + "\n";
}

Result<CaseResult> case_from_json(std::string_view text) {
  return from_json(text, case_of);
}

Result<SuiteResult> suite_from_json(std::string_view text) {
  return from_json(text, suite_of);
}

}  // namespace slipway::bench
