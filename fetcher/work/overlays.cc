#include "fetcher/work/overlays.h"

#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/text.h"
#include "sandbox/json.h"
#include "sandbox/json_read.h"
#include "sandbox/json_writer.h"
#include "sandbox/path.h"
#include "sandbox/private_dir.h"

namespace slipway::fetcher {

namespace {

Result<OverlayDirectory> read_directory(const sandbox::JsonValue& object) {
  OverlayDirectory directory{TRY(sandbox::read_text(object, "name")), {}};
  const auto path = TRY(sandbox::SandboxPath::parse(directory.name));
  if (path.str() != directory.name || path.components().size() != 1 || sandbox::is_private(path)) {
    return Error(cat(quote(directory.name), " is not the name of a directory"));
  }
  const auto* trees = TRY(sandbox::member_of(object, "trees", sandbox::JsonKind::kArray));
  for (const auto& each : trees->items) {
    if (!is_sha256_name(each.text)) return Error("not the key of a tree");
    directory.trees.push_back(each.text);
  }
  if (directory.trees.empty() || directory.trees.size() > kMostTreesOfDirectory) {
    return Error(cat(quote(directory.name), " has ", directory.trees.size(), " trees"));
  }
  return directory;
}

}  // namespace

std::string overlay_place(const Overlays& overlays, std::size_t index) {
  return cat("overlay/", overlays.number, '/', index);
}

std::string overlay_source(const OverlayDirectory& directory, const std::string& upper) {
  return cat(kTreeSource, join(directory.trees, ","), ',', upper);
}

std::string upper_word(const struct stat& upper) {
  return cat('@', upper.st_dev, ':', upper.st_ino);
}

std::string to_json(const Overlays& overlays) {
  sandbox::JsonWriter json;
  json.begin_object().member("version", std::uint64_t{1}).member("cache", overlays.cache);
  json.member("number", overlays.number);
  json.key("directories").begin_array();
  for (const OverlayDirectory& each : overlays.directories) {
    json.begin_object().member("name", each.name).key("trees").begin_array();
    for (const std::string& key : each.trees) json.string(key);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.str() + "\n";
}

Result<Overlays> parse_overlays(std::string_view text) {
  const auto document = sandbox::parse_json(text);
  if (!document || !document->duplicates.empty()) return Error("not the JSON of overlays");
  const sandbox::JsonValue& root = document->root;
  if (TRY(sandbox::read_number<int>(root, "version")) != 1) return Error("of another version");
  Overlays overlays;
  overlays.cache = TRY(sandbox::read_text(root, "cache"));
  overlays.number = TRY(sandbox::read_number<std::uint64_t>(root, "number"));
  const auto* directories = TRY(sandbox::member_of(root, "directories", sandbox::JsonKind::kArray));
  for (const auto& each : directories->items) {
    overlays.directories.push_back(TRY(read_directory(each)));
  }
  return overlays;
}

}  // namespace slipway::fetcher
