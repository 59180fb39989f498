// Whether this build has a sanitizer that takes much memory for itself (the presets asan and tsan).
#pragma once

namespace slipway::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace slipway::tests
