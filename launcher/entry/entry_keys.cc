#include "launcher/entry/entry_keys.h"

namespace slipway::launcher {

namespace {

using In = EntryObject;
using Is = ValueKind;
constexpr auto kRequired = Needed::kRequired;
constexpr auto kOptional = Needed::kOptional;
constexpr auto kBoth = KnownTo::kBoth;
constexpr auto kAurora = KnownTo::kAuroraOnly;
constexpr auto kSlipway = KnownTo::kSlipwayOnly;

// mesos.proto: ExecutorInfo, CommandInfo, Environment, Resource, Volume; what of them Aurora's
// ExecutorSettingsLoader takes.
constexpr EntryKey kKeys[] = {
    {In::kEntry, Is::kObject, "executor", kRequired, kBoth, "the ExecutorInfo", In::kExecutor},
    {In::kEntry, Is::kText, "task_prefix", kRequired, kBoth, "executor id = task_prefix + task id"},
    {In::kEntry, Is::kObjects, "volume_mounts", kOptional, kBoth, "bind mounts, in this order",
     In::kVolume},

    {In::kExecutor, Is::kNonEmptyText, "name", kRequired, kBoth,
     "what a job's ExecutorConfig(name='…') asks for"},
    {In::kExecutor, Is::kObject, "command", kRequired, kBoth, "what is run", In::kCommand},
    {In::kExecutor, Is::kObjects, "resources", kRequired, kBoth,
     "the overhead of one executor; may be []", In::kResource},
    {In::kExecutor, Is::kAnything, "executor_id", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "framework_id", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "container", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "source", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "data", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "discovery", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "shutdown_grace_period", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "labels", kOptional, kAurora},
    {In::kExecutor, Is::kAnything, "type", kOptional, kAurora},

    {In::kCommand, Is::kNonEmptyText, "value", kRequired, kBoth,
     "a line for /bin/sh -c, or with shell=false a program"},
    {In::kCommand, Is::kFlag, "shell", kOptional, kBoth, "default true"},
    {In::kCommand, Is::kTexts, "arguments", kOptional, kBoth,
     "with shell=false the whole argv: the first one is argv[0]"},
    {In::kCommand, Is::kObjects, "uris", kOptional, kBoth, "what is fetched into the sandbox",
     In::kUri},
    {In::kCommand, Is::kObject, "environment", kOptional, kBoth, "variables for the executor",
     In::kEnvironment},
    {In::kCommand, Is::kText, "user", kOptional, kBoth, "who it runs as"},

    {In::kEnvironment, Is::kObjects, "variables", kOptional, kBoth, "in this order", In::kVariable},

    {In::kVariable, Is::kNonEmptyText, "name", kRequired, kBoth, "without '='"},
    {In::kVariable, Is::kText, "value", kRequired, kBoth, "may be empty"},
    {In::kVariable, Is::kVariableType, "type", kOptional, kBoth, "VALUE"},
    // Known, so that it gets an error of its own.
    {In::kVariable, Is::kNothing, "secret", kOptional, kAurora},

    {In::kUri, Is::kNonEmptyText, "value", kRequired, kBoth,
     "http, https, ftp, ftps, file://, a path, or what a hadoop client knows; "
     "#sha256=… or #sha512=… behind it pins the content"},
    {In::kUri, Is::kFlag, "extract", kOptional, kBoth, "unpack an archive; default true"},
    {In::kUri, Is::kFlag, "executable", kOptional, kBoth,
     "chmod 0755, and no unpacking; default false"},
    {In::kUri, Is::kFlag, "cache", kOptional, kBoth, "through the cache; default false"},
    {In::kUri, Is::kNonEmptyText, "output_file", kOptional, kBoth,
     "the file's name in the sandbox, instead of what stands behind the last '/'"},
    {In::kUri, Is::kChecksum, "checksum", kOptional, kSlipway, "sha256=… or sha512=…"},

    {In::kResource, Is::kText, "name", kRequired, kBoth, "cpus or mem"},
    {In::kResource, Is::kScalarType, "type", kRequired, kBoth, "SCALAR"},
    {In::kResource, Is::kObject, "scalar", kRequired, kBoth, "how much of it", In::kScalar},
    {In::kResource, Is::kAnything, "role", kOptional, kAurora},
    {In::kResource, Is::kAnything, "ranges", kOptional, kAurora},
    {In::kResource, Is::kAnything, "set", kOptional, kAurora},

    {In::kScalar, Is::kAmount, "value", kRequired, kBoth, "cpus, or MB of memory"},

    {In::kVolume, Is::kAbsolutePath, "host_path", kRequired, kBoth, "what is mounted"},
    {In::kVolume, Is::kNonEmptyText, "container_path", kRequired, kBoth,
     "where: absolute, or relative to the sandbox"},
    {In::kVolume, Is::kMode, "mode", kRequired, kBoth, "RO or RW"},
    // Known, so that they get an error of their own.
    {In::kVolume, Is::kNothing, "source", kOptional, kAurora},
    {In::kVolume, Is::kNothing, "image", kOptional, kAurora},
};

}  // namespace

std::string_view name_of(EntryObject object) {
  switch (object) {
    case EntryObject::kEntry:
      return "entry";
    case EntryObject::kExecutor:
      return "executor";
    case EntryObject::kCommand:
      return "command";
    case EntryObject::kEnvironment:
      return "environment";
    case EntryObject::kVariable:
      return "variable";
    case EntryObject::kUri:
      return "uri";
    case EntryObject::kResource:
      return "resource";
    case EntryObject::kScalar:
      return "scalar";
    case EntryObject::kVolume:
      return "volume";
  }
  return "";
}

std::span<const EntryKey> entry_keys() {
  return kKeys;
}

const EntryKey* find_key(EntryObject in, std::string_view name) {
  for (const EntryKey& key : kKeys) {
    if (key.in == in && key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace slipway::launcher
