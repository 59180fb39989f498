// What a check of `slipway doctor` says. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace slipway::launcher {

enum class Verdict { kOk, kWarn, kFail };

struct Finding {
  std::string subject;  // "mesos-fetcher": the same in every version
  Verdict verdict = Verdict::kOk;
  std::string what;
  std::string remedy = {};  // empty where there is nothing to do
};

inline Finding ok(std::string_view subject, std::string what) {
  return {std::string(subject), Verdict::kOk, std::move(what)};
}
inline Finding warn(std::string_view subject, std::string what, std::string remedy) {
  return {std::string(subject), Verdict::kWarn, std::move(what), std::move(remedy)};
}
inline Finding fail(std::string_view subject, std::string what, std::string remedy) {
  return {std::string(subject), Verdict::kFail, std::move(what), std::move(remedy)};
}

}  // namespace slipway::launcher
