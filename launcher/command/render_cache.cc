#include "launcher/command/render_cache.h"

#include <algorithm>
#include <string_view>

#include "sandbox/base/text.h"
#include "sandbox/json_writer.h"

namespace slipway::launcher {

namespace {

using fetcher::CatalogItem;
using fetcher::CatalogTree;
using sandbox::JsonWriter;

std::string age_text(std::int64_t seconds) {
  if (seconds < 0) seconds = 0;  // a clock that was set back makes nothing older than it is
  if (seconds < 60) return cat(seconds, 's');
  if (seconds < 60 * 60) return cat(seconds / 60, 'm');
  if (seconds < 48 * 60 * 60) return cat(seconds / 3600, 'h');
  return cat(seconds / 86400, 'd');
}

// Rounded down to a tenth: "1.5 MiB".
std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return cat(bytes, " B");
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (unit + 1 < std::size(kUnits) && bytes >= std::uint64_t{1024} * 1024) {
    bytes /= 1024;
    ++unit;
  }
  return cat(bytes / 1024, '.', bytes % 1024 * 10 / 1024, ' ', kUnits[unit]);
}

std::string_view validator_of(const CatalogItem& item) {
  const auto& validators = item.entry.validators;
  if (!validators.etag.empty()) return item.entry.uri.starts_with('/') ? "file" : "etag";
  return validators.last_modified.empty() ? "none" : "date";
}

std::string column(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string finish(JsonWriter& json) {
  json.end_object();
  return json.str() + "\n";
}

JsonWriter begin() {
  JsonWriter json(JsonWriter::Layout::kIndented);
  json.begin_object().member("version", std::uint64_t{1});
  return json;
}

}  // namespace

std::string render_list_text(const std::vector<CatalogItem>& items,
                             const std::vector<CatalogTree>& trees, std::int64_t now) {
  std::string out = cat(column("SIZE", 10), column("AGE", 4), column("USED", 4),
                        column("VALIDATOR", 9), column("STATE", 6), "URI\n");
  for (const CatalogItem& item : items) {
    const std::string_view state = !item.has_content ? "gone" : item.in_use ? "in use" : "";
    out += cat(column(bytes_text(item.entry.bytes), 10),
               column(age_text(now - item.entry.fetched_at), 4),
               column(item.has_content ? age_text(now - item.last_used) : "-", 4),
               column(std::string(validator_of(item)), 9), column(std::string(state), 6),
               escape(item.entry.uri), '\n');
  }
  for (const CatalogTree& tree : trees) {
    out += cat(column(bytes_text(tree.bytes), 10), column("-", 4),
               column(age_text(now - tree.last_used), 4), column("-", 9),
               column(tree.in_use ? "in use" : "", 6), "unpacked ",
               tree.uri.empty() ? tree.archive : escape(tree.uri), '\n');
  }
  return out;
}

std::string render_list_json(const std::vector<CatalogItem>& items,
                             const std::vector<CatalogTree>& trees) {
  JsonWriter json = begin();
  json.key("entries").begin_array();
  for (const CatalogItem& item : items) {
    json.begin_object().member("uri", item.entry.uri).member("key", item.key);
    json.member("sha256", item.entry.sha256).member("bytes", item.entry.bytes);
    json.key("current_at").integer(item.entry.fetched_at);
    if (item.has_content) json.key("used_at").integer(item.last_used);
    json.member("validator", validator_of(item)).flag("has_content", item.has_content);
    json.flag("in_use", item.in_use).end_object();
  }
  json.end_array().key("trees").begin_array();
  for (const CatalogTree& tree : trees) {
    json.begin_object().member("uri", tree.uri).member("key", tree.key);
    json.member("sha256", tree.archive).member("files", tree.entries);
    json.member("bytes", tree.bytes).key("used_at").integer(tree.last_used);
    json.flag("in_use", tree.in_use).end_object();
  }
  json.end_array();
  return finish(json);
}

std::string render_totals_text(const fetcher::CacheTotals& totals) {
  const auto line = [](std::string name, std::uint64_t bytes) {
    return cat(column(std::move(name), 10), bytes_text(bytes), '\n');
  };
  return line("total", totals.stored_bytes + totals.partial_bytes) +
         line("partial", totals.partial_bytes) + line("limit", totals.bounds.limit) +
         (totals.bounds.is_known ? line("free", totals.bounds.available)
                                 : cat(column("free", 10), "unknown\n")) +
         line("reserve", totals.bounds.reserve) + cat(column("objects", 10), totals.objects, '\n') +
         cat(column("entries", 10), totals.entries, '\n') +
         cat(column("trees", 10), totals.trees, " (", bytes_text(totals.tree_bytes), ")\n");
}

std::string render_totals_json(const fetcher::CacheTotals& totals) {
  JsonWriter json = begin();
  json.member("total_bytes", totals.stored_bytes + totals.partial_bytes);
  json.member("partial_bytes", totals.partial_bytes).member("limit_bytes", totals.bounds.limit);
  if (totals.bounds.is_known) json.member("free_bytes", totals.bounds.available);
  json.member("reserve_bytes", totals.bounds.reserve);
  json.member("objects", totals.objects).member("entries", totals.entries);
  json.member("trees", totals.trees).member("tree_bytes", totals.tree_bytes);
  return finish(json);
}

std::string render_verification_text(const fetcher::Verification& verification) {
  std::string out;
  for (const auto& damage : verification.damaged) {
    const std::string_view done = damage.removed ? " (removed): " : " (cannot be removed): ";
    std::string uris;
    for (const std::string& uri : damage.uris) uris += cat(uris.empty() ? "" : ", ", escape(uri));
    out += cat("damaged", done, uris.empty() ? escape(damage.object) : uris, '\n');
  }
  for (const auto& each : verification.unverified) {
    out += cat("not verified: tree ", escape(each.tree), ": ", escape(each.why), '\n');
  }
  return out + cat(verification.objects, " objects, ", verification.trees, " trees, ",
                   bytes_text(verification.bytes), ", ", verification.damaged.size(), " damaged",
                   verification.renewed == 0
                       ? std::string()
                       : cat(", ", verification.renewed,
                             " recorded anew: moved, touched or of an earlier boot"),
                   '\n');
}

std::string render_verification_json(const fetcher::Verification& verification) {
  JsonWriter json = begin();
  json.member("objects", verification.objects).member("trees", verification.trees);
  json.member("bytes", verification.bytes);
  json.key("damaged").begin_array();
  for (const auto& damage : verification.damaged) {
    json.begin_object().member("object", damage.object).key("uris").begin_array();
    for (const std::string& uri : damage.uris) json.string(uri);
    json.end_array().flag("removed", damage.removed).end_object();
  }
  json.end_array().key("unverified").begin_array();
  for (const auto& each : verification.unverified) {
    json.begin_object().member("tree", each.tree).member("why", each.why).end_object();
  }
  json.end_array().member("renewed", verification.renewed);
  return finish(json);
}

std::string render_swept_text(const fetcher::Swept& swept) {
  return cat("removed ", swept.items, " (", bytes_text(swept.bytes), "), left ",
             bytes_text(swept.left_bytes), '\n');
}

std::string render_swept_json(const fetcher::Swept& swept) {
  JsonWriter json = begin();
  json.member("removed", swept.items).member("removed_bytes", swept.bytes);
  json.member("left_bytes", swept.left_bytes);
  return finish(json);
}

}  // namespace slipway::launcher
