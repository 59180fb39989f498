#include "fetcher/archive/tar_guard.h"

#include <algorithm>
#include <utility>

#include "fetcher/archive/extract_limits.h"
#include "fetcher/archive/member_name.h"
#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

// The types whose size POSIX and GNU tar do not let stand for data. libarchive takes it for 0,
// others skip so many bytes.
std::string_view kind_without_data(char type) {
  switch (type) {
    case '1':
      return "hard link";
    case '2':
      return "symbolic link";
    case '3':
    case '4':
      return "device";
    case '5':
      return "directory";
    case '6':
      return "fifo";
    case 'V':
      return "volume label";
    default:
      return "";
  }
}

Result<void> check_no_data(char type, std::uint64_t header_size, std::uint64_t pax_size) {
  const std::string_view kind = kind_without_data(type);
  if (kind.empty() || (header_size == 0 && pax_size == 0)) return {};
  return Error(cat("is a ", kind, " that carries data, which readers understand differently"));
}

// libarchive looks at the fields of a sparse map in every GNU header, GNU tar only in those of
// sparse files ('M', the second half of a file, has a real size).
Result<void> check_sparse_fields(const TarHeader& header) {
  if (header.type() == 'S') {
    if (header.is_gnu()) return {};
    return Error("is a sparse file in a format that readers understand differently");
  }
  if (!header.is_gnu() || header.type() == 'M') return {};
  const std::string_view fields = header.field(386, 109);
  if (fields.find_first_not_of('\0') == std::string_view::npos) return {};
  return Error("has a sparse map and is no sparse file, which readers understand differently");
}

// The body of GNU's 'L' and 'K'.
Result<std::string> long_name(std::string_view body) {
  const std::string_view name = body.substr(0, body.find('\0'));
  if (body.find_first_not_of('\0', name.size()) == std::string_view::npos) {
    return std::string(name);
  }
  return Error(cat("the long name ", quote_member(name),
                   " goes on after a NUL byte, which readers understand differently"));
}

}  // namespace

Result<void> TarGuard::take(std::span<const std::byte> bytes) {
  while (!bytes.empty() && !end_) {
    const bool is_data = skip_ > 0;
    // Less than a block at the end: the archive is cut, which the other reader says.
    if (!is_data && bytes.size() < kTarBlock) return {};
    const std::size_t taken =
        is_data ? static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()))
                : kTarBlock;
    if (is_data) {
      skip_ -= taken;
    } else {
      TRY(take_block(bytes.first(taken)));
    }
    position_ += taken;
    bytes = bytes.subspan(taken);
  }
  return {};
}

Result<void> TarGuard::confirm(std::uint64_t position) {
  if (starts_.empty() || starts_.front() != position) {
    return Error("contradictory: two readers would see different members");
  }
  starts_.pop_front();
  return {};
}

Result<void> TarGuard::take_block(std::span<const std::byte> block) {
  if (expect_ == Expect::kHeader) return take_header(block);
  if (expect_ == Expect::kBody) return take_body(block);
  const auto name = [this] { return cat("member ", quote_member(member_.name)); };
  if (expect_ == Expect::kSparseBlock) return take_sparse_block(block).context(name);
  return take_sparse_text(block).context(name);
}

Result<void> TarGuard::take_header(std::span<const std::byte> block) {
  const bool is_first = member_.header_bytes == 0;
  const bool is_end = block[0] == std::byte{0} && is_all_zeros(block);
  const bool is_header = !is_end && is_tar_header(block);
  if (is_first && (is_end || is_header)) starts_.push_back(position_);
  if (is_end) return end_archive();
  if (!is_header) {
    return Error(cat("damaged: no tar header at byte ", position_, ", where one must be"));
  }
  TRY(count_header_bytes(kTarBlock));
  const TarHeader header(block);
  const auto name = [&] { return cat("member ", quote_member(header.name())); };
  switch (header.type()) {
    case 'V':
      return check_no_data('V', TRY(header.size().context(name)), 0).context(name);
    case 'A':  // Solaris' access control list
    case 'K':
    case 'L':
    case 'X':  // Solaris' 'x'
    case 'g':
    case 'x':
      return begin_body(header).context(name);
    default:
      return begin_member(header).context(
          [this] { return cat("member ", quote_member(member_.name)); });
  }
}

Result<void> TarGuard::begin_body(const TarHeader& header) {
  member_.extension = header.type();
  member_.body_bytes = TRY(header.size());
  TRY(count_header_bytes(TRY(whole_blocks(member_.body_bytes))));
  member_.body.clear();
  if (member_.body_bytes == 0) return end_body();
  expect_ = Expect::kBody;
  return {};
}

Result<void> TarGuard::take_body(std::span<const std::byte> block) {
  const std::size_t left = static_cast<std::size_t>(member_.body_bytes) - member_.body.size();
  const std::size_t taken = std::min(left, block.size());
  member_.body.append(reinterpret_cast<const char*>(block.data()), taken);
  return taken == left ? end_body() : Result<void>();
}

