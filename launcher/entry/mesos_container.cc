#include "launcher/entry/mesos_container.h"

#include <algorithm>
#include <iterator>

#include "launcher/entry/volume_json.h"
#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

using sandbox::AbsolutePath;
using sandbox::JsonKind;

// Volume.Source.Type, and the message that each needs.
struct SourceRow {
  std::string_view type;
  std::string_view message;
};
constexpr SourceRow kSources[] = {
    {"HOST_PATH", "host_path"},         {"SANDBOX_PATH", "sandbox_path"},
    {"DOCKER_VOLUME", "docker_volume"}, {"SECRET", "secret"},
    {"CSI_VOLUME", "csi_volume"},
};

std::optional<AbsolutePath> read_path(JsonReader& reader, const Located& object,
                                      std::string_view name) {
  const auto text = reader.required_text(object, name);
  if (!text) return std::nullopt;
  const Located at = *reader.optional(object, name);
  if (!text->empty() && !text->starts_with('/')) {
    reader.problem(at, MessageCode::kVolumePath,
                   cat(quote(*text),
                       " is relative: Mesos takes it as a path in the sandbox, slipway does "
                       "not; an absolute path of this host is expected"));
    return std::nullopt;
  }
  auto path = AbsolutePath::parse(*text);
  if (path) return *std::move(path);
  reader.problem(at, MessageCode::kVolumePath,
                 cat(path.error().message(), "; an absolute path of this host is expected"));
  return std::nullopt;
}

// What the executor mounts never leaves its private namespace: BIDIRECTIONAL cannot be served.
void check_propagation(JsonReader& reader, const Located& host_path) {
  const auto propagation = reader.optional(host_path, "mount_propagation");
  if (!propagation || !reader.expect(*propagation, JsonKind::kObject)) return;
  const auto mode = reader.optional_text(*propagation, "mode");
  if (!mode || *mode == "UNKNOWN" || *mode == "HOST_TO_CONTAINER") return;
  reader.problem(*reader.optional(*propagation, "mode"), MessageCode::kVolumeKind,
                 cat("is ", quote(*mode),
                     ": slipway can mount with HOST_TO_CONTAINER only, what the executor mounts "
                     "never appears on the host"));
}

std::optional<AbsolutePath> read_source(JsonReader& reader, const Located& source) {
  if (!reader.expect(source, JsonKind::kObject)) return std::nullopt;
  const auto type = reader.required_text(source, "type");
  if (!type) return std::nullopt;
  const auto* row = std::find_if(std::begin(kSources), std::end(kSources),
                                 [&](const SourceRow& each) { return each.type == *type; });
  if (row == std::end(kSources)) {
    reader.problem(*reader.optional(source, "type"), MessageCode::kVolumeKind,
                   cat(quote(*type), " is no type of a source; HOST_PATH is expected"));
    return std::nullopt;
  }
  const auto message = reader.required(source, row->message);
  if (!message) return std::nullopt;
  if (row->type != "HOST_PATH") {
    reader.problem(source, MessageCode::kVolumeKind,
                   cat("is a volume of the type ", row->type,
                       ", which slipway cannot mount: only paths of this host"));
    return std::nullopt;
  }
  if (!reader.expect(*message, JsonKind::kObject)) return std::nullopt;
  check_propagation(reader, *message);
  return read_path(reader, *message, "path");
}

std::optional<AbsolutePath> read_host_path(JsonReader& reader, const Located& volume) {
  const auto host_path = reader.optional(volume, "host_path");
  const auto image = reader.optional(volume, "image");
  const auto source = reader.optional(volume, "source");
  if (int{host_path.has_value()} + int{image.has_value()} + int{source.has_value()} != 1) {
    reader.problem(volume, MessageCode::kVolumeKind,
                   "Only one of them should be set: 'host_path', 'image' and 'source', and one "
                   "must be");
    return std::nullopt;
  }
  if (image) {
    reader.problem(*image, MessageCode::kVolumeKind,
                   "is a volume from an image, which slipway cannot mount: only paths of "
                   "this host");
    return std::nullopt;
  }
  return source ? read_source(reader, *source) : read_path(reader, volume, "host_path");
}

void read_mesos_volume(JsonReader& reader, const Located& at, Entry& entry) {
  if (!reader.expect(at, JsonKind::kObject)) return;
  const std::size_t problems = reader.problem_count();
  auto host_path = read_host_path(reader, at);
  auto container_path = read_container_path(reader, at);
  const auto access = read_mode(reader, at);
  if (reader.problem_count() != problems || !host_path || !container_path || !access) return;
  entry.volumes.push_back(
      mounts::VolumeSpec{*std::move(host_path), *std::move(container_path), *access});
}

bool has_image(JsonReader& reader, const Located& container) {
  const auto* type = container.value->find("type");
  if (type != nullptr && type->value.text == "DOCKER") return true;
  if (reader.optional(container, "docker")) return true;
  const auto mesos = reader.optional(container, "mesos");
  return mesos && reader.optional(*mesos, "image");
}

}  // namespace

void read_container(JsonReader& reader, const Located& at, Entry& entry) {
  if (at.value->kind == JsonKind::kString) return;
  if (!reader.expect(at, JsonKind::kObject)) return;
  if (has_image(reader, at)) {
    reader.warning(at, MessageCode::kWarnImage,
                   "the image is not used: the executor runs on this host's files");
  }
  for (const Located& each : reader.items(at, "volumes")) read_mesos_volume(reader, each, entry);
}

}  // namespace slipway::launcher
