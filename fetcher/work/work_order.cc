#include "fetcher/work/work_order.h"

#include <span>
#include <utility>

#include "fetcher/base/hex.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::fetcher {

namespace {

using sandbox::JsonKind;
using sandbox::JsonValue;
using sandbox::JsonWriter;

constexpr CacheDecision kDecisions[] = {CacheDecision::kDirect, CacheDecision::kUse,
                                        CacheDecision::kRevalidate, CacheDecision::kFill};

constexpr char kReinstall[] = "reinstall the package: both programs must be of one version";

struct StateRow {
  StepState state;
  std::string_view name;
};
constexpr StateRow kStates[] = {
    {StepState::kNew, "new"}, {StepState::kBegun, "begun"}, {StepState::kDone, "done"}};

void write_step(JsonWriter& json, const FetchStep& step, StepState state) {
  json.begin_object();
  json.member("uri", step.uri.str()).member("destination", step.destination.str());
  json.member("shown_destination", step.shown_destination).flag("executable", step.executable);
  json.member("extract", step.extract ? name_of(*step.extract) : std::string_view());
  json.flag("keep_archive", step.keep_archive).flag("has_tree", step.has_tree);
  json.member("decision", name_of(step.decision)).member("generation", step.generation);
  for (const StateRow& row : kStates) {
    if (row.state == state) json.member("state", row.name);
  }
  json.end_object();
}

Result<FetchStep> read_step(const JsonValue& object) {
  auto uri = TRY(Uri::parse(TRY(sandbox::read_text(object, "uri"))));
  auto to = TRY(sandbox::SandboxPath::parse(TRY(sandbox::read_text(object, "destination"))));
  FetchStep step{std::move(uri), std::move(to),          {}, false, {},
                 false,          CacheDecision::kDirect, {}, {}};
  step.shown_destination = TRY(sandbox::read_text(object, "shown_destination"));
  step.executable = TRY(sandbox::read_flag(object, "executable"));
  step.keep_archive = TRY(sandbox::read_flag(object, "keep_archive"));
  step.generation = TRY(sandbox::read_text(object, "generation"));
  step.has_tree = TRY(sandbox::read_flag(object, "has_tree"));
  const std::string format = TRY(sandbox::read_text(object, "extract"));
  step.extract = format_named(format);
  if (!format.empty() && !step.extract) return Error(cat("unknown archive format ", quote(format)));
  const std::string decision = TRY(sandbox::read_text(object, "decision"));
  for (const CacheDecision each : kDecisions) {
    if (name_of(each) == decision) {
      step.decision = each;
      return step;
    }
  }
  return Error(cat("unknown cache decision ", quote(decision)));
}

Result<StepState> read_state(const JsonValue& object) {
  const std::string name = TRY(sandbox::read_text(object, "state"));
  for (const StateRow& row : kStates) {
    if (row.name == name) return row.state;
  }
  return Error(cat("unknown state ", quote(name), " of a step"));
}

// Of the order's text: it says what an older fetcher would not heed.
constexpr int kOrderVersion = 5;

void write_limits(JsonWriter& json, const ExtractLimits& limits) {
  json.key("extract_limits").begin_object();
  for (const LimitRow& row : extract_limit_rows()) json.member(row.key, limits.*row.value);
  json.end_object();
}

Result<ExtractLimits> read_limits(const JsonValue& object) {
  ExtractLimits limits;
  for (const LimitRow& row : extract_limit_rows()) {
    limits.*row.value = TRY(sandbox::read_number<std::uint64_t>(object, row.key));
  }
  if (object.members.size() != extract_limit_rows().size()) {
    return Error("there are other extraction limits than the known ones");
  }
  return limits;
}

Result<std::chrono::milliseconds> read_milliseconds(const JsonValue& object,
                                                    std::string_view name) {
  return std::chrono::milliseconds(TRY(sandbox::read_number<std::int64_t>(object, name)));
}

// Bytes that need not be UTF-8 go in hexadecimal: JSON's strings cannot hold them.
std::string hex_of_text(const std::string& text) {
  return hex_of(std::as_bytes(std::span(text)));
}

void write_network(JsonWriter& json, const Network& network) {
  json.key("network").begin_object();
  json.member("proxy", network.proxy).member("no_proxy", network.no_proxy);
  json.member("ca", network.ca).member("netrc", hex_of_text(network.netrc));
  json.member("hadoop_home", network.hadoop_home);
  json.key("headers").begin_array();
  for (const OriginHeaders& each : network.headers) {
    json.begin_object().member("host", each.host).member("port", each.port);
    json.key("lines").begin_array();
    for (const std::string& line : each.lines) json.string(hex_of_text(line));
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

Result<OriginHeaders> read_headers(const JsonValue& object) {
  OriginHeaders headers;
  headers.host = TRY(sandbox::read_text(object, "host"));
  headers.port = TRY(sandbox::read_text(object, "port"));
  for (const JsonValue& line : TRY(sandbox::member_of(object, "lines", JsonKind::kArray))->items) {
    headers.lines.push_back(TRY(bytes_of_hex(line.text)));
  }
  return headers;
}

Result<Network> read_network(const JsonValue& object) {
  Network network;
  network.proxy = TRY(sandbox::read_text(object, "proxy"));
  network.no_proxy = TRY(sandbox::read_text(object, "no_proxy"));
  network.ca = TRY(sandbox::read_text(object, "ca"));
  network.netrc = TRY(bytes_of_hex(TRY(sandbox::read_text(object, "netrc"))));
  network.hadoop_home = TRY(sandbox::read_text(object, "hadoop_home"));
  for (const JsonValue& each :
       TRY(sandbox::member_of(object, "headers", JsonKind::kArray))->items) {
    network.headers.push_back(TRY(read_headers(each)));
  }
  return network;
}

void write_transfers(JsonWriter& json, const TransferSettings& transfers) {
  json.key("transfers").begin_object();
  json.member("parallel", std::uint64_t{transfers.parallel});
  json.member("retries", std::uint64_t{transfers.retry.retries});
  json.key("connect_ms").integer(transfers.limits.connect.count());
  json.key("stall_ms").integer(transfers.limits.stall.count());
  json.key("total_ms").integer(transfers.limits.total.count());
  json.member("max_bytes", transfers.limits.max_bytes);
  json.key("revalidate_ms").integer(transfers.revalidate.count());
  write_network(json, transfers.network);
  json.end_object();
}

Result<TransferSettings> read_transfers(const JsonValue& object) {
  TransferSettings transfers;
  transfers.parallel = TRY(sandbox::read_number<unsigned>(object, "parallel"));
  transfers.retry.retries = TRY(sandbox::read_number<unsigned>(object, "retries"));
  transfers.limits.connect = TRY(read_milliseconds(object, "connect_ms"));
  transfers.limits.stall = TRY(read_milliseconds(object, "stall_ms"));
  transfers.limits.total = TRY(read_milliseconds(object, "total_ms"));
  transfers.limits.max_bytes = TRY(sandbox::read_number<std::uint64_t>(object, "max_bytes"));
  transfers.revalidate = TRY(read_milliseconds(object, "revalidate_ms"));
  transfers.network =
      TRY(read_network(*TRY(sandbox::member_of(object, "network", JsonKind::kObject))));
  return transfers;
}

void write_cache_limits(JsonWriter& json, const CacheLimits& limits) {
  json.key("cache_limits").begin_object();
  json.member("max_bytes", limits.max_bytes);
  json.member("free_space_reserve", limits.free_space_reserve);
  json.key("lock_patience_ms").integer(limits.lock_patience.count());
  json.end_object();
}

Result<CacheLimits> read_cache_limits(const JsonValue& object) {
  CacheLimits limits;
  limits.max_bytes = TRY(sandbox::read_number<std::uint64_t>(object, "max_bytes"));
  limits.free_space_reserve =
      TRY(sandbox::read_number<std::uint64_t>(object, "free_space_reserve"));
  limits.lock_patience = TRY(read_milliseconds(object, "lock_patience_ms"));
  return limits;
}

void write_materialization(JsonWriter& json, const Materialization& materialization) {
  json.key("materialization").begin_object().flag("overlay", materialization.overlay);
  json.member("sharing", name_of(materialization.sharing)).end_object();
}

Result<Materialization> read_materialization(const JsonValue& object) {
  const auto sharing = sharing_of_name(TRY(sandbox::read_text(object, "sharing")));
  if (!sharing) return Error("unknown way of sharing").hint(kReinstall);
  return Materialization{TRY(sandbox::read_flag(object, "overlay")), *sharing, {}};
}

}  // namespace

std::string to_json(const WorkOrder& order) {
  JsonWriter json;
  json.begin_object().member("version", std::uint64_t{kOrderVersion});
  json.flag("has_cache", order.has_cache).flag("offline", order.plan.offline);
  json.flag("show_progress", order.show_progress).flag("prefetch", order.prefetch);
  write_materialization(json, order.plan.materialization);
  write_limits(json, order.plan.extract_limits);
  write_transfers(json, order.plan.transfers);
  write_cache_limits(json, order.plan.cache_limits);
  json.key("steps").begin_array();
  for (std::size_t i = 0; i < order.plan.steps.size(); ++i) {
    write_step(json, order.plan.steps[i], state_of(order, i));
  }
  json.end_array().end_object();
  return json.str();
}

Result<WorkOrder> parse_work_order(std::string_view text) {
  const auto document = sandbox::parse_json(text, kWorkOrderMaxBytes);
  if (!document) return Error(cat("the work order is not JSON: ", document.error().what));
  const JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != kOrderVersion) {
    return Error(
               "the work order is of another version: slipway and slipway-fetcher do not belong "
               "together")
        .hint(kReinstall);
  }
  WorkOrder order;
  order.has_cache = TRY(sandbox::read_flag(root, "has_cache"));
  order.plan.offline = TRY(sandbox::read_flag(root, "offline"));
  order.show_progress = TRY(sandbox::read_flag(root, "show_progress"));
  order.prefetch = TRY(sandbox::read_flag(root, "prefetch"));
  order.plan.materialization = TRY(
      read_materialization(*TRY(sandbox::member_of(root, "materialization", JsonKind::kObject))));
  order.plan.transfers =
      TRY(read_transfers(*TRY(sandbox::member_of(root, "transfers", JsonKind::kObject))));
  order.plan.cache_limits =
      TRY(read_cache_limits(*TRY(sandbox::member_of(root, "cache_limits", JsonKind::kObject))));
  order.plan.extract_limits =
      TRY(read_limits(*TRY(sandbox::member_of(root, "extract_limits", JsonKind::kObject))));
  for (const JsonValue& each : TRY(sandbox::member_of(root, "steps", JsonKind::kArray))->items) {
    order.plan.steps.push_back(TRY(read_step(each)));
    order.states.push_back(TRY(read_state(each)));
  }
  return order;
}

}  // namespace slipway::fetcher
