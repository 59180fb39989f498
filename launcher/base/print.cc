#include "launcher/base/print.h"

#include <fcntl.h>
#include <unistd.h>

#include "launcher/base/say.h"
#include "sandbox/base/sys.h"

namespace slipway::launcher {

namespace {

// Of the process, as the descriptor is.
bool was_closed = false;

Result<void> write_out(std::string_view text) {
  if (was_closed && !text.empty())
    return Error("standard output is closed").hint("redirect it to a file or a pipe");
  return sys::write_all(STDOUT_FILENO, text);
}

}  // namespace

void note_standard_output() {
  was_closed = ::fcntl(STDOUT_FILENO, F_GETFD) < 0;
}

bool print(std::string_view text) {
  const auto written = write_out(text);
  if (!written) say(written.error(), MessageCode::kOutput);
  return written.has_value();
}

}  // namespace slipway::launcher
