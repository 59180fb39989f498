// The report in a sandbox: written by the launch, read by `slipway report`, and open to whatever
// the task does to it in between.
#pragma once

#include <string>

#include "sandbox/base/fd.h"
#include "sandbox/base/result.h"
#include "sandbox/path.h"
#include "sandbox/user.h"

namespace slipway::launcher {

inline constexpr char kReportFile[] = "report.jsonl";  // in .slipway
inline constexpr std::size_t kReportMaxBytes = std::size_t{16} << 20;

// A new one in `private_dir`, the sandbox's .slipway, in place of an earlier one: 0600, made with
// that user's rights.
Result<Fd> create_report(int private_dir, const sandbox::User& user);

// The report of that sandbox, to add to what is there, with that user's rights. Errors: it is no
// regular file of the user's any more, or has several names.
Result<Fd> open_report_again(const sandbox::AbsolutePath& sandbox, const sandbox::User& user);

// The text of the report in the sandbox `place`, or in the file `place`, or "-": on standard input.
// A file must be regular and is read with its owner's rights; no link is followed to it. At most
// kReportMaxBytes.
Result<std::string> read_report(const std::string& place);

}  // namespace slipway::launcher
