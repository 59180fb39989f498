#include "fetcher/archive/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <cerrno>

#include "fetcher/archive/member_name.h"
#include "fetcher/archive/small_files.h"
#include "fetcher/archive/tar_input.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// libarchive converts pax names from UTF-8 to the locale's charset, and on the way to a UTF-8
// locale it even composes accents. In the C locale it finds that it cannot, says so with a warning
// and hands out the bytes as they are, which is what we want. uselocale(3) is this thread's alone.
class PlainLocale {
 public:
  PlainLocale() : plain_(::newlocale(LC_ALL_MASK, "C", nullptr)), before_(::uselocale(plain_)) {}
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;
  ~PlainLocale() {
    ::uselocale(before_);
    ::freelocale(plain_);
  }

 private:
  locale_t plain_;
  locale_t before_;
};

struct FreeArchive {
  void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

extern "C" la_ssize_t give_piece(archive* reader, void* client, const void** buffer) {
  auto* input = static_cast<TarInput*>(client);
  auto piece = input->next();
  if (!piece) {
    input->failure = std::move(piece).error();
    ::archive_set_error(reader, EIO, "%s", "the source failed");
    return -1;
  }
  *buffer = piece->data();
  return static_cast<la_ssize_t>(piece->size());
}

class TarReader {
 public:
  TarReader(Reader reader, TarInput& input, Tree& into, FillPool& pool, const ExtractLimits& limits)
      : reader_(std::move(reader)), input_(input), into_(into), small_(pool), limits_(limits) {}

  Result<void> run();

 private:
  // False at the end of the archive.
  Result<bool> next_header();
  // Of the first header of the member, or of the end.
  [[nodiscard]] std::uint64_t position() const {
    return static_cast<std::uint64_t>(::archive_read_header_position(reader_.get()));
  }
  Result<void> check_metadata() const;
  Result<void> member(const std::string& raw);
  Result<void> write_member(const sandbox::SandboxPath& path, bool named_as_directory);
  Result<void> file(const sandbox::SandboxPath& path);
  Result<void> small_file(std::unique_ptr<FileSink> sink, std::size_t size, std::string name);
  Result<void> large_file(FileSink& sink);
  // Calls `take(offset, bytes)` for each piece of the member's data.
  template <class Take>
  Result<void> each_piece(const Take& take);
  Result<void> hard_link(const sandbox::SandboxPath& path);
  Result<void> no_data(std::string_view kind);
  [[nodiscard]] Attributes attributes() const;
  Error failure();

