// inject REPORT USER EXECUTOR FAULT PROGRAM [WORD…]: runs the program as that uid ("" for one's
// own) and lets something go wrong; FAULT as in fault.h, or "trace". What happened is in the file
// REPORT, as tracer.h says.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "sandbox/base/text.h"
#include "tests/faults/tracer.h"

int main(int argc, char** argv) {
  constexpr int kFailed = 99;
  if (argc < 6) return kFailed;
  const std::string report = argv[1];
  const std::string user = argv[2];
  const std::string fault = argv[4];
  slipway::tests::TracedRun run{{argv + 5, argv + argc}, {}, argv[3], {}};
  if (!user.empty()) run.user = static_cast<uid_t>(std::strtoul(user.c_str(), nullptr, 10));
  if (fault != "trace") {
    run.fault = slipway::tests::parse_fault(fault);
    if (!run.fault) {
      std::fprintf(stderr, "inject: '%s' is no fault\n", fault.c_str());
      return kFailed;
    }
  }
  std::string told;  // written at the end: the program shall find no descriptor of ours
  const int status =
      slipway::tests::Tracer(run, [&](const std::string& line) { told += line + '\n'; })();
  std::ofstream(report) << told;
  return status;
}
