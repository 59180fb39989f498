#include "fetcher/cache/cache_entry.h"

#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"

namespace slipway::fetcher {

std::string to_json(const CacheEntry& entry) {
  sandbox::JsonWriter json;
  json.begin_object().member("version", std::uint64_t{1});
  json.member("sha256", entry.sha256).member("bytes", entry.bytes);
  json.member("etag", entry.validators.etag)
      .member("last_modified", entry.validators.last_modified);
  json.key("fetched_at").integer(entry.fetched_at);
  if (entry.mode) json.member("mode", std::uint64_t{*entry.mode});
  json.member("uri", entry.uri).member("generation", entry.generation);
  json.member("identity", entry.identity).member("boot", entry.boot).end_object();
  return json.str() + "\n";
}

bool is_sha256_name(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<CacheEntry> parse_cache_entry(std::string_view text) {
  const auto document = sandbox::parse_json(text);
  if (!document || !document->duplicates.empty()) return Error("not the JSON of an entry");
  const sandbox::JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != 1) return Error("of another version");
  CacheEntry entry;
  entry.sha256 = TRY(sandbox::read_text(root, "sha256"));
  if (!is_sha256_name(entry.sha256)) return Error("no SHA-256");  // it becomes a file name
  entry.bytes = TRY(sandbox::read_number<std::uint64_t>(root, "bytes"));
  entry.validators.etag = TRY(sandbox::read_text(root, "etag"));
  entry.validators.last_modified = TRY(sandbox::read_text(root, "last_modified"));
  entry.fetched_at = TRY(sandbox::read_number<std::int64_t>(root, "fetched_at"));
  if (root.find("mode") != nullptr)
    entry.mode = TRY(sandbox::read_number<mode_t>(root, "mode")) & 0777;
  entry.uri = TRY(sandbox::read_text(root, "uri"));
  entry.generation = TRY(sandbox::read_text(root, "generation"));
  // Not in entries of older versions.
  if (root.find("identity") != nullptr) entry.identity = TRY(sandbox::read_text(root, "identity"));
  if (root.find("boot") != nullptr) entry.boot = TRY(sandbox::read_text(root, "boot"));
  return entry;
}

}  // namespace slipway::fetcher
