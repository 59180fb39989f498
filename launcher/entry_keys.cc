#include "launcher/entry_keys.h"

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
    {In::kEntry, "executor", Is::kObject, kRequired, kBoth, "the ExecutorInfo", In::kExecutor},
    {In::kEntry, "task_prefix", Is::kText, kRequired, kBoth, "executor id = task_prefix + task id"},
    {In::kEntry, "volume_mounts", Is::kObjects, kOptional, kBoth, "bind mounts, in this order",
     In::kVolume},

    {In::kExecutor, "name", Is::kNonEmptyText, kRequired, kBoth,
     "what a job's ExecutorConfig(name='…') asks for"},
    {In::kExecutor, "command", Is::kObject, kRequired, kBoth, "what is run", In::kCommand},
    {In::kExecutor, "resources", Is::kObjects, kRequired, kBoth,
     "the overhead of one executor; may be []", In::kResource},
    {In::kExecutor, "executor_id", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "framework_id", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "container", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "source", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "data", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "discovery", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "shutdown_grace_period", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "labels", Is::kAnything, kOptional, kAurora},
    {In::kExecutor, "type", Is::kAnything, kOptional, kAurora},

    {In::kCommand, "value", Is::kNonEmptyText, kRequired, kBoth,
     "a line for /bin/sh -c, or with shell=false a program"},
    {In::kCommand, "shell", Is::kFlag, kOptional, kBoth, "default true"},
    {In::kCommand, "arguments", Is::kTexts, kOptional, kBoth,
     "with shell=false the whole argv: the first one is argv[0]"},
    {In::kCommand, "uris", Is::kObjects, kOptional, kBoth, "what is fetched into the sandbox",
     In::kUri},
    {In::kCommand, "environment", Is::kObject, kOptional, kBoth, "variables for the executor",
     In::kEnvironment},
    {In::kCommand, "user", Is::kText, kOptional, kBoth, "who it runs as"},

    {In::kEnvironment, "variables", Is::kObjects, kOptional, kBoth, "in this order", In::kVariable},

    {In::kVariable, "name", Is::kNonEmptyText, kRequired, kBoth, "without '='"},
    {In::kVariable, "value", Is::kText, kRequired, kBoth, "may be empty"},
    {In::kVariable, "type", Is::kVariableType, kOptional, kBoth, "VALUE"},
    // Known, so that it gets an error of its own.
    {In::kVariable, "secret", Is::kNothing, kOptional, kAurora},

    {In::kUri, "value", Is::kNonEmptyText, kRequired, kBoth,
     "http, https, ftp, ftps, file://, a path, or what a hadoop client knows; "
     "#sha256=… or #sha512=… behind it pins the content"},
    {In::kUri, "extract", Is::kFlag, kOptional, kBoth, "unpack an archive; default true"},
    {In::kUri, "executable", Is::kFlag, kOptional, kBoth,
     "chmod 0755, and no unpacking; default false"},
    {In::kUri, "cache", Is::kFlag, kOptional, kBoth, "through the cache; default false"},
    {In::kUri, "output_file", Is::kNonEmptyText, kOptional, kBoth,
     "the file's name in the sandbox, instead of what stands behind the last '/'"},
    {In::kUri, "checksum", Is::kText, kOptional, kSlipway, "sha256=… or sha512=…"},

    {In::kResource, "name", Is::kText, kRequired, kBoth, "cpus or mem"},
    {In::kResource, "type", Is::kScalarType, kRequired, kBoth, "SCALAR"},
    {In::kResource, "scalar", Is::kObject, kRequired, kBoth, "how much of it", In::kScalar},
    {In::kResource, "role", Is::kAnything, kOptional, kAurora},
    {In::kResource, "ranges", Is::kAnything, kOptional, kAurora},
    {In::kResource, "set", Is::kAnything, kOptional, kAurora},

    {In::kScalar, "value", Is::kAmount, kRequired, kBoth, "cpus, or MB of memory"},

    {In::kVolume, "host_path", Is::kAbsolutePath, kRequired, kBoth, "what is mounted"},
    {In::kVolume, "container_path", Is::kNonEmptyText, kRequired, kBoth,
     "where: absolute, or relative to the sandbox"},
    {In::kVolume, "mode", Is::kMode, kRequired, kBoth, "RO or RW"},
    // Known, so that they get an error of their own.
    {In::kVolume, "source", Is::kNothing, kOptional, kAurora},
    {In::kVolume, "image", Is::kNothing, kOptional, kAurora},
};

}  // namespace

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
