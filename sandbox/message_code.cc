#include "sandbox/message_code.h"

#include <algorithm>

#include "sandbox/base/text.h"

namespace slipway {

namespace {

using enum MessageCode;

constexpr MessageRow kRows[] = {
    {kUsage, "E-USAGE",
     "The command line asks for something that there is not, or contradicts "
     "itself.",
     "'slipway COMMAND --help' lists what a command takes."},
    {kFile, "E-FILE", "The file with the entry cannot be read, or no entry was given at all.",
     "Give a regular file, '-' for standard input, or set SLIPWAY_ENTRY. A sandbox is what shell, "
     "plan and report take."},
    {kSettings, "E-SETTINGS", "The operator's settings have a mistake, or cannot be read.",
     "Mend the named line of /etc/slipway/slipway.toml or of the file of --settings; "
     "slipway.toml(5) has the keys. Nothing is run with settings that are only half understood."},
    {kEnvFile, "E-ENV-FILE", "The file of --env-file cannot be read, or is no environment.",
     "It holds lines of NAME=VALUE, or is the /proc/PID/environ of a process of the same user."},
    {kOutput, "E-OUTPUT", "What was asked for could not be written to standard output.",
     "Look at where the output goes: a full disk, a reader that went away, or nowhere (>&-)."},
    {kJson, "E-JSON", "The text is not JSON (RFC 8259).",
     "Mend the place that the caret shows. Names and strings stand in double quotes; there are no "
     "comments and no comma after the last element."},
    {kKeyTwice, "E-KEY-TWICE",
     "One object has a key twice; which one counts differs from reader "
     "to reader.",
     "Remove one of them."},
    {kKeyUnknown, "E-KEY-UNKNOWN",
     "A key that Aurora does not know: the scheduler does not start "
     "with it.",
     "Correct its spelling, or remove it. 'slipway check --for=slipway' judges as run does, which "
     "only warns."},
    {kKeyMissing, "E-KEY-MISSING", "A required key is missing or null.",
     "Add it; slipway-executors(5) and 'slipway schema' say what it holds."},
    {kType, "E-TYPE",
     "A value is of another kind than is expected there, such as a string instead "
     "of an object.",
     "Write the kind that the message names."},
    {kValue, "E-VALUE", "A value is of the right kind, and none of those that are allowed.",
     "Write one of the values that the message names."},
    {kNotArray, "E-NOT-ARRAY",
     "The scheduler takes an array of entries, and the file holds "
     "something else.",
     "Put the entries between '[' and ']'. A single entry, and Mesos's own messages, are taken by "
     "run: 'slipway check --for=slipway'."},
    {kEmpty, "E-EMPTY", "There is no entry in the file.",
     "Write one; slipway-executors(5) has an "
     "example."},
    {kNameTwice, "E-NAME-TWICE",
     "Two entries have the same executor name; the scheduler does not "
     "start.",
     "Give each executor a name of its own."},
    {kNameReserved, "E-NAME-RESERVED",
     "The name is that of Aurora's built-in Thermos executor; the "
     "scheduler does not start.",
     "Give the executor another name, also in the ExecutorConfig of its jobs."},
    {kNoSuchExecutor, "E-NO-SUCH-EXECUTOR",
     "No executor of the file has the name that was asked "
     "for.",
     "Names are compared exactly; the message lists those that there are."},
    {kManyExecutors, "E-MANY-EXECUTORS", "The file has several executors, and none was chosen.",
     "Choose one with -e NAME."},
    {kUri, "E-URI",
     "A URI cannot be fetched as it is written: it is malformed, names no file, or "
     "has a checksum that is none.",
     "Correct it; slipway-executors(5) says what a URI may be."},
    {kFetcherInfo, "E-FETCHER-INFO",
     "What a Mesos agent gave in MESOS_FETCHER_INFO is no order that can be carried out.",
     "The message names the place; see what the agent's log has of it."},
    {kOutputFile, "E-OUTPUT-FILE", "An output_file does not stay in the sandbox, or names no file.",
     "Write a relative path without '..'."},
    {kSamePath, "E-SAME-PATH", "Two URIs would be placed at one path, or one below the other.",
     "Give one of them an output_file of its own."},
    {kNoCommand, "E-NO-COMMAND", "There is nothing to run.",
     "A FetcherInfo says only what is fetched: use 'slipway fetch', or give a command after '--'."},
    {kSecret, "E-SECRET", "A variable is a secret that only a Mesos agent can resolve.",
     "Give its value with --env or --env-file, and leave the variable out of the entry."},
    {kVolumeKind, "E-VOLUME-KIND", "A volume is of a kind that slipway cannot mount.",
     "Use a host_path."},
    {kVolumePath, "E-VOLUME-PATH",
     "The path of a volume is refused: it would hide the sandbox or "
     "the system, leads out, or is slipway's own.",
     "Choose another container_path; slipway-executors(5) lists what is refused."},
    {kResource, "E-RESOURCE", "A resource is there twice, or its number is none that can be had.",
     "Resources are the overhead of one executor: cpus and mem, each a SCALAR of 0 or more."},
    {kTaskId, "E-TASK-ID", "An id is none that Mesos would take.",
     "No '/', no backslash, no control characters, not '.' or '..', at most 255 bytes together "
     "with "
     "task_prefix."},
    {kStdio, "E-STDIO", "The executor's output cannot be put into the sandbox's stdout and stderr.",
     "See what stands there under these names, or leave --stdio=sandbox out."},
    {kUser, "E-USER", "There is no such user, or slipway may not become them.",
     "Only root can run as somebody else. The user needs an account on this host."},
    {kSandbox, "E-SANDBOX", "The sandbox cannot be made, opened or locked.",
     "The task's user must be able to enter and write it, and one slipway at a time works in it."},
    {kReopen, "E-REOPEN", "The sandbox of an earlier launch cannot be reopened.",
     "Prepare it anew: slipway shell FILE --sandbox DIR."},
    {kReport, "E-REPORT", "There is no report to be read there.",
     "Give the directory that slipway worked in, its .slipway/report.jsonl, or '-'."},
    {kCache, "E-CACHE", "The cache cannot be used.",
     "See 'slipway doctor'; give another with --cache-dir, or do without: --no-cache."},
    {kFetch, "E-FETCH", "The fetch stage failed. What failed is in the lines above.",
     "See to each URI that is named above; nothing was placed in the sandbox."},
    {kFetchUri, "E-FETCH-URI",
     "What the URI names cannot be taken: the request itself is wrong, or "
     "what came is not what was asked for.",
     "Correct the entry, or what the server offers. Trying again does not help."},
    {kFetchDirectory, "E-FETCH-DIRECTORY", "The URI names a directory; a file is fetched.",
     "Name the file, or pack the directory into an archive."},
    {kFetchAuth, "E-FETCH-AUTH",
     "The other side refuses us, or the task's user may not read the "
     "file.",
     "Credentials belong into the operator's netrc or headers file (slipway.toml(5)); a local file "
     "and every directory above it must be open to the task's user."},
    {kFetchCertificate, "E-FETCH-CERTIFICATE",
     "The server's certificate cannot be trusted: it is "
     "expired, of another name, or of an authority that this host does not know.",
     "Mend the server, or name the authority's file as ca in the settings. There is no switch that "
     "turns verification off."},
    {kFetchNotFound, "E-FETCH-NOT-FOUND", "There is nothing of that name.",
     "Correct the URI, or put the file there."},
    {kFetchTransient, "E-FETCH-TRANSIENT", "The network or the server failed, after every try.",
     "It may work in a moment: look at the network, the server, the proxy; --retries and "
     "--stall-timeout say how long is waited."},
    {kFetchLocal, "E-FETCH-LOCAL",
     "This machine failed: disk, memory, descriptors, permissions of "
     "the sandbox.",
     "Make room, or see who owns the sandbox."},
    {kFetchChecksum, "E-FETCH-CHECKSUM", "What came has another checksum than the URI says.",
     "Either the file was changed, or the checksum is of another one. Nothing of it was kept."},
    {kFetchArchive, "E-FETCH-ARCHIVE",
     "The archive cannot be unpacked: it is damaged, of another "
     "format than its name says, refused as unsafe, or beyond a limit.",
     "Look at it with tar or unzip; \"extract\": false places it as it is; limits are [extract] in "
     "slipway.toml(5)."},
    {kFetchSize, "E-FETCH-SIZE", "The file is larger than is allowed.",
     "Raise --max-size, or max_size of [fetch] in the settings."},
    {kFetchOffline, "E-FETCH-OFFLINE",
     "The cache does not have it, and the cache policy forbids to "
     "ask.",
     "Fetch it beforehand with 'slipway fetch --prefetch', or leave --cache-policy=offline out."},
    {kFetchHadoop, "E-FETCH-HADOOP",
     "The hadoop client, which fetches this scheme, failed or is "
     "not there.",
     "Set hadoop_home in the settings, or correct the scheme: only http, https, ftp, ftps and file "
     "are slipway's own."},
    {kFetchProgram, "E-FETCH-PROGRAM",
     "slipway-fetcher, which belongs to slipway, cannot be "
     "started or died.",
     "Install slipway completely, one version of both programs; 'slipway doctor' looks at it."},
    {kLandlock, "E-LANDLOCK",
     "The settings require Landlock, and the kernel does not have enough "
     "of it.",
     "Boot with Landlock (ABI 2, Linux 5.19), or set require_landlock to false."},
    {kMountSource, "E-MOUNT-SOURCE",
     "The host_path of a volume cannot be used: it is not there, or "
     "the task's user may not reach it.",
     "Make it on this host, and let the task's user through every directory above it."},
    {kMountTarget, "E-MOUNT-TARGET",
     "The container_path of a volume cannot be mounted on, or is that of another volume.",
     "Give each volume a place of its own. Make one that is missing on the host, or use a path "
     "relative to the sandbox."},
    {kMount, "E-MOUNT",
     "A volume could not be mounted, or what was mounted is not what was "
     "planned.",
     "The message names the call that failed. Nothing was run: there is no run without a volume "
     "that was asked for."},
    {kNamespace, "E-NAMESPACE", "This host refuses the namespaces that volumes need.",
     "The message names the sysctl, LSM or filter; 'slipway doctor' has the remedy."},
    {kBecome, "E-BECOME",
     "slipway could not become the task's user, or not give up what the task "
     "shall not have.",
     "See whether slipway itself runs with reduced capabilities or a seccomp filter."},
    {kExecNotFound, "E-EXEC-NOT-FOUND",
     "The program is neither in the sandbox nor in PATH. Exit "
     "status 127.",
     "Fetch it by one of the entry's uris, or give its absolute path."},
    {kExecDenied, "E-EXEC-DENIED",
     "The program is there and the task's user may not execute it. "
     "Exit status 126.",
     "For a file of the entry's uris set \"executable\": true; else chmod a+x it, and look for a "
     "file system that is mounted noexec."},
    {kExecInterpreter, "E-EXEC-INTERPRETER",
     "The program is there; the interpreter that its first "
     "line names, or its loader, is not. Exit status 126.",
     "Install the interpreter, or correct the line that begins with '#!' (a file with CR LF line "
     "ends names one that ends in CR). For an ELF file see 'file' and 'ldd'."},
    {kExecTooLong, "E-EXEC-TOO-LONG",
     "Arguments and environment are larger than the kernel takes. "
     "Exit status 126.",
     "Leave something out; 'slipway plan' shows what the executor would get."},
    {kExecFormat, "E-EXEC-FORMAT",
     "The file is no program of this machine's kind. Exit status "
     "126.",
     "Fetch the build for this architecture; see 'file'."},
    {kExec, "E-EXEC", "The kernel refuses to execute the program. Exit status 126.",
     "The message has the kernel's reason."},
    {kSupervise, "E-SUPERVISE", "The supervisor cannot do its work.",
     "The message names the call "
     "that failed."},
    {kWrap, "E-WRAP", "The configuration cannot be wrapped or unwrapped.",
     "The message says what cannot be expressed."},
    {kSystem, "E-SYSTEM", "A call to the system failed in a place that has no code of its own.",
     "The message names the call and the object."},
    {kWarnKeyUnknown, "W-KEY-UNKNOWN",
     "An unknown key is ignored. Aurora's scheduler would not "
     "start with it.",
     "Correct its spelling, or remove it."},
    {kWarnKeyUnused, "W-KEY-UNUSED", "A key that Aurora knows means nothing to slipway.",
     "Nothing to do, unless you count on it."},
    {kWarnShellArguments, "W-SHELL-ARGUMENTS",
     "shell is true, which is the default, so arguments "
     "are ignored.",
     "Set \"shell\": false, or put the arguments into value."},
    {kWarnArgv0, "W-ARGV0",
     "arguments[0] becomes argv[0], and looks like an argument that the "
     "program should see.",
     "Put the program's name in front of the arguments."},
    {kWarnBlanks, "W-BLANKS",
     "shell is false and value holds blanks: they are part of the "
     "program's name.",
     "Move the words into arguments, with the program's name first, or set \"shell\": true."},
    {kWarnExtractExecutable, "W-EXTRACT-EXECUTABLE",
     "The file is an archive and executable is "
     "true: it is not extracted.",
     "Leave executable out to have it extracted, or say \"extract\": false."},
    {kWarnNotArchive, "W-NOT-ARCHIVE",
     "extract is true and the file name does not end as an "
     "archive's: it is copied.",
     "Give it an output_file that ends in the archive's suffix, or leave extract out."},
    {kWarnQueryName, "W-QUERY-NAME",
     "The file will have the query string in its name, as Mesos "
     "has it.",
     "Give it an output_file."},
    {kWarnOutputName, "W-OUTPUT-NAME",
     "A URI is placed at stdout or stderr, where an agent and "
     "--stdio=sandbox put the executor's output.",
     "Give it another output_file."},
    {kWarnSystemVolume, "W-SYSTEM-VOLUME", "A directory of the system is mounted read-write.",
     "Use RO, or a directory that belongs to the executor."},
    {kWarnAgentVariable, "W-AGENT-VARIABLE",
     "The command uses a variable that a Mesos agent sets "
     "and that is not there by hand.",
     "Supply it with --env NAME=VALUE, or take those of a live executor: --env-file "
     "/proc/PID/environ."},
    {kWarnResource, "W-RESOURCE", "A resource that slipway does not know is ignored.",
     "cpus and mem are what counts as an executor's overhead."},
    {kWarnImage, "W-IMAGE", "An image, or a container besides the task's own, is not used.",
     "slipway runs the executor on this host's files."},
    {kWarnHidden, "W-HIDDEN", "A fetched file lies where a volume will hide it.",
     "Place it elsewhere with output_file, or mount the volume elsewhere."},
    {kWarnMount, "W-MOUNT", "Something about a volume is worth knowing.", "See the message."},
    {kWarnNamespace, "W-NAMESPACE", "A mount namespace without a user namespace is used.",
     "The message has the reason; volumes work as they should."},
    {kWarnCache, "W-CACHE", "The launch goes on without the cache, or past it.",
     "Set SLIPWAY_CACHE_DIR, give --cache-dir, or see 'slipway doctor'."},
    {kWarnFetch, "W-FETCH", "Something about the fetching is worth knowing.", "See the message."},
    {kWarnFetchRetry, "W-FETCH-RETRY", "A try failed, and there will be another.",
     "Nothing to do. Where it happens often, look at the server."},
    {kWarnRecord, "W-RECORD",
     "The record of the launch is incomplete, could not be written, or is of one that got no "
     "files.",
     "'slipway shell SANDBOX' misses what the message names."},
    {kWarnReport, "W-REPORT", "There will be no report in the sandbox.",
     "The message has the reason; the launch goes on."},
    {kWarnSupervise, "W-SUPERVISE",
     "The supervisor leaves something running, or ends the executor "
     "unasked.",
     "See the message."},
    {kWarnRelative, "W-RELATIVE",
     "A URI is a relative path: on an agent it is looked for below "
     "frameworks_home.",
     "Write the absolute path, or set frameworks_home in the settings."},
};

}  // namespace

std::span<const MessageRow> message_rows() {
  return kRows;
}

std::string_view id_of(MessageCode code) {
  const auto* row = std::ranges::find(kRows, code, &MessageRow::code);
  return row == std::end(kRows) ? std::string_view() : row->id;
}

std::optional<MessageCode> find_code(std::string_view id) {
  const auto* row = std::ranges::find(kRows, id, &MessageRow::id);
  return row == std::end(kRows) ? std::nullopt : std::optional(row->code);
}

MessageCode code_of(const Error& error) {
  return error.message_code() == kNone ? kSystem : error.message_code();
}

std::string coded(std::string_view text, MessageCode code) {
  return code == kNone ? std::string(text) : cat(text, " [", id_of(code), ']');
}

std::string coded(const Error& error) {
  return coded(with_remedy(error.message(), error.remedy()), code_of(error));
}

}  // namespace slipway
