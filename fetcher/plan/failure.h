// The classes of failure: whose turn it is to do something. Pure.
#pragma once

#include <string_view>

#include "sandbox/message_code.h"

namespace slipway::fetcher {

enum class FailureClass {
  kUser,       // the entry, or what it names, is wrong
  kAuth,       // the other side refuses us
  kNotFound,   // there is nothing of that name
  kTransient,  // the network or the server: may well work in a moment
  kLocal,      // this machine: disk, memory, permissions of the sandbox
};

// "user", "auth", "not-found", "transient", "local": the words of the report.
[[nodiscard]] std::string_view name_of(FailureClass kind);

// The code of a failure that does not say itself what it is.
[[nodiscard]] MessageCode usual_code(FailureClass kind);

}  // namespace slipway::fetcher
