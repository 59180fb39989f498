// A URI of an entry, parsed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fetcher/plan/pin.h"
#include "fetcher/plan/scheme.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Rules of mesos-fetcher (src/slave/containerizer/fetcher.cpp: basename, uriToLocalPath),
// tightened: white space in front is dropped; what starts with file:// or contains no "://" is a
// local path, taken literally (no percent-decoding), "file://localhost/x" is "/x"; anything else is
// a network URI. Ours: a checksum may stand behind it, "#sha256=<hex>" or "#sha512=<hex>", which is
// neither sent nor part of any name. Ensures: no control character, backslash or single quote; a
// local path is absolute, unless is_relative(); a network URI has a host, a path and no blank, but
// one for the hadoop client only a path. Errors repeat nothing of the text.
class Uri {
 public:
  static Result<Uri> parse(std::string_view text);

  // This URI with a checksum, or with the same one. Error: it has another one already.
  [[nodiscard]] Result<Uri> pinned(const Pin& pin) const;
  // A relative path below that directory, an absolute path (Mesos: the agent's --frameworks_home).
  [[nodiscard]] Result<Uri> below(std::string_view frameworks_home) const;

  [[nodiscard]] Scheme scheme() const { return scheme_; }
  // As people write it: "hdfs" for a URI of the hadoop client.
  [[nodiscard]] const std::string& scheme_name() const { return scheme_name_; }
  [[nodiscard]] bool is_local() const { return scheme_ == Scheme::kFile; }
  // A plain path that needs a directory to start from: it cannot be fetched as it is.
  [[nodiscard]] bool is_relative() const { return is_local() && !target_.starts_with('/'); }
  [[nodiscard]] const std::optional<Pin>& pin() const { return pin_; }
  // As it was given: what the cache's key is made of.
  [[nodiscard]] const std::string& str() const { return text_; }
  // What is asked for: the path of a local file; a network URI without its fragment; a URI for the
  // hadoop client as it is, less its checksum.
  [[nodiscard]] const std::string& target() const { return target_; }
  // The text after the last '/', a query included; empty for a URI that ends in '/'.
  [[nodiscard]] const std::string& file_name() const { return file_name_; }

  // For people: without user name, password and query. "http://host/path?…".
  [[nodiscard]] const std::string& redacted() const { return redacted_; }
  // Whether that, with the checksum, is all of it: no user name, password, query or fragment.
  [[nodiscard]] bool is_shown_whole() const;
  // The file name as it may be shown: without what came from the query.
  [[nodiscard]] const std::string& shown_file_name() const { return shown_file_name_; }

 private:
  Uri() = default;
  Result<void> parse_local(std::string_view path);
  Result<void> parse_network(std::string_view unpinned);

  Scheme scheme_ = Scheme::kFile;
  std::string scheme_name_ = "file";
  std::optional<Pin> pin_;
  std::string text_, target_, file_name_, redacted_, shown_file_name_;
};

// Any text that is meant as a URI, fit for a message even where it is not one: userinfo and query
// are cut out by shape alone.
std::string redact_uri(std::string_view text);

}  // namespace slipway::fetcher
