// Paths that cannot be wrong. Pure: nothing here looks at a file system.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

// Ensures: starts with '/', no "." or ".." component, no empty component, no trailing '/', no NUL,
// shorter than PATH_MAX (4096), each component at most NAME_MAX (255) bytes. "/" itself is legal.
class AbsolutePath {
 public:
  // Repeated and trailing slashes and "." components are dropped; ".." is an error: what it means
  // depends on links that only the kernel can follow.
  static Result<AbsolutePath> parse(std::string_view text);
  static AbsolutePath root() { return AbsolutePath("/"); }

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool is_root() const { return text_ == "/"; }
  [[nodiscard]] AbsolutePath parent() const;  // of "/": "/"
  [[nodiscard]] std::string name() const;     // of "/": ""
  [[nodiscard]] AbsolutePath child(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> components() const;
  // True where `other` is this path or lies below it.
  [[nodiscard]] bool contains(const AbsolutePath& other) const;

  auto operator<=>(const AbsolutePath&) const = default;

 private:
  explicit AbsolutePath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A path inside the sandbox. Ensures: relative, not empty, no "." or ".." component, no empty
// component, no NUL, lengths as above.
class SandboxPath {
 public:
  // "./" in front, repeated and trailing slashes are dropped; what would name the sandbox itself,
  // ".." and absolute paths are errors.
  static Result<SandboxPath> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] std::string name() const;        // the last component
  [[nodiscard]] std::string parent_str() const;  // "" where the parent is the sandbox
  [[nodiscard]] std::vector<std::string> components() const;
  [[nodiscard]] bool contains(const SandboxPath& other) const;

  auto operator<=>(const SandboxPath&) const = default;

 private:
  explicit SandboxPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace slipway::sandbox
