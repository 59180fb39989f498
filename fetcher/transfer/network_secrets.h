// The operator's secrets for the network: netrc, and headers for the origins that URIs name. Reads
// only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/plan/fetch_plan.h"
#include "fetcher/plan/settings.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// What the settings' netrc and headers say for these URIs, read with the caller's rights. Errors
// name the file, and the line of a header that cannot be one, never its text.
Result<void> read_network_secrets(std::span<const UriRequest> requests, Settings& settings);

// The lines of a file of headers ("Name: value", RFC 9110, section 5.6.2); blank lines and those
// that start with '#' are nothing. Errors: not such a line; a header that slipway sets by itself.
// Pure.
Result<std::vector<std::string>> parse_headers(std::string_view text);

}  // namespace slipway::fetcher
