#include "tests/mesos/fetcher_info.h"

#include "sandbox/json_writer.h"

namespace slipway::tests {

namespace {

using sandbox::JsonWriter;

void write_uri(JsonWriter& json, const MesosUri& uri) {
  json.begin_object();
  json.flag("cache", uri.cache).flag("executable", uri.executable).flag("extract", uri.extract);
  if (uri.output_file) json.member("output_file", *uri.output_file);
  json.member("value", uri.value).end_object();
}

void write_item(JsonWriter& json, const FetcherItem& item) {
  json.begin_object().member("action", name_of(item.action));
  if (!item.cache_filename.empty()) json.member("cache_filename", item.cache_filename);
  json.key("uri");
  write_uri(json, item.uri);
  json.end_object();
}

}  // namespace

std::string_view name_of(FetchAction action) {
  switch (action) {
    case FetchAction::kBypassCache:
      return "BYPASS_CACHE";
    case FetchAction::kDownloadAndCache:
      return "DOWNLOAD_AND_CACHE";
    case FetchAction::kRetrieveFromCache:
      return "RETRIEVE_FROM_CACHE";
  }
  return "";
}

std::string to_json(const FetcherInfo& info) {
  JsonWriter json;
  json.begin_object().member("cache_directory", info.cache_directory);
  if (!info.frameworks_home.empty()) json.member("frameworks_home", info.frameworks_home);
  if (!info.items.empty()) {
    json.key("items").begin_array();
    for (const FetcherItem& item : info.items) write_item(json, item);
    json.end_array();
  }
  json.member("sandbox_directory", info.sandbox_directory);
  json.key("stall_timeout").begin_object();
  json.key("nanoseconds").integer(info.stall_timeout_ns).end_object();
  if (!info.user.empty()) json.member("user", info.user);
  return json.end_object().str();
}

}  // namespace slipway::tests
