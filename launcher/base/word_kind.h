// What a word of the command line stands for: what completion offers for it.
#pragma once

namespace slipway::launcher {

enum class WordKind : unsigned char {
  kNone,    // no word belongs there
  kText,    // nobody can guess it: a number, an id
  kChoice,  // one of a few, which the row lists
  kFile,    // completion offers directories too: a file is in one
  kFiles,   // as many as there are
  kDirectory,
  kUser,      // of this host
  kVariable,  // of the environment
  kExecutor,  // a name of the FILE on the same command line
};

}  // namespace slipway::launcher
