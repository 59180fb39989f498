#include "launcher/entry/uri_json.h"

#include "sandbox/base/text.h"
#include "sandbox/private_dir.h"

namespace slipway::launcher {

namespace {

using sandbox::JsonKind;

// Nothing where there is none, or none that stays in the sandbox (noted).
std::optional<sandbox::SandboxPath> read_output_file(JsonReader& reader, const Located& at) {
  const auto text = reader.optional_text(at, "output_file");
  if (!text) return std::nullopt;
  auto path = fetcher::parse_output_file(*text);
  if (path) return *std::move(path);
  reader.problem(*reader.optional(at, "output_file"), MessageCode::kOutputFile,
                 cat(path.error().message(), "; a path inside the sandbox is expected"));
  return std::nullopt;
}

// The checksum of its own key, which is the same as one in the fragment.
std::optional<fetcher::Pin> read_checksum(JsonReader& reader, const Located& at) {
  const auto text = reader.optional_text(at, "checksum");
  if (!text) return std::nullopt;
  auto pin = fetcher::Pin::parse(*text);
  if (pin) return *std::move(pin);
  reader.problem(*reader.optional(at, "checksum"), MessageCode::kUri, pin.error().message());
  return std::nullopt;
}

std::optional<fetcher::Uri> read_value(JsonReader& reader, const Located& at) {
  const auto checksum = read_checksum(reader, at);
  const auto text = reader.required_text(at, "value");
  if (!text) return std::nullopt;
  auto uri = fetcher::Uri::parse(*text);
  if (uri && checksum) uri = uri->pinned(*checksum);
  if (uri) return *std::move(uri);
  reader.problem(*reader.optional(at, "value"), MessageCode::kUri,
                 cat("the URI ", quote(fetcher::redact_uri(*text)), " ", uri.error().message()));
  return std::nullopt;
}

// Mesos writes the default out, so there it says nothing.
fetcher::Said said(JsonReader& reader, const Located& at) {
  const bool written = reader.optional(at, "extract").has_value();
  return written && reader.dialect() == Dialect::kAurora ? fetcher::Said::kExplicitly
                                                         : fetcher::Said::kByDefault;
}

}  // namespace

std::optional<fetcher::UriRequest> read_uri(JsonReader& reader, const Located& at) {
  if (!reader.expect(at, JsonKind::kObject)) return std::nullopt;
  reader.warn_unknown(at, EntryObject::kUri);
  const std::size_t problems = reader.problem_count();
  const bool executable = reader.flag(at, "executable", false);
  const bool extract = reader.flag(at, "extract", true);
  const bool cache = reader.flag(at, "cache", false);
  auto output_file = read_output_file(reader, at);
  auto uri = read_value(reader, at);
  if (reader.problem_count() != problems) return std::nullopt;
  fetcher::UriRequest request{*std::move(uri), std::move(output_file),
                              executable ? fetcher::Treatment::kExecutable
                              : extract  ? fetcher::Treatment::kExtract
                                         : fetcher::Treatment::kPlain,
                              cache ? fetcher::CacheUse::kYes : fetcher::CacheUse::kNo,
                              said(reader, at)};
  const auto destination = fetcher::destination_of(request);
  if (!destination) {
    reader.problem(
        *reader.optional(at, "value"), MessageCode::kUri,
        cat("the URI ", quote(request.uri.redacted()), " ", destination.error().message()));
    return std::nullopt;
  }
  if (sandbox::is_private(*destination)) {
    reader.problem(*reader.optional(at, request.output_file ? "output_file" : "value"),
                   MessageCode::kOutputFile,
                   "would be placed at slipway's own place in the sandbox",
                   "give it another output_file");
    return std::nullopt;
  }
  return request;
}

}  // namespace slipway::launcher
