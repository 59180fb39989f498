#include "launcher/base/print.h"

#include <unistd.h>

#include "launcher/base/say.h"
#include "sandbox/base/sys.h"

namespace slipway::launcher {

bool print(std::string_view text) {
  const auto written = sys::write_all(STDOUT_FILENO, text);
  if (!written) say(written.error(), MessageCode::kOutput);
  return written.has_value();
}

}  // namespace slipway::launcher
