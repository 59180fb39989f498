#include "launcher/manual/option_names.h"

#include "sandbox/base/text.h"

namespace slipway::manual {

std::string_view long_name(const launcher::OptionRow& row) {
  return row.names.substr(row.names.find("--"));
}

std::string_view short_name(const launcher::OptionRow& row) {
  return row.names.substr(0, row.names.find("--") == 0 ? 0 : row.names.find(','));
}

std::string names_of(const launcher::OptionRow& row, std::string_view between) {
  const std::string_view brief = short_name(row);
  return brief.empty() ? std::string(long_name(row)) : cat(brief, between, long_name(row));
}

}  // namespace slipway::manual
