// That something of a cached tree is not what was recorded of it: the one kind of error for which a
// tree is removed. All others, such as a full sandbox or too many open files, are not the tree's.
#pragma once

#include <string>

#include "sandbox/base/error.h"

namespace slipway::fetcher {

// "what: not as recorded".
Error tree_damage(const std::string& what);
bool is_tree_damage(const Error& error);

// The same for an error of opening or reading something in a tree: damage where it says that
// nothing, or something else, is there now; else the error itself.
Error judged(Error error);

}  // namespace slipway::fetcher
