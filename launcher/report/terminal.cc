#include "launcher/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cctype>

namespace slipway::launcher {

namespace {

std::string lookup(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

bool can_draw_on(int fd, const std::map<std::string, std::string>& environment) {
  const std::string kind = lookup(environment, "TERM");
  return !kind.empty() && kind != "dumb" && ::isatty(fd) == 1;
}

TerminalSize size_of(int fd) {
  TerminalSize size;
  winsize window{};
  if (::ioctl(fd, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_col > 0) size.columns = window.ws_col;
  if (window.ws_row > 0) size.rows = window.ws_row;
  return size;
}

Glyphs glyphs_of(const std::map<std::string, std::string>& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = lookup(environment, name);
    if (locale.empty()) continue;
    for (char& c : locale) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool utf8 =
        locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    return utf8 ? Glyphs::kUtf8 : Glyphs::kAscii;
  }
  return Glyphs::kAscii;
}

}  // namespace slipway::launcher
