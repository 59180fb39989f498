#include "fetcher/transfer/pipe_sink.h"

#include <unistd.h>

#include "sandbox/base/sys.h"

namespace slipway::fetcher {

void PipeSink::tell(const FetchEvent& event) {
  if (!sys::write_all(STDOUT_FILENO, to_json_line(event))) ::_exit(1);
}

}  // namespace slipway::fetcher
