#include "sandbox/path.h"

#include <algorithm>
#include <climits>

#include "sandbox/base/text.h"

namespace slipway::sandbox {

namespace {

// The components of `text`, "." and empty ones dropped.
Result<std::vector<std::string>> clean_components(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return Error("contains a NUL byte");
  if (text.size() >= PATH_MAX) return Error(cat("is longer than ", PATH_MAX - 1, " bytes"));
  std::vector<std::string> components;
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    const std::string_view component = text.substr(0, slash);
    text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
    if (component.empty() || component == ".") continue;
    if (component == "..") return Error("contains '..'");
    if (component.size() > NAME_MAX) {
      return Error(cat("has a component longer than ", NAME_MAX, " bytes"));
    }
    components.emplace_back(component);
  }
  return components;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> components;
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    if (slash != 0) components.emplace_back(text.substr(0, slash));
    text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
  }
  return components;
}

// True where `text` is a relative path that needs no cleaning. Most are: this allocates nothing.
bool is_clean(std::string_view text) {
  if (text.empty() || text.size() >= PATH_MAX || text.find('\0') != std::string_view::npos) {
    return false;
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view component = text.substr(start, end - start);
    if (component.empty() || component == "." || component == "..") return false;
    if (component.size() > NAME_MAX) return false;
    start = end + 1;
  }
  return true;
}

bool is_prefix_of(std::string_view outer, std::string_view inner) {
  return inner == outer ||
         (inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/');
}

}  // namespace

Result<AbsolutePath> AbsolutePath::parse(std::string_view text) {
  if (text.empty()) return Error("is empty");
  if (text.front() != '/') return Error(cat(quote(text), " is not an absolute path"));
  const auto components = TRY(clean_components(text).context(quote(text)));
  return AbsolutePath(components.empty() ? "/" : cat('/', join(components, "/")));
}

AbsolutePath AbsolutePath::parent() const {
  const std::size_t slash = text_.rfind('/');
  return AbsolutePath(slash == 0 ? "/" : text_.substr(0, slash));
}

std::string AbsolutePath::name() const {
  return std::string(after_last_slash(text_));
}

AbsolutePath AbsolutePath::child(std::string_view name) const {
  return AbsolutePath(is_root() ? cat('/', name) : cat(text_, '/', name));
}

std::vector<std::string> AbsolutePath::components() const {
  return split(text_);
}

bool AbsolutePath::contains(const AbsolutePath& other) const {
  return is_root() || is_prefix_of(text_, other.text_);
}

Result<SandboxPath> SandboxPath::parse(std::string_view text) {
  if (is_clean(text)) return SandboxPath(std::string(text));
  if (text.empty()) return Error("is empty");
  if (text.front() == '/') return Error(cat(quote(text), " is not a relative path"));
  const auto components = TRY(clean_components(text).context(quote(text)));
  if (components.empty()) return Error(cat(quote(text), " names the sandbox itself"));
  return SandboxPath(join(components, "/"));
}

std::string SandboxPath::name() const {
  return std::string(after_last_slash(text_));
}

std::string SandboxPath::parent_str() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string() : text_.substr(0, slash);
}

std::vector<std::string> SandboxPath::components() const {
  return split(text_);
}

bool SandboxPath::contains(const SandboxPath& other) const {
  return is_prefix_of(text_, other.text_);
}

}  // namespace slipway::sandbox