  Reader reader_;
  TarInput& input_;
  Tree& into_;
  SmallFiles small_;
  const ExtractLimits& limits_;
  archive_entry* entry_ = nullptr;  // the reader's, good until the next header
};

Error TarReader::failure() {
  if (input_.failure) return *std::move(input_.failure);
  const char* reason = ::archive_error_string(reader_.get());
  return Error(cat("damaged or cut: ", escape(reason != nullptr ? reason : "unknown error")));
}

Result<void> TarReader::run() {
  while (TRY(next_header())) {
    // The bytes, never the _utf8 or _w forms, which convert.
    const char* raw = ::archive_entry_pathname(entry_);
    if (raw == nullptr) return Error("damaged: a member without a name");
    const std::string name = raw;
    auto done = member(name);
    if (input_.is_refused()) return done;
    TRY(std::move(done).context([&] { return cat("member ", quote_member(name)); }));
  }
  TRY(input_.check_end(position()));
  return small_.flush();
}

Result<bool> TarReader::next_header() {
  // The parser keeps what the headers say, sparse maps of any length included, in memory.
  input_.expect_headers(limits_.metadata_bytes);
  const int status = ::archive_read_next_header(reader_.get(), &entry_);
  input_.expect_data();
  if (status == ARCHIVE_EOF) {
    // The end that it believes in may be an error of the source.
    if (input_.failure) return failure();
    return false;
  }
  // The one warning we want (see PlainLocale); all others are damage.
  const bool name_kept = status == ARCHIVE_WARN && ::archive_errno(reader_.get()) == EILSEQ;
  if (status != ARCHIVE_OK && !name_kept) return failure();
  TRY(input_.check_start(position()));
  TRY(check_metadata());
  return true;
}

Result<void> TarReader::check_metadata() const {
  const auto used =
      ::archive_filter_bytes(reader_.get(), 0) - ::archive_read_header_position(reader_.get());
  if (used >= 0 && static_cast<std::uint64_t>(used) <= limits_.metadata_bytes) return {};
  return over_limit(cat("the headers of one member have ", used, " bytes"),
                    &ExtractLimits::metadata_bytes, limits_.metadata_bytes);
}

Result<void> TarReader::member(const std::string& raw) {
  const auto path = TRY(parse_member_name(raw, limits_));
  const bool named_as_directory = raw.ends_with('/');
  if (path) return write_member(*path, named_as_directory);
  // The destination itself: it is the caller's, its mode and times too.
  const auto type = ::archive_entry_filetype(entry_);
  const bool is_directory = type == AE_IFDIR || (type == AE_IFREG && named_as_directory);
  if (is_directory && ::archive_entry_hardlink(entry_) == nullptr) return no_data("directory");
  return Error("names the destination itself and is no directory");
}

Result<void> TarReader::write_member(const sandbox::SandboxPath& path, bool named_as_directory) {
  if (::archive_entry_hardlink(entry_) != nullptr) return hard_link(path);
  switch (::archive_entry_filetype(entry_)) {
    case AE_IFREG:
      // Before POSIX a directory was a file whose name ends in '/'.
      if (!named_as_directory) return file(path);
      [[fallthrough]];
    case AE_IFDIR:
      TRY(no_data("directory"));
      return into_.add_directory(path, attributes());
    case AE_IFLNK: {
      const char* target = ::archive_entry_symlink(entry_);
      TRY(no_data("symbolic link"));
      return into_.add_symlink(path, target != nullptr ? target : "", attributes().modified);
    }
    case AE_IFCHR:
    case AE_IFBLK:
      return Error("is a device, which is never extracted");
    case AE_IFIFO:
      return Error("is a fifo, which is never extracted");
    case AE_IFSOCK:
      return Error("is a socket, which is never extracted");
    default:
      return Error("is of a kind that is not supported");
  }
}

Result<void> TarReader::file(const sandbox::SandboxPath& path) {
  auto sink = TRY(into_.create_file(path, attributes()));
  const la_int64_t size = ::archive_entry_size(entry_);
  if (size < 0) return Error("damaged: a size below zero");
  if (static_cast<std::uint64_t>(size) <= SmallFiles::kLargest) {
    return small_file(std::move(sink), static_cast<std::size_t>(size), path.str());
  }
  TRY(large_file(*sink));
  return sink->finish(static_cast<std::uint64_t>(size));
}

template <class Take>
Result<void> TarReader::each_piece(const Take& take) {
  for (;;) {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = ::archive_read_data_block(reader_.get(), &data, &size, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return failure();
    if (offset < 0) return Error("damaged: a piece of it lies before its start");
    TRY(take(static_cast<std::uint64_t>(offset),
             std::span(static_cast<const std::byte*>(data), size)));
  }
}

Result<void> TarReader::small_file(std::unique_ptr<FileSink> sink, std::size_t size,
                                   std::string name) {
  const auto room = TRY(small_.room(size));
  std::size_t filled = 0;
  TRY(each_piece([&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
    if (offset < filled) return Error("its pieces overlap");
    if (offset > size || bytes.size() > size - offset) {
      return Error(cat("it holds more than the ", size, " bytes it announced"));
    }
    const auto at = room.begin() + static_cast<std::ptrdiff_t>(offset);
    std::fill(room.begin() + static_cast<std::ptrdiff_t>(filled), at, std::byte{0});  // a hole
    std::copy(bytes.begin(), bytes.end(), at);
    filled = static_cast<std::size_t>(offset) + bytes.size();
    return {};
  }));
  std::fill(room.begin() + static_cast<std::ptrdiff_t>(filled), room.end(), std::byte{0});
  small_.add(std::move(sink), size, std::move(name));
  return {};
}

Result<void> TarReader::large_file(FileSink& sink) {
  return each_piece([&](std::uint64_t offset, std::span<const std::byte> bytes) {
    return sink.write_at(offset, bytes);
  });
}

Result<void> TarReader::hard_link(const sandbox::SandboxPath& path) {
  const auto target = TRY(parse_member_name(::archive_entry_hardlink(entry_), limits_)
                              .context("the target of a hard link"));
  if (!target) return Error("a hard link to the destination itself");
  TRY(no_data("hard link"));
  return into_.add_hard_link(path, *target);
}

// Readers disagree about data behind such members, so two of them would see two archives.
Result<void> TarReader::no_data(std::string_view kind) {
  if (::archive_entry_size(entry_) == 0) return {};
  return Error(cat("is a ", kind, " that carries data, which readers understand differently"));
}

Attributes TarReader::attributes() const {
  Attributes attributes;
  attributes.permissions = ::archive_entry_perm(entry_) & 0777;
  if (::archive_entry_mtime_is_set(entry_) != 0) {
    const long nanoseconds = ::archive_entry_mtime_nsec(entry_);
    const bool sane = nanoseconds >= 0 && nanoseconds < 1'000'000'000;
    attributes.modified = {.tv_sec = ::archive_entry_mtime(entry_),
                           .tv_nsec = sane ? nanoseconds : 0};
  }
  return attributes;
}

}  // namespace

Result<void> read_tar(BlockSource& plain, Tree& into, FillPool& pool, const ExtractLimits& limits) {
  const PlainLocale locale;
  TarInput input(plain, limits.metadata_bytes);
  TRY(input.check_beginning());
  Reader reader(::archive_read_new());
  // tar and no filter: other formats and filters (some run programs) cannot be reached.
  if (!reader || ::archive_read_support_format_tar(reader.get()) != ARCHIVE_OK) {
    return Error("setting up the tar reader failed");
  }
  archive* const handle = reader.get();
  TarReader tar(std::move(reader), input, into, pool, limits);
  if (::archive_read_open(handle, &input, nullptr, give_piece, nullptr) != ARCHIVE_OK) {
    if (input.failure) return *std::move(input.failure);
    return Error("it is not a tar archive");
  }
  return tar.run();
}

}  // namespace slipway::fetcher
