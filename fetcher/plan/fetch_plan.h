// What is to be fetched, decided before anything is. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fetcher/archive/archive_format.h"
#include "fetcher/archive/extract_limits.h"
#include "fetcher/plan/cache_limits.h"
#include "fetcher/plan/materialize.h"
#include "fetcher/plan/transfer_settings.h"
#include "fetcher/plan/uri.h"
#include "sandbox/base/result.h"
#include "sandbox/message_code.h"
#include "sandbox/path.h"

namespace slipway::fetcher {

// One value for what CommandInfo.URI says with two booleans: executable beats extract (Mesos).
enum class Treatment { kPlain, kExtract, kExecutable };
enum class CacheUse { kNo, kYes };
// Whether the entry says so itself.
enum class Said { kByDefault, kExplicitly };

// uris[] of an entry.
struct UriRequest {
  Uri uri;
  std::optional<sandbox::SandboxPath> output_file;
  Treatment treatment = Treatment::kExtract;
  CacheUse cache = CacheUse::kNo;
  Said extract_said = Said::kByDefault;
};

struct Revalidate {};  // one conditional request a launch
struct Immutable {};   // a URI's content never changes
struct Ttl {
  std::chrono::seconds age;  // younger copies are used unasked
};
struct Refresh {};  // fetched anew
struct Offline {};  // only what the cache has
using CachePolicy = std::variant<Revalidate, Immutable, Ttl, Refresh, Offline>;

std::string describe(const CachePolicy& policy);

// What the cache knows of one URI, read by the survey.
struct CachedCopy {
  std::string generation;  // of the entry: changes whenever the entry does
  std::chrono::seconds age{0};
  bool has_validator = false;    // an ETag or Last-Modified to ask with
  bool local_unchanged = false;  // a local source that is still the file that was copied
  bool has_tree = false;         // unpacked by the rules that hold now
};

enum class CacheDecision {
  kDirect,      // not through the cache
  kUse,         // the cached copy, unasked
  kRevalidate,  // ask the server, then use the copy or fetch
  kFill,        // fetch into the cache
};
std::string_view name_of(CacheDecision decision);

struct FetchStep {
  Uri uri;
  sandbox::SandboxPath destination;  // of the file; an archive's members land in the sandbox's root
  std::string shown_destination;     // as it may be printed
  bool executable = false;           // mode 0755
  std::optional<ArchiveFormat> extract;
  bool keep_archive = true;  // an archive that came through the cache is not left in the sandbox
  CacheDecision decision = CacheDecision::kDirect;
  std::string generation;  // of the copy that was there when the decision was made; may be empty
  std::string reason;      // why this decision, for people
  // The file of a Mesos agent's cache that has it (kUse) or is to get it (kFill); empty: no
  // agent's, but slipway's own cache is meant.
  std::string agent_cache_file = {};
  bool has_tree = false;  // of an archive: the cache had it unpacked when the decision was made
};

// False where only an archive's members are to stay in the sandbox.
inline bool places_file(const FetchStep& step) {
  return !step.extract || step.keep_archive;
}

// What becomes of it, with what mode, and why: for people.
std::string describe_treatment(const FetchStep& step);

struct FetchPlan {
  std::vector<FetchStep> steps;  // in the order of the entry, which is the order of placing
  Materialization materialization = {};
  bool offline = false;          // nothing may be asked of the network
  ExtractLimits extract_limits;  // of each archive
  TransferSettings transfers;
  CacheLimits cache_limits;
};

struct FetchProblem {
  std::size_t uri = 0;  // index
  std::string what;
  MessageCode code = MessageCode::kSamePath;
};

// `copies` has one element per request: what the cache knows, nothing where it knows nothing or was
// not asked. `cache_available` false: every step is kDirect.
Result<FetchPlan, std::vector<FetchProblem>> plan_fetches(
    std::span<const UriRequest> requests, const CachePolicy& policy, bool cache_available,
    std::span<const std::optional<CachedCopy>> copies);

// True where the URI's file may be fetched: `offline` forbids the network, not what this host has.
inline bool may_fetch(const Uri& uri, bool offline) {
  return !offline || uri.is_local();
}

// Where files go: no two in one place, and none below another.
class Destinations {
 public:
  // The number of an earlier file whose place is this one, above it or below it; where there is
  // none the place is this file's from now on.
  std::optional<std::size_t> claim(const sandbox::SandboxPath& path, std::size_t number);

 private:
  std::map<std::string, std::size_t> taken_;
};

// True where two steps would place their files at one path, or one where the other needs a
// directory. Never of what plan_fetches() has planned.
bool files_meet(const FetchPlan& plan);

// True where some URI goes through the cache, and where some archive is unpacked.
bool uses_cache(const FetchPlan& plan);
bool extracts(const FetchPlan& plan);

// True where it takes slipway-fetcher to get hold of a step's files. Else they are copied from the
// cache, unasked, or from where they are on this host, and anybody can do that.
bool needs_fetcher(const FetchStep& step);
bool needs_fetcher(const FetchPlan& plan);  // for any of its steps

// True where some URI is fetched by the hadoop client.
bool needs_hadoop(const FetchPlan& plan);

// CommandInfo.URI.output_file: where in the sandbox the file goes. Errors: as SandboxPath::parse();
// it ends in '/', so it names no file.
Result<sandbox::SandboxPath> parse_output_file(std::string_view text);

// The name under which a URI's file appears: output_file, else the URI's own file name.
Result<sandbox::SandboxPath> destination_of(const UriRequest& request);

}  // namespace slipway::fetcher
