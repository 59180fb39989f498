#include "launcher/entry/mesos_resources.h"

#include <cmath>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;

constexpr double kMost = 9e15;  // whole numbers are exact in a double up to here

struct Sums {
  std::optional<double> cpus;
  std::optional<double> mem;
};

std::optional<double> number_of(const JsonValue& value) {
  if (value.kind == JsonKind::kInteger || value.kind == JsonKind::kReal) return value.number;
  return std::nullopt;
}

void add(JsonReader& reader, const Located& at, std::optional<double>& sum) {
  auto number = number_of(*at.value);
  if (at.value->kind == JsonKind::kString) {
    if (const auto inner = sandbox::parse_json(at.value->text)) number = number_of(inner->root);
  }
  if (!number) {
    reader.problem(at, MessageCode::kType,
                   cat("is ", name_of(at.value->kind), "; a number is expected"));
  } else if (!(*number >= 0 && sum.value_or(0) + *number <= kMost)) {
    reader.problem(at, MessageCode::kResource, "is no number of 0 or more that anybody could have");
  } else {
    sum = sum.value_or(0) + *number;
  }
}

std::optional<double>* sum_of(Sums& sums, std::string_view name) {
  if (name == "cpus") return &sums.cpus;
  return name == "mem" ? &sums.mem : nullptr;
}

void add_resource(JsonReader& reader, const Located& at, Sums& sums) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  const auto name = reader.required_text(at, "name");
  if (!name) return;
  auto* sum = sum_of(sums, *name);
  if (sum == nullptr) return;
  const auto scalar = reader.required(at, "scalar");
  if (!scalar || !reader.expect(*scalar, JsonKind::kObject)) return;
  if (const auto value = reader.required(*scalar, "value")) add(reader, *value, *sum);
}

// {"cpus": 0.1, "mem": 32.0, "ports": "[…]"}
bool is_of_state(const JsonValue& value) {
  return value.kind == JsonKind::kObject && value.find("name") == nullptr;
}

}  // namespace

Resources read_mesos_resources(JsonReader& reader, const Located& at) {
  Sums sums;
  if (is_of_state(*at.value)) {
    if (const auto cpus = reader.optional(at, "cpus")) add(reader, *cpus, sums.cpus);
    if (const auto mem = reader.optional(at, "mem")) add(reader, *mem, sums.mem);
  } else {
    for (const Located& each : reader.items(at)) add_resource(reader, each, sums);
  }
  Resources resources;
  resources.cpus = sums.cpus;
  if (sums.mem) resources.mem_mb = static_cast<std::uint64_t>(std::floor(*sums.mem));
  return resources;
}

}  // namespace slipway::launcher
