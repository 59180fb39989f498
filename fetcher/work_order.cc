#include "fetcher/work_order.h"

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
constexpr ArchiveFormat kFormats[] = {ArchiveFormat::kTar, ArchiveFormat::kZip,
                                      ArchiveFormat::kGzip};

void write_step(JsonWriter& json, const FetchStep& step) {
  json.begin_object();
  json.member("uri", step.uri.str()).member("destination", step.destination.str());
  json.member("shown_destination", step.shown_destination).flag("executable", step.executable);
  json.member("extract", step.extract ? name_of(*step.extract) : std::string_view());
  json.flag("keep_archive", step.keep_archive);
  json.member("decision", name_of(step.decision)).member("generation", step.generation);
  json.end_object();
}

Result<FetchStep> read_step(const JsonValue& object) {
  FetchStep step{TRY(Uri::parse(TRY(sandbox::read_text(object, "uri")))),
                 TRY(sandbox::SandboxPath::parse(TRY(sandbox::read_text(object, "destination")))),
                 TRY(sandbox::read_text(object, "shown_destination")),
                 TRY(sandbox::read_flag(object, "executable")),
                 {},
                 TRY(sandbox::read_flag(object, "keep_archive")),
                 CacheDecision::kDirect,
                 TRY(sandbox::read_text(object, "generation")),
                 {}};
  const std::string format = TRY(sandbox::read_text(object, "extract"));
  for (const ArchiveFormat each : kFormats) {
    if (name_of(each) == format) step.extract = each;
  }
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

// Of the order's text: it says what an older fetcher would not heed.
constexpr int kOrderVersion = 2;

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

}  // namespace

std::string to_json(const WorkOrder& order) {
  JsonWriter json;
  json.begin_object().member("version", std::uint64_t{kOrderVersion});
  json.flag("has_cache", order.has_cache).flag("offline", order.plan.offline);
  write_limits(json, order.plan.extract_limits);
  json.key("steps").begin_array();
  for (const FetchStep& step : order.plan.steps) write_step(json, step);
  json.end_array().end_object();
  return json.str();
}

Result<WorkOrder> parse_work_order(std::string_view text) {
  const auto document = sandbox::parse_json(text, kWorkOrderMaxBytes);
  if (!document) return Error(cat("the work order is not JSON: ", document.error().what));
  const JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != kOrderVersion) {
    return Error(
        "the work order is of another version: slipway and slipway-fetcher do not belong together");
  }
  WorkOrder order;
  order.has_cache = TRY(sandbox::read_flag(root, "has_cache"));
  order.plan.offline = TRY(sandbox::read_flag(root, "offline"));
  order.plan.extract_limits =
      TRY(read_limits(*TRY(sandbox::member_of(root, "extract_limits", JsonKind::kObject))));
  for (const JsonValue& each : TRY(sandbox::member_of(root, "steps", JsonKind::kArray))->items) {
    order.plan.steps.push_back(TRY(read_step(each)));
  }
  return order;
}

}  // namespace slipway::fetcher
