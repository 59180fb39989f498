#include "fetcher/cache/tree_manifest.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "fetcher/base/digest.h"
#include "fetcher/cache/cache_entry.h"
#include "fetcher/cache/tree_damage.h"
#include "sandbox/base/sys.h"
#include "sandbox/base/text.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;
constexpr char kKinds[] = {'f', 'd', 'l'};
constexpr char kNoHash[] = "-";

Error damaged() {
  return tree_damage("the manifest of the cached tree is damaged");
}

// The words of a line, up to the path.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  Result<std::string_view> word() {
    const std::size_t blank = rest_.find(' ');
    if (blank == std::string_view::npos) return damaged();
    const std::string_view found = rest_.substr(0, blank);
    rest_.remove_prefix(blank + 1);
    return found;
  }
  template <class Number>
  Result<Number> number(int base = 10) {
    return parse<Number>(TRY(word()), base);
  }
  Result<timespec> time() {
    const auto text = TRY(word());
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return damaged();
    const auto seconds = TRY(parse<time_t>(text.substr(0, dot), 10));
    const auto nanoseconds = TRY(parse<long>(text.substr(dot + 1), 10));
    return timespec{seconds, nanoseconds};
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  template <class Number>
  static Result<Number> parse(std::string_view text, int base) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return damaged();
    return number;
  }

  std::string_view rest_;
};

Result<ManifestEntry::Kind> kind_of(std::string_view word) {
  const auto* found = std::ranges::find(kKinds, word.size() == 1 ? word.front() : '\0');
  if (found == std::end(kKinds)) return damaged();
  return static_cast<ManifestEntry::Kind>(found - std::begin(kKinds));
}

std::string octal(mode_t mode) {
  char text[16];
  const auto done = std::to_chars(text, text + sizeof text, mode, 8);
  return {text, done.ptr};
}

Result<ManifestEntry> parse(std::string_view text) {
  Words words(text);
  ManifestEntry entry;
  entry.kind = TRY(kind_of(TRY(words.word())));
  entry.mode = TRY(words.number<mode_t>(8));
  entry.inode = TRY(words.number<std::uint64_t>());
  entry.links = TRY(words.number<std::uint64_t>());
  entry.size = TRY(words.number<std::uint64_t>());
  entry.modified = TRY(words.time());
  entry.changed = TRY(words.time());
  const auto hash = TRY(words.word());
  if (hash != kNoHash) entry.sha256 = hash;
  if ((entry.kind == ManifestEntry::Kind::kFile) != is_sha256_name(entry.sha256)) return damaged();
  const auto path = sandbox::SandboxPath::parse(words.rest());
  if (!path) return damaged();
  entry.path = path->str();
  return entry;
}

}  // namespace

std::string to_record(const ManifestEntry& entry) {
  std::string out =
      cat(kKinds[static_cast<std::size_t>(entry.kind)], ' ', octal(entry.mode), ' ', entry.inode,
          ' ', entry.links, ' ', entry.size, ' ', entry.modified.tv_sec, '.',
          entry.modified.tv_nsec, ' ', entry.changed.tv_sec, '.', entry.changed.tv_nsec, ' ',
          entry.sha256.empty() ? std::string(kNoHash) : entry.sha256, ' ', entry.path);
  out += '\0';
  out += entry.target;
  out += '\0';
  return out;
}

Result<std::optional<ManifestEntry>> ManifestReader::next() {
  const auto first = TRY(field());
  if (!first) return std::optional<ManifestEntry>();
  ManifestEntry entry = TRY(parse(*first));
  auto target = TRY(field());
  if (!target) return damaged();
  if ((entry.kind == ManifestEntry::Kind::kSymlink) == target->empty()) return damaged();
  entry.target = *std::move(target);
  return std::optional(std::move(entry));
}

Result<std::string> hash_of_first(std::uint64_t entries, int fd) {
  ManifestReader reader(fd);
  Sha256 hash;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto entry = TRY(reader.next());
    if (!entry) break;
    const std::string record = to_record(*entry);
    hash.update(std::as_bytes(std::span(record)));
  }
  return hash.finish_hex();
}

// The text up to the next NUL; nothing where there is no more.
Result<std::optional<std::string>> ManifestReader::field() {
  std::string out;
  for (;;) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto nul = std::find(from, to, std::byte{0});
    out.append(reinterpret_cast<const char*>(buffer_.data()) + begin_,
               static_cast<std::size_t>(nul - from));
    begin_ += static_cast<std::size_t>(nul - from);
    if (nul != to) {
      ++begin_;
      return std::optional(std::move(out));
    }
    if (out.size() > kBuffer) return damaged();  // no path is that long
    buffer_.resize(kBuffer);
    begin_ = 0;
    end_ = TRY(sys::read_at(fd_, buffer_, offset_));
    offset_ += end_;
    if (end_ != 0) continue;
    if (!out.empty()) return damaged();
    return std::optional<std::string>();
  }
}

}  // namespace slipway::fetcher
