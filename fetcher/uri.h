// A URI of an entry, parsed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "fetcher/scheme.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// Rules of mesos-fetcher (src/slave/containerizer/fetcher.cpp: basename, uriToLocalPath),
// tightened: white space in front is dropped; what starts with file:// or contains no "://" is a
// local path, taken literally (no percent-decoding), "file://localhost/x" is "/x"; anything else is
// a network URI. Ensures: no control character, backslash or single quote; a local path is
// absolute; a network URI has a host, a path and no blank.
class Uri {
 public:
  static Result<Uri> parse(std::string_view text);

  [[nodiscard]] Scheme scheme() const { return scheme_; }
  [[nodiscard]] bool is_local() const { return scheme_ == Scheme::kFile; }
  // As it was given: what the cache's key is made of.
  [[nodiscard]] const std::string& str() const { return text_; }
  // What is asked for: the absolute path of a local file; a network URI without its fragment.
  [[nodiscard]] const std::string& target() const { return target_; }
  // The text after the last '/', a query included; empty for a URI that ends in '/'.
  [[nodiscard]] const std::string& file_name() const { return file_name_; }

  // For people: without user name, password and query. "http://host/path?…".
  [[nodiscard]] const std::string& redacted() const { return redacted_; }
  // The file name as it may be shown: without what came from the query.
  [[nodiscard]] const std::string& shown_file_name() const { return shown_file_name_; }

 private:
  Uri() = default;
  Result<void> parse_local(std::string_view path);
  Result<void> parse_network(std::string_view scheme_name, std::string_view rest);

  Scheme scheme_ = Scheme::kFile;
  std::string text_, target_, file_name_, redacted_, shown_file_name_;
};

// Any text that is meant as a URI, fit for a message even where it is not one: userinfo and query
// are cut out by shape alone.
std::string redact_uri(std::string_view text);

}  // namespace slipway::fetcher
