#include "fetcher/transfer/network_secrets.h"

#include <strings.h>

#include <algorithm>
#include <set>

#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/settings.h"

namespace slipway::fetcher {

namespace {

// What decides how a request is understood, and what asks for another answer than the whole.
constexpr std::string_view kOwnHeaders[] = {
    "Host",     "Connection", "Content-Length", "Transfer-Encoding",   "Expect",
    "TE",       "Range",      "If-Range",       "If-None-Match",       "If-Modified-Since",
    "If-Match", "Upgrade",    "Trailer",        "If-Unmodified-Since", "Accept-Encoding",
};

bool same_name(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

Result<void> check_header(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  if (name.size() == line.size() || !is_token(name)) {
    return Error("is not a header like \"Name: value\"");
  }
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
      return Error("holds a control character");
    }
  }
  if (line.find_first_not_of(" \t", name.size() + 1) == std::string_view::npos) {
    return Error("has no value");
  }
  for (const std::string_view own : kOwnHeaders) {
    if (same_name(name, own)) return Error(cat("sets ", own, ", which slipway sets by itself"));
  }
  return {};
}

// "host:port" of an http or https URI, as the network engine will see them. A host that is written
// in a way which it would see otherwise finds no file, which is the safe side.
std::string origin_of(const Uri& uri) {
  const std::string& text = uri.target();
  const std::size_t start = text.find("://") + 3;
  std::string_view authority =
      std::string_view(text).substr(start, text.find_first_of("/?", start) - start);
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  std::string origin = lower(authority);
  const bool has_port = origin.find(':', origin.rfind(']') + 1) != std::string::npos;
  if (!has_port) origin += uri.scheme() == Scheme::kHttps ? ":443" : ":80";
  return origin;
}

// "HOST" stands for https on its own port only: nothing travels in the clear by default.
OriginHeaders origin_named(std::string_view file) {
  OriginHeaders origin{lower(file), "", {}};
  const std::size_t colon = origin.host.find(':', origin.host.rfind(']') + 1);
  if (colon == std::string::npos) return origin;
  origin.port = origin.host.substr(colon + 1);
  origin.host.resize(colon);
  return origin;
}

Result<void> read_headers(const std::set<std::string>& origins, Settings& settings) {
  const std::string& dir = settings.headers_dir;
  const Fd directory =
      TRY(sys::open_at(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY).context("headers in the settings"));
  for (const auto& entry : TRY(sys::list(directory.get()).context(quote(dir)))) {
    OriginHeaders origin = origin_named(entry.name);
    const std::string wanted = cat(origin.host, ':', origin.port.empty() ? "443" : origin.port);
    if (!origins.contains(wanted)) continue;
    const std::string path = cat(dir, '/', entry.name);
    const std::string text = TRY(sandbox::read_settings_file(path).context("headers"));
    origin.lines = TRY(parse_headers(text).context(quote(path)));
    settings.transfers.network.headers.push_back(std::move(origin));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> parse_headers(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    TRY(check_header(line).context(cat("line ", number)));
    lines.emplace_back(line);
  }
  return lines;
}

Result<void> read_network_secrets(std::span<const UriRequest> requests, Settings& settings) {
  std::set<std::string> origins;
  bool network = false;
  for (const auto& request : requests) {
    const Scheme scheme = request.uri.scheme();
    network = network || !request.uri.is_local();
    if (scheme == Scheme::kHttp || scheme == Scheme::kHttps) origins.insert(origin_of(request.uri));
  }
  if (network && !settings.netrc_file.empty()) {
    settings.transfers.network.netrc =
        TRY(sandbox::read_settings_file(settings.netrc_file).context("netrc in the settings"));
  }
  if (origins.empty() || settings.headers_dir.empty()) return {};
  return read_headers(origins, settings);
}

}  // namespace slipway::fetcher
