#include "fetcher/plan/uri.h"

#include <algorithm>
#include <optional>

#include "sandbox/base/text.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

// What Mesos refuses, and every other control character: none has business in a URI, and each is a
// way to forge a log line or a request.
Result<void> check_characters(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return Error("contains a NUL byte");
    if (c == '\\') return Error("contains a backslash");
    if (c == '\'') return Error("contains a single quote");
    if (byte < 0x20 || byte == 0x7f) return Error("contains a control character");
  }
  return {};
}

bool is_scheme_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

Scheme scheme_named(std::string_view name) {
  for (const auto& row : kSchemes) {
    if (row.name == name) return row.scheme;
  }
  return Scheme::kHadoop;
}

}  // namespace

std::string redact_uri(std::string_view text) {
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) {
    if (text.starts_with('/') && !text.starts_with("//")) return std::string(text);
    // No path that could be fetched, but perhaps a URI with a slash too few: then what stands
    // before an '@' may be a password, and what follows a '?' a query.
    const std::size_t at = text.rfind('@');
    const std::string_view shown = text.substr(at == std::string_view::npos ? 0 : at);
    const std::size_t query = shown.find_first_of("?#");
    return cat(at == std::string_view::npos ? "" : "…", shown.substr(0, query),
               query == std::string_view::npos ? "" : "?…");
  }
  const std::string_view rest = text.substr(separator + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::size_t at = rest.substr(0, authority_end).rfind('@');
  // A password with a '/', '?' or '#' in it ends the authority too early: what looks like a port is
  // the start of the password then, and its end is an '@' further on.
  const std::string_view authority = rest.substr(0, authority_end);
  const std::size_t colon =
      at == std::string_view::npos ? authority.find(':') : std::string_view::npos;
  if (colon != std::string_view::npos &&
      !(authority.starts_with('[') && authority.find(']') != std::string_view::npos) &&
      authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos &&
      rest.find('@', authority_end) != std::string_view::npos) {
    return cat(text.substr(0, separator), "://…");
  }
  const std::string_view shown = rest.substr(at == std::string_view::npos ? 0 : at + 1);
  const std::size_t query = shown.find_first_of("?#");
  std::string out = cat(text.substr(0, separator), "://", shown.substr(0, query));
  if (query != std::string_view::npos && shown[query] == '?') out += "?…";
  return out;
}

Result<Uri> Uri::parse(std::string_view text) {
  // Mesos trims blanks in front (MESOS-2862), not behind.
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  if (text.empty()) return Error("is empty");
  TRY(check_characters(text));
  Uri uri;
  uri.text_ = text;
  uri.redacted_ = redact_uri(text);
  if (const std::size_t pin = find_pin(text); pin != std::string_view::npos) {
    uri.pin_ = TRY(Pin::parse(text.substr(pin + 1)));
    text = text.substr(0, pin);
    uri.redacted_ = redact_uri(text);
  }
  const std::size_t separator = text.find("://");
  // Mesos: a scheme has at least two letters.
  if (separator == std::string_view::npos || separator < 2) {
    TRY(uri.parse_local(text));
    return uri;
  }
  uri.scheme_name_ = lower(text.substr(0, separator));
  if (uri.scheme_name_ != "file") {
    TRY(uri.parse_network(text));
    return uri;
  }
  std::string_view path = text.substr(separator + 3);
  if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
  if (!path.starts_with('/')) {
    return Error("names another host or no absolute path: write file:///PATH");
  }
  TRY(uri.parse_local(path));
  return uri;
}

Result<Uri> Uri::pinned(const Pin& pin) const {
  if (!pin_) return parse(cat(text_, '#', pin.str()));
  if (*pin_ != pin) return Error("has another checksum in its fragment");
  return *this;
}

Result<Uri> Uri::below(std::string_view frameworks_home) const {
  Uri uri = TRY(parse(cat(frameworks_home, '/', text_)));
  // Perhaps it was meant as a URI, and holds a password.
  uri.redacted_ = cat(frameworks_home, '/', redacted_);
  return uri;
}

bool Uri::is_shown_whole() const {
  return redacted_ == std::string_view(text_).substr(0, find_pin(text_));
}

Result<void> Uri::parse_local(std::string_view path) {
  scheme_ = Scheme::kFile;
  if (path.empty()) return Error("is empty");
  if (path.back() == '/') return Error("ends in '/': a directory cannot be fetched");
  // ".." is left for the kernel to resolve, as for every path that names a source.
  target_ = path;
  file_name_ = after_last_slash(path);
  shown_file_name_ = file_name_;
  return {};
}

Result<void> Uri::parse_network(std::string_view unpinned) {
  const std::string_view rest = unpinned.substr(unpinned.find("://") + 3);
  if (!is_scheme_name(scheme_name_))
    return Error("is a Malformed URI (not a scheme in front of '://')");
  scheme_ = scheme_named(scheme_name_);
  const std::size_t slash = rest.find('/');
  // hdfs:///path: the client's own default file system.
  if (slash == 0 && scheme_ != Scheme::kHadoop) return Error("is a Malformed URI (missing host)");
  if (slash == std::string_view::npos || slash + 1 >= rest.size()) {
    return Error("is a Malformed URI (missing path): a file is fetched, and it names none");
  }
  if (scheme_ == Scheme::kHadoop) {
    // All of it is a path there (org.apache.hadoop.fs.Path): no fragment, and nothing is decoded.
    target_ = unpinned;
    const std::string_view path = rest.substr(0, rest.find('?'));
    const std::size_t hash = path.find('#', slash);
    // Not what a password with a '/' and a '#' in it could end in.
    const bool shown = rest.find('@', slash) == std::string_view::npos;
    if (hash != std::string_view::npos && shown) redacted_ += path.substr(hash);
  } else {
    if (rest.find(' ') != std::string_view::npos) return Error("contains a blank: write %20");
    target_ = unpinned.substr(0, unpinned.find('#'));
    const bool ftp = scheme_ == Scheme::kFtp || scheme_ == Scheme::kFtps;
    const std::string_view path = rest.substr(0, rest.find_first_of("?#", slash));
    if (ftp && path.ends_with('/')) return Error("ends in '/': a directory cannot be fetched");
  }
  file_name_ = after_last_slash(rest);
  const std::size_t query = rest.find('?');
  shown_file_name_ = after_last_slash(rest.substr(0, query));
  if (query != std::string_view::npos) {
    shown_file_name_ =
        rest.find('/', query) == std::string_view::npos ? shown_file_name_ + "?…" : "…";
  }
  // Where nothing of it may be shown, the text after its last '/' may be the end of a password.
  if (redacted_.ends_with("://…")) shown_file_name_ = "…";
  return {};
}

}  // namespace slipway::fetcher
