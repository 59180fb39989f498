#include "fetcher/cache/tree_record.h"

#include <unistd.h>

#include <atomic>

#include "fetcher/base/boot.h"
#include "fetcher/base/digest.h"
#include "fetcher/cache/cache_entry.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

// Another one whenever the same archive gives another tree: names, modes, times, links.
constexpr std::uint64_t kRules = 1;

Result<TopDirectory> read_directory(const sandbox::JsonValue& object) {
  TopDirectory directory;
  directory.name = TRY(sandbox::read_text(object, "name"));
  directory.identity = TRY(sandbox::read_text(object, "identity"));
  // It becomes a mount point's name.
  const auto path = TRY(sandbox::SandboxPath::parse(directory.name));
  if (path.str() != directory.name || path.components().size() != 1) {
    return Error("not the name of a directory");
  }
  return directory;
}

}  // namespace

std::string to_json(const TreeRecord& record) {
  sandbox::JsonWriter json;
  json.begin_object().member("version", std::uint64_t{1}).member("boot", record.boot);
  json.member("archive_sha256", record.archive_sha256);
  json.member("manifest_sha256", record.manifest_sha256).member("entries", record.entries);
  json.member("disk_bytes", record.disk_bytes).member("others", record.others);
  json.member("others_sha256", record.others_sha256);
  json.member("root_identity", record.root_identity).key("directories").begin_array();
  for (const TopDirectory& each : record.directories) {
    json.begin_object().member("name", each.name).member("identity", each.identity).end_object();
  }
  json.end_array().end_object();
  return json.str() + "\n";
}

Result<TreeRecord> parse_tree_record(std::string_view text) {
  const auto document = sandbox::parse_json(text);
  if (!document || !document->duplicates.empty()) return Error("not the JSON of a tree");
  const sandbox::JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != 1) return Error("of another version");
  TreeRecord record;
  record.boot = TRY(sandbox::read_text(root, "boot"));
  record.archive_sha256 = TRY(sandbox::read_text(root, "archive_sha256"));
  record.manifest_sha256 = TRY(sandbox::read_text(root, "manifest_sha256"));
  if (!is_sha256_name(record.manifest_sha256)) return Error("no SHA-256");
  record.entries = TRY(sandbox::read_number<std::uint64_t>(root, "entries"));
  record.disk_bytes = TRY(sandbox::read_number<std::uint64_t>(root, "disk_bytes"));
  record.others = TRY(sandbox::read_number<std::uint64_t>(root, "others"));
  record.others_sha256 = TRY(sandbox::read_text(root, "others_sha256"));
  record.root_identity = TRY(sandbox::read_text(root, "root_identity"));
  const auto* directories = TRY(sandbox::member_of(root, "directories", sandbox::JsonKind::kArray));
  for (const auto& each : directories->items) {
    record.directories.push_back(TRY(read_directory(each)));
  }
  return record;
}

std::string tree_key(std::string_view sha256, ArchiveFormat format, std::string_view file_name,
                     const ExtractLimits& limits) {
  // Only a lone .gz takes a name from its archive.
  std::string text = cat("slipway tree ", kRules, '\n', sha256, '\n', name_of(format), '\n',
                         format == ArchiveFormat::kGzip ? file_name : std::string_view(), '\n');
  // A stricter limit must refuse what a laxer one let through.
  for (const LimitRow& row : extract_limit_rows())
    text += cat(row.key, ' ', limits.*row.value, '\n');
  return sha256_hex(text);
}

std::string new_name_of_tree(std::string_view key) {
  static std::atomic<unsigned> number = 0;
  return cat(key, '.', ::getpid(), '.', since_boot().count(), '.', ++number);
}

std::string key_of_tree(std::string_view name) {
  return std::string(name.substr(0, name.find('.')));
}

bool is_set_aside(std::string_view name) {
  return name.find('.') != std::string_view::npos;
}

}  // namespace slipway::fetcher
