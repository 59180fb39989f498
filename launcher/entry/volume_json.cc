#include "launcher/entry/volume_json.h"

#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

constexpr std::string_view kModes[] = {"RO", "RW"};

using sandbox::AbsolutePath;
using sandbox::JsonKind;
using sandbox::SandboxPath;

Result<mounts::Target> absolute_target(const std::string& text) {
  auto path = TRY(AbsolutePath::parse(text));
  TRY(mounts::check_container_path(path));
  return mounts::Target(std::move(path));
}

Result<mounts::Target> sandbox_target(const std::string& text) {
  auto path = TRY(SandboxPath::parse(text));
  if (sandbox::is_private(path)) {
    return Error(cat(quote(text), " is slipway's own place in the sandbox"));
  }
  return mounts::Target(std::move(path));
}

std::optional<AbsolutePath> read_host_path(JsonReader& reader, const Located& at) {
  const auto text = reader.required_text(at, "host_path");
  if (!text) return std::nullopt;
  auto path = AbsolutePath::parse(*text);
  if (path) return *std::move(path);
  reader.problem(*reader.optional(at, "host_path"), MessageCode::kVolumePath,
                 cat(path.error().message(), "; an absolute path of this host is expected"));
  return std::nullopt;
}

}  // namespace

std::optional<mounts::Target> read_container_path(JsonReader& reader, const Located& at) {
  const auto text = reader.required_text(at, "container_path");
  if (!text) return std::nullopt;
  auto target = text->starts_with('/') ? absolute_target(*text) : sandbox_target(*text);
  if (target) return *std::move(target);
  reader.problem(*reader.optional(at, "container_path"), MessageCode::kVolumePath,
                 target.error().message(),
                 target.error().remedy().empty()
                     ? "write a path below the sandbox, or an absolute one of the host"
                     : target.error().remedy());
  return std::nullopt;
}

std::optional<mounts::Access> read_mode(JsonReader& reader, const Located& at) {
  const auto text = reader.required_text(at, "mode");
  if (!text) return std::nullopt;
  if (*text == "RO") return mounts::Access::kReadOnly;
  if (*text == "RW") return mounts::Access::kReadWrite;
  reader.problem(*reader.optional(at, "mode"), MessageCode::kValue,
                 cat("is ", quote(*text), "; RO or RW is expected"), meant_word(*text, kModes));
  return std::nullopt;
}

std::optional<mounts::VolumeSpec> read_volume(JsonReader& reader, const Located& at) {
  if (!reader.expect(at, JsonKind::kObject)) return std::nullopt;
  for (const char* name : {"source", "image"}) {
    // Mesos knows them; to run without such a volume would be a lie.
    if (const auto found = reader.optional(at, name)) {
      reader.problem(*found, MessageCode::kVolumeKind,
                     "is a kind of volume that slipway cannot mount", "use a host_path");
    }
  }
  reader.warn_unknown(at, EntryObject::kVolume);
  auto host_path = read_host_path(reader, at);
  auto container_path = read_container_path(reader, at);
  const auto access = read_mode(reader, at);
  if (!host_path || !container_path || !access) return std::nullopt;
  return mounts::VolumeSpec{*std::move(host_path), *std::move(container_path), *access};
}

}  // namespace slipway::launcher
