#include "launcher/plan/paste_line.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway::launcher {

namespace {

std::string typed(const ExecSpec& spec, const std::string& path,
                  const sandbox::AbsolutePath& sandbox_dir) {
  const std::string prefix = sandbox_dir.str() + '/';
  if (spec.lookup == Lookup::kExact || !path.starts_with(prefix)) return path;
  std::string rest = path.substr(prefix.size());
  return rest.starts_with("./") ? rest : "./" + rest;
}

std::string ansi_quote(std::string_view word) {
  std::string out = "$'";
  while (!word.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(word), 1);
    const std::string_view piece = word.substr(0, length);
    // escape() writes what $'…' reads. '!' is history to an interactive bash.
    if (piece == "\\" || piece == "'") {
      out += cat('\\', piece);
    } else if (piece == "!") {
      out += "\\x21";
    } else {
      out += escape(piece);
    }
    word.remove_prefix(length);
  }
  return out + '\'';
}

}  // namespace

std::string paste_word(std::string_view word) {
  return escape(word) == word ? shell_quote(word) : ansi_quote(word);
}

PasteLine paste_line(const ExecSpec& spec, const std::string& path,
                     const sandbox::AbsolutePath& sandbox_dir) {
  const std::string program = typed(spec, path, sandbox_dir);
  std::string line = paste_word(program);
  for (std::size_t i = 1; i < spec.argv.size(); ++i) line += ' ' + paste_word(spec.argv[i]);
  const std::string& name = spec.argv.front();
  const bool other_name = after_last_slash(name) != after_last_slash(program);
  if (other_name) line = cat("(exec -a ", paste_word(name), ' ', line, ')');
  const auto is_plain = [](const std::string& word) { return escape(word) == word; };
  const bool plain =
      is_plain(program) && std::all_of(spec.argv.begin() + 1, spec.argv.end(), is_plain);
  return {std::move(line), other_name || !plain};
}

}  // namespace slipway::launcher
