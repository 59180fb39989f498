// Unpacks one archive as slipway-fetcher does, and nothing else: no work order, no staging.
// usage: bench_extract ARCHIVE DIRECTORY
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <clocale>
#include <cstdio>
#include <string>

#include "fetcher/archive/extract.h"
#include "sandbox/base/fd.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"

namespace slipway {

namespace {

Result<void> unpack(const std::string& path, const std::string& directory) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto format = fetcher::archive_format_of(name);
  if (!format) return Error(name + " is no archive's name");
  const Fd archive = TRY(sys::open_at(AT_FDCWD, path, O_RDONLY));
  const Fd into = TRY(sys::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
  TRY(fetcher::extract(archive.get(), *format, name, into.get(), {}));
  return {};
}

}  // namespace

}  // namespace slipway

int main(int argc, char** argv) {
  slipway::log::set_program("bench_extract");
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_extract ARCHIVE DIRECTORY\n");
    return 2;
  }
  // As fetcher/main.cc.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "C");
  ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  const auto done = slipway::unpack(argv[1], argv[2]);
  if (!done) slipway::log::error(done.error().message());
  return done ? 0 : 1;
}
