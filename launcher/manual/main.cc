// slipway-docs: prints what the documentation is built of. A program of the build, never installed.
#include <unistd.h>

#include <string_view>

#include "launcher/manual/completion.h"
#include "launcher/manual/page.h"
#include "launcher/manual/settings_part.h"
#include "sandbox/base/log.h"
#include "sandbox/base/sys.h"

namespace slipway::manual {

namespace {

constexpr std::size_t kLongestSource = 1 << 20;

Result<std::string> filled_page() {
  return page(TRY(sys::read_to_end(STDIN_FILENO, kLongestSource)));
}

Result<std::string> document(std::string_view what) {
  if (what == "bash") return bash_completion();
  if (what == "zsh") return zsh_completion();
  if (what == "fish") return fish_completion();
  if (what == "settings") return sample_settings();
  if (what == "page") return filled_page();
  return Error("usage: slipway-docs bash|zsh|fish|settings|page <SOURCE");
}

}  // namespace

}  // namespace slipway::manual

int main(int argc, char** argv) {
  using namespace slipway;
  const auto text = manual::document(argc == 2 ? argv[1] : "");
  if (!text) {
    log::error(text.error().message());
    return 1;
  }
  return sys::write_all(STDOUT_FILENO, *text) ? 0 : 1;
}
