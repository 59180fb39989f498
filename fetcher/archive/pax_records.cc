#include "fetcher/archive/pax_records.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::fetcher {

namespace {

struct Record {
  std::string_view key;
  std::string_view value;
};

// Takes the first record off: "LENGTH KEY=VALUE\n", where LENGTH counts all of it.
Result<Record> take_record(std::string_view& body) {
  const Error malformed("a record of its pax header is malformed");
  const std::size_t blank = body.find(' ');
  if (blank == std::string_view::npos) return malformed;
  const auto length = pax_number(body.substr(0, blank));
  if (!length || *length > body.size() || *length < blank + 2) return malformed;
  const std::string_view record = body.substr(0, static_cast<std::size_t>(*length));
  if (record.back() != '\n') return malformed;
  const std::string_view words = record.substr(blank + 1, record.size() - blank - 2);
  const std::size_t equals = words.find('=');
  if (equals == std::string_view::npos || equals == 0) return malformed;
  if (words.substr(0, equals).find('\0') != std::string_view::npos) return malformed;
  body.remove_prefix(record.size());
  return Record{words.substr(0, equals), words.substr(equals + 1)};
}

Result<std::string> name_in(const Record& record) {
  if (record.value.find('\0') == std::string_view::npos) return std::string(record.value);
  return Error(cat("the ", quote(record.key),
                   " of its pax header holds a NUL byte, which readers understand differently"));
}

class Parser {
 public:
  Result<void> add(const Record& record);
  Result<PaxRecords> finish() &&;

 private:
  Result<void> add_sparse(std::string_view key, const Record& record);
  Result<void> add_half(std::uint64_t number, bool is_offset);
  SparseMap& map();

  PaxRecords records_;
  std::optional<bool> half_is_offset_;  // of a pair of format 0.0: what came last
  std::optional<std::uint64_t> major_;
  std::optional<std::uint64_t> minor_;
};

SparseMap& Parser::map() {
  if (!records_.map) records_.map.emplace();
  return *records_.map;
}

Result<void> Parser::add(const Record& record) {
  constexpr std::string_view kSparse = "GNU.sparse.";
  if (record.key == "path") {
    records_.path = TRY(name_in(record));
  } else if (record.key == "linkpath") {
    records_.link_target = TRY(name_in(record));
  } else if (record.key == "size") {
    records_.size = TRY(pax_number(record.value));
  } else if (record.key == "SCHILY.realsize") {
    records_.real_size = TRY(pax_number(record.value));
  } else if (record.key.starts_with(kSparse)) {
    return add_sparse(record.key.substr(kSparse.size()), record);
  }
  return {};
}

Result<void> Parser::add_sparse(std::string_view key, const Record& record) {
  if (key == "name") {
    records_.sparse_name = TRY(name_in(record));
  } else if (key == "map") {
    if (records_.map && records_.map->pieces() > 0) return Error("it has two sparse maps");
    return map().add_list(record.value);
  } else if (key == "size" || key == "realsize") {
    records_.real_size = TRY(pax_number(record.value));
  } else if (key == "numblocks") {
    map();
    records_.pieces = TRY(pax_number(record.value));
  } else if (key == "offset" || key == "numbytes") {
    return add_half(TRY(pax_number(record.value)), key == "offset");
  } else if (key == "major") {
    major_ = TRY(pax_number(record.value));
  } else if (key == "minor") {
    minor_ = TRY(pax_number(record.value));
  }
  return {};
}

// GNU tar writes the offset first, and takes no other order.
Result<void> Parser::add_half(std::uint64_t number, bool is_offset) {
  if (is_offset == half_is_offset_.value_or(false)) {
    return Error("the pairs of its sparse map are not in order");
  }
  half_is_offset_ = is_offset;
  return map().add_number(number);
}

Result<PaxRecords> Parser::finish() && {
  if (major_ || minor_) {
    if (major_ != 1U || minor_ != 0U) return Error("its sparse map is of an unknown format");
    if (records_.map) return Error("it has two sparse maps");
    records_.map_is_in_data = true;
  }
  if (records_.pieces && *records_.pieces != records_.map->pieces()) {
    return Error(cat("its sparse map has ", records_.map->pieces(), " pieces and announces ",
                     *records_.pieces));
  }
  return std::move(records_);
}

}  // namespace

Result<PaxRecords> parse_pax(std::string_view body) {
  Parser parser;
  while (!body.empty()) TRY(parser.add(TRY(take_record(body))));
  return std::move(parser).finish();
}

Result<void> check_global_pax(std::string_view body) {
  while (!body.empty()) {
    const Record record = TRY(take_record(body));
    if (record.key == "path" || record.key == "linkpath" || record.key == "size" ||
        record.key == "SCHILY.realsize" || record.key.starts_with("GNU.sparse.")) {
      return Error(cat("a global pax header gives all members the same ", quote(record.key),
                       ", which readers understand differently"));
    }
  }
  return {};
}

}  // namespace slipway::fetcher
