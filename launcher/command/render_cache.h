// What `slipway cache` prints. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fetcher/cache/cache_catalog.h"

namespace slipway::launcher {

// `now`: seconds since the epoch. JSON: one object, indented, "version": 1; unknown keys are to be
// ignored.
std::string render_list_text(const std::vector<fetcher::CatalogItem>& items,
                             const std::vector<fetcher::CatalogTree>& trees, std::int64_t now);
std::string render_list_json(const std::vector<fetcher::CatalogItem>& items,
                             const std::vector<fetcher::CatalogTree>& trees);
std::string render_totals_text(const fetcher::CacheTotals& totals);
std::string render_totals_json(const fetcher::CacheTotals& totals);
std::string render_verification_text(const fetcher::Verification& verification);
std::string render_verification_json(const fetcher::Verification& verification);
std::string render_swept_text(const fetcher::Swept& swept);
std::string render_swept_json(const fetcher::Swept& swept);

}  // namespace slipway::launcher
