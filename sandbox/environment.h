// What the executor finds in its environment, each variable with where it comes from. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/base/result.h"

namespace slipway::sandbox {

enum class EnvSource {
  kInherited,  // slipway's own environment
  kAccount,    // the user's passwd entry
  kDefault,    // PATH where nobody set it
  kSlipway,    // what slipway says of the sandbox and the executor
  kEntry,      // the entry's command.environment
  kFile,       // --env-file
  kOption,     // --env
};
std::string_view name_of(EnvSource source);

struct EnvVariable {
  std::string name;
  std::string value;
  EnvSource source;
};

// Variables by name, sorted; setting one again replaces it.
class Environment {
 public:
  void set(std::string_view name, std::string_view value, EnvSource source);
  [[nodiscard]] const EnvVariable* find(std::string_view name) const;
  [[nodiscard]] const std::vector<EnvVariable>& variables() const { return variables_; }

 private:
  std::vector<EnvVariable> variables_;
};

// PATH where nobody sets it: what Mesos's launch helper gives.
inline constexpr char kDefaultPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The names of what a Mesos agent gives to executors.
std::span<const std::string_view> agent_variables();

// True for the variables that pass from slipway's environment to an executor that is run by hand:
// agent_variables(), PATH, TERM, LANG, LC_* and TZ.
bool passes_by_default(std::string_view name);

// True for a name whose value is better not shown: what people call their tokens, keys and
// passwords (TOKEN, SECRET, PASS, _PWD, CREDENTIAL, _KEY, APIKEY, AUTHORIZATION or COOKIE in it,
// or AUTH, BEARER, JWT or PAT as a word of it).
bool looks_secret(std::string_view name);

// "NAME=VALUE" as in environ(7); without '=' or with an empty name: nothing.
struct NameValue {
  std::string name;
  std::string value;
};
std::optional<NameValue> split_assignment(std::string_view text);

// The text of an --env-file: NUL-separated assignments (/proc/PID/environ), else one a line, where
// blank lines and those that begin with '#' are skipped, blanks in front and a CR at the end do not
// count, and no name has a blank. Errors name the assignment by its number, and repeat none of the
// text: it may be a secret.
Result<std::vector<NameValue>> parse_env_file(std::string_view text);

}  // namespace slipway::sandbox
