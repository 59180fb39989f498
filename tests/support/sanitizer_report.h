// What a sanitizer's runtime says when it finds something. Its exit status alone is not enough: a
// parent that expects its child to fail takes it for that.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

namespace slipway::tests {

// A failure of the running test where `err`, a program's standard error, holds such a report.
inline void expect_no_sanitizer_report(std::string_view err) {
  for (const std::string_view words : {"Sanitizer:", ": runtime error: "}) {
    if (err.find(words) != std::string_view::npos) {
      ADD_FAILURE() << "a sanitizer found something:\n" << err;
      return;
    }
  }
}

}  // namespace slipway::tests
