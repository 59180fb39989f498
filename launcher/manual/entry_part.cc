#include "launcher/manual/entry_part.h"

#include "launcher/entry/entry_keys.h"
#include "launcher/manual/scdoc.h"
#include "sandbox/base/text.h"

namespace slipway::manual {

namespace {

using launcher::EntryObject;

struct ObjectRow {
  EntryObject object;
  std::string_view name;  // as the page's headlines have it
};
constexpr ObjectRow kObjects[] = {
    {EntryObject::kEntry, "the entry"},          {EntryObject::kExecutor, "executor"},
    {EntryObject::kCommand, "executor.command"}, {EntryObject::kEnvironment, "environment"},
    {EntryObject::kVariable, "variables[]"},     {EntryObject::kUri, "uris[]"},
    {EntryObject::kResource, "resources[]"},     {EntryObject::kScalar, "scalar"},
    {EntryObject::kVolume, "volume_mounts[]"},
};

std::string unused_keys_of(EntryObject object) {
  std::string out;
  for (const launcher::EntryKey& key : launcher::entry_keys()) {
    // What is refused has an error of its own.
    if (key.in != object || key.known_to != launcher::KnownTo::kAuroraOnly ||
        key.kind == launcher::ValueKind::kNothing) {
      continue;
    }
    out += cat(out.empty() ? "" : ", ", bold(key.name));
  }
  return out;
}

}  // namespace

std::string unused_keys() {
  std::string out;
  for (const ObjectRow& row : kObjects) {
    const std::string keys = unused_keys_of(row.object);
    if (!keys.empty()) out += definition(cat("in ", escaped(row.name)), keys);
  }
  return out;
}

}  // namespace slipway::manual
