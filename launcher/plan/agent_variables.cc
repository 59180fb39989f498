#include "launcher/plan/agent_variables.h"

#include <cctype>

namespace slipway::launcher {

namespace {

enum class Use { kToRegister, kOther };

struct Row {
  std::string_view name;
  Use use;
};

constexpr Row kRows[] = {
    {"MESOS_SLAVE_PID", Use::kToRegister},
    {"MESOS_AGENT_ENDPOINT", Use::kToRegister},
    {"MESOS_SLAVE_ID", Use::kToRegister},
    {"MESOS_FRAMEWORK_ID", Use::kToRegister},
    {"MESOS_EXECUTOR_ID", Use::kToRegister},
    {"MESOS_CHECKPOINT", Use::kOther},
    {"MESOS_RECOVERY_TIMEOUT", Use::kOther},
    {"MESOS_SUBSCRIPTION_BACKOFF_MAX", Use::kOther},
    {"MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", Use::kOther},
    {"MESOS_EXECUTOR_AUTHENTICATION_TOKEN", Use::kOther},
    {"MESOS_DOMAIN_SOCKET", Use::kOther},
    {"MESOS_NATIVE_LIBRARY", Use::kOther},
    {"MESOS_NATIVE_JAVA_LIBRARY", Use::kOther},
    {"MESOS_ALLOCATION_ROLE", Use::kOther},
    {"MESOS_CONTAINER_IP", Use::kOther},
    {"LIBPROCESS_IP", Use::kOther},
    {"LIBPROCESS_PORT", Use::kOther},
};

bool continues_name(std::string_view text) {
  return !text.empty() &&
         (std::isalnum(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_');
}

bool expands(std::string_view line, std::string_view name) {
  for (std::size_t at = line.find('$'); at != std::string_view::npos; at = line.find('$', at + 1)) {
    std::string_view rest = line.substr(at + 1);
    if (rest.starts_with('{')) rest.remove_prefix(1);
    if (rest.starts_with(name) && !continues_name(rest.substr(name.size()))) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string_view> agent_variables_in(std::string_view shell_line) {
  std::vector<std::string_view> found;
  for (const Row& row : kRows) {
    if (expands(shell_line, row.name)) found.push_back(row.name);
  }
  return found;
}

std::vector<std::string_view> missing_agent_variables(const sandbox::Environment& environment) {
  std::vector<std::string_view> missing;
  for (const Row& row : kRows) {
    if (row.use == Use::kToRegister && environment.find(row.name) == nullptr) {
      missing.push_back(row.name);
    }
  }
  return missing;
}

}  // namespace slipway::launcher
