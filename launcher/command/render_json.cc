#include "fetcher/base/automatic_size.h"
#include "fetcher/plan/settings.h"
#include "launcher/base/secret_mask.h"
#include "launcher/command/render.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonWriter;

std::string_view name_of(SandboxState state) {
  switch (state) {
    case SandboxState::kExisting:
      return "existing";
    case SandboxState::kAgents:
      return "agents";
    case SandboxState::kToMake:
      return "to-make";
    case SandboxState::kTemporary:
      return "temporary";
  }
  return "";
}

std::string_view name_of(mounts::Privilege privilege) {
  switch (privilege) {
    case mounts::Privilege::kRealRoot:
      return "root";
    case mounts::Privilege::kRootForUser:
      return "root-for-user";
    case mounts::Privilege::kOrdinaryUser:
      return "ordinary-user";
  }
  return "";
}

void write_fetch(JsonWriter& json, const Plan& plan) {
  json.key("fetch").begin_array();
  for (const auto& step : plan.fetch.steps) {
    json.begin_object();
    json.member("uri", step.uri.redacted()).member("scheme", step.uri.scheme_name());
    json.member("destination", step.shown_destination).flag("executable", step.executable);
    json.key("extract");
    step.extract ? json.string(fetcher::name_of(*step.extract)) : json.null();
    json.flag("keep_archive", step.keep_archive);
    json.member("treatment", fetcher::describe_treatment(step));
    json.key("checksum");
    step.uri.pin() ? json.string(step.uri.pin()->str()) : json.null();
    // Of an earlier launch the record has neither.
    json.key("cache");
    plan.is_earlier ? json.null() : json.string(fetcher::name_of(step.decision));
    json.member("reason", step.reason).end_object();
  }
  json.end_array().key("starts_fetcher");
  plan.is_earlier ? json.null() : json.boolean(fetcher::needs_fetcher(plan.fetch));
}

void write_settings(JsonWriter& json, const Plan& plan) {
  json.key("settings").begin_array();
  for (const ShownSetting& each : plan.settings) {
    json.begin_object().member("table", each.table).member("key", each.key);
    json.member("value", each.value)
        .member("default", each.usual)
        .member("from", each.is_usual() ? "default" : each.from);
    json.end_object();
  }
  json.end_array();
}

void write_limits(JsonWriter& json, const Plan& plan) {
  json.key("extract_limits").begin_object();
  for (const auto& row : fetcher::extract_limit_rows()) {
    const std::uint64_t value = plan.fetch.extract_limits.*row.value;
    if (value == fetcher::kAutomaticSize) {
      json.member(row.key, limit_text(row, plan.fetch.extract_limits));
    } else {
      json.member(row.key, value);
    }
  }
  json.end_object();
}

void write_exec(JsonWriter& json, const Plan& plan) {
  json.key("exec").begin_object();
  json.key("file");
  plan.exec.file.empty() ? json.null() : json.string(mask_secrets(plan.exec.file));
  json.member("lookup", plan.exec.lookup == Lookup::kExact ? "exact" : "sandbox-then-path");
  json.key("argv").begin_array();
  for (const std::string& word : mask_secrets(plan.exec.argv)) json.string(word);
  json.end_array();
  // Of an earlier launch the record has neither.
  json.key("stdio");
  if (plan.is_earlier) {
    json.null();
  } else {
    json.string(plan.stdio == sandbox::Stdio::kInherit ? "inherit" : "sandbox");
  }
  json.key("supervision");
  if (plan.supervision && !plan.is_earlier) {
    const auto kill_after = static_cast<std::uint64_t>(plan.supervision->kill_after.count());
    json.begin_object().member("kill_after_ms", kill_after).end_object();
  } else {
    json.null();
  }
  json.key("environment").begin_array();
  for (const auto& variable : plan.exec.environment.variables()) {
    json.begin_object().member("name", variable.name).key("value");
    sandbox::looks_secret(variable.name) ? json.null() : json.string(mask_secrets(variable.value));
    json.member("source", source_of(plan, variable)).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string render_json(const Plan& plan) {
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().member("version", std::uint64_t{1});
  json.member("executor", plan.executor).member("task_prefix", plan.task_prefix);
  json.key("user").begin_object().member("name", plan.task_user.name);
  json.member("uid", std::uint64_t{plan.task_user.uid})
      .member("gid", std::uint64_t{plan.task_user.gid});
  json.member("privilege", name_of(plan.privilege)).member("from", plan.user_from).end_object();
  json.key("resources").begin_object();
  if (plan.resources.cpus) json.key("cpus").real(*plan.resources.cpus);
  if (plan.resources.mem_mb) json.member("mem_mb", *plan.resources.mem_mb);
  json.end_object();
  json.key("sandbox").begin_object().member("path", plan.sandbox.path.str());
  json.member("state", name_of(plan.sandbox.state));
  json.member("from", plan.sandbox_from).end_object();
  json.key("cache_directory");
  plan.cache ? json.string(plan.cache->path.str()) : json.null();
  json.member("cache_from", plan.cache_from).member("cache_policy", plan.cache_policy);
  json.key("materialize").begin_object().flag("overlay", plan.fetch.materialization.overlay);
  json.member("reflink", fetcher::name_of(plan.fetch.materialization.sharing));
  json.member("reason", plan.fetch.materialization.reason).end_object();
  json.flag("earlier", plan.is_earlier);
  write_fetch(json, plan);
  json.key("settings_file");
  plan.settings_file.empty() ? json.null() : json.string(plan.settings_file);
  write_settings(json, plan);
  write_limits(json, plan);
  json.key("mounts").begin_array();
  for (const auto& step : plan.mounts.steps) json.string(mounts::describe(step));
  json.end_array();
  write_exec(json, plan);
  json.key("warnings").begin_array();
  for (const Remark& each : plan.warnings) {
    json.begin_object().member("code", id_of(each.code)).member("message", each.text).end_object();
  }
  json.end_array().end_object();
  return json.str() + "\n";
}

}  // namespace slipway::launcher
