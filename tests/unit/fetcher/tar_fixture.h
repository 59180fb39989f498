// What the tests of tar archives share.
#pragma once

#include <string>

#include "tests/unit/fetcher/extraction.h"

namespace slipway::fetcher {

class Tar : public Extraction {
 protected:
  Result<Extracted> extract_tar(const std::string& bytes, const ExtractLimits& limits = {}) {
    return extract_as("a.tar", bytes, limits);
  }
};

}  // namespace slipway::fetcher
