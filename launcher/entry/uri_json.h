// One element of command.uris. Pure.
#pragma once

#include <optional>

#include "fetcher/plan/fetch_plan.h"
#include "launcher/entry/json_reader.h"

namespace slipway::launcher {

// Nothing where there are problems, which were noted.
std::optional<fetcher::UriRequest> read_uri(JsonReader& reader, const Located& at);

}  // namespace slipway::launcher
