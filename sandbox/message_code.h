// The stable codes of messages: what a program, a search engine or a runbook can hold on to while
// the words around it change. The table writes slipway-errors(7). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/base/error.h"

namespace slipway {

// A code that was published keeps its meaning. What is renamed gets a new one.
enum class MessageCode : unsigned char {
  kNone,
  // The command line and the files it names.
  kUsage,
  kFile,
  kSettings,
  kEnvFile,
  kOutput,
  // The entry, as text.
  kJson,
  kKeyTwice,
  kKeyUnknown,
  kKeyMissing,
  kType,
  kValue,
  kNotArray,
  kEmpty,
  kNameTwice,
  kNameReserved,
  kNoSuchExecutor,
  kManyExecutors,
  // The entry, as what it asks for.
  kUri,
  kFetcherInfo,
  kOutputFile,
  kSamePath,
  kNoCommand,
  kSecret,
  kVolumeKind,
  kVolumePath,
  kResource,
  kTaskId,
  kStdio,
  // Where and as whom.
  kUser,
  kSandbox,
  kReopen,
  kReport,
  kCache,
  // The fetch stage.
  kFetch,
  kFetchUri,
  kFetchDirectory,
  kFetchAuth,
  kFetchCertificate,
  kFetchNotFound,
  kFetchTransient,
  kFetchLocal,
  kFetchChecksum,
  kFetchArchive,
  kFetchSize,
  kFetchOffline,
  kFetchHadoop,
  kFetchProgram,
  kLandlock,
  // Mounts.
  kMountSource,
  kMountTarget,
  kMount,
  kNamespace,
  // The executor.
  kBecome,
  kExecNotFound,
  kExecDenied,
  kExecInterpreter,
  kExecTooLong,
  kExecFormat,
  kExec,
  kSupervise,
  kWrap,
  kSystem,
  // Warnings.
  kWarnKeyUnknown,
  kWarnKeyUnused,
  kWarnShellArguments,
  kWarnArgv0,
  kWarnBlanks,
  kWarnExtractExecutable,
  kWarnNotArchive,
  kWarnQueryName,
  kWarnOutputName,
  kWarnSystemVolume,
  kWarnAgentVariable,
  kWarnResource,
  kWarnImage,
  kWarnHidden,
  kWarnMount,
  kWarnNamespace,
  kWarnCache,
  kWarnFetch,
  kWarnFetchRetry,
  kWarnRecord,
  kWarnReport,
  kWarnSupervise,
  kWarnRelative,

  kCount,  // no code: how many there are, with kNone
};

struct MessageRow {
  MessageCode code;
  std::string_view id;       // "E-JSON"; W-: a warning
  std::string_view meaning;  // one sentence
  std::string_view remedy;   // one or more sentences
};

// In the order of the manual.
std::span<const MessageRow> message_rows();

// "E-JSON"; empty for kNone.
std::string_view id_of(MessageCode code);
// Nothing where there is no such code.
std::optional<MessageCode> find_code(std::string_view id);

// The code of the error; kSystem where nothing more is known.
MessageCode code_of(const Error& error);

// "text [E-JSON]", as every line for people ends.
std::string coded(std::string_view text, MessageCode code);
// "message (remedy) [E-JSON]".
std::string coded(const Error& error);

}  // namespace slipway