Result<void> TarGuard::end_body() {
  expect_ = Expect::kHeader;
  switch (member_.extension) {
    case 'L':
      member_.long_name = TRY(long_name(member_.body));
      return {};
    case 'K':
      member_.long_target = TRY(long_name(member_.body));
      return {};
    case 'g':
      return check_global_pax(member_.body);
    case 'X':
    case 'x':
      // It is looked into when the member's own name is known, for the messages.
      if (member_.pax_body) return Error("a second pax header for one member");
      member_.pax_body = std::move(member_.body);
      return {};
    default:
      return {};
  }
}

Result<void> TarGuard::begin_member(const TarHeader& header) {
  member_.name = member_.long_name ? *member_.long_name : header.name();
  if (member_.pax_body) member_.pax = TRY(parse_pax(*member_.pax_body));
  TRY(check_names(header.type()));
  PaxRecords& pax = member_.pax;
  if (pax.sparse_name || pax.path) {
    member_.name = std::move(pax.sparse_name ? *pax.sparse_name : *pax.path);
  }
  const std::uint64_t size = TRY(header.size());
  member_.stored = pax.size.value_or(size);  // POSIX: the extended header wins
  TRY(whole_blocks(member_.stored));
  TRY(check_no_data(header.type(), size, member_.stored));
  TRY(check_sparse_fields(header));
  member_.real_size = pax.real_size.value_or(member_.stored);
  return begin_map(header);
}

// pax and GNU each have a header for what is too long for a field: readers differ about which wins,
// and some make a link of whatever has a target.
Result<void> TarGuard::check_names(char type) const {
  constexpr std::string_view kDifferently = ", which readers understand differently";
  const auto& path = member_.pax.path;
  if (member_.long_name && path && *path != *member_.long_name) {
    return Error(cat("has two names, ", quote_member(*member_.long_name), " and ",
                     quote_member(*path), kDifferently));
  }
  const auto& target = member_.pax.link_target;
  if (member_.long_target && target && *target != *member_.long_target) {
    return Error(cat("has two targets", kDifferently));
  }
  // POSIX: an empty value takes a record back.
  const bool has_target = member_.long_target || (target && !target->empty());
  if (has_target && type != '1' && type != '2') {
    return Error(cat("has a target and is no link", kDifferently));
  }
  return {};
}

Result<void> TarGuard::begin_map(const TarHeader& header) {
  const PaxRecords& pax = member_.pax;
  if (header.type() == 'S') {
    if (pax.map || pax.map_is_in_data) return Error("it has two sparse maps");
    member_.real_size = pax.real_size.value_or(TRY(tar_number(header.field(483, 12))));
    if (!TRY(member_.old_map.begin(header))) return end_member(&member_.old_map.map());
    expect_ = Expect::kSparseBlock;
    return {};
  }
  if (pax.map_is_in_data) {
    expect_ = Expect::kSparseText;
    return {};
  }
  return end_member(pax.map ? &*pax.map : nullptr);
}

Result<void> TarGuard::take_sparse_block(std::span<const std::byte> block) {
  TRY(count_header_bytes(kTarBlock));
  if (TRY(member_.old_map.extend(block))) return {};
  return end_member(&member_.old_map.map());
}

Result<void> TarGuard::take_sparse_text(std::span<const std::byte> block) {
  TRY(count_header_bytes(kTarBlock));
  member_.text_bytes += kTarBlock;
  if (member_.text_bytes > member_.stored) return Error("its data are shorter than its sparse map");
  if (TRY(member_.text.add(block))) return {};
  return end_member(&member_.text.map());
}

Result<void> TarGuard::end_member(const SparseMap* map) {
  const std::uint64_t data = member_.stored - member_.text_bytes;
  if (map != nullptr) {
    TRY(map->check(member_.real_size, data));
  } else if (member_.real_size != data) {
    return Error(cat("has ", data, " bytes of data for a size of ", member_.real_size,
                     " and no sparse map"));
  }
  skip_ = TRY(whole_blocks(data));
  expect_ = Expect::kHeader;
  member_ = Member();
  return {};
}

// libarchive lets an archive end after a global header (`git archive` of nothing) and a label.
Result<void> TarGuard::end_archive() {
  if (member_.pax_body || member_.long_name || member_.extension == 'K' ||
      member_.extension == 'A') {
    return Error("damaged: an extension header without a member");
  }
  end_ = position_;
  return {};
}

Result<void> TarGuard::count_header_bytes(std::uint64_t bytes) {
  member_.header_bytes += bytes;
  if (member_.header_bytes <= metadata_bytes_) return {};
  return over_limit("the headers of one member are too large", &ExtractLimits::metadata_bytes,
                    metadata_bytes_);
}

}  // namespace slipway::fetcher
