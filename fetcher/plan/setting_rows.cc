#include "fetcher/plan/setting_rows.h"

#include "fetcher/base/automatic_size.h"
#include "fetcher/plan/setting_value.h"
#include "sandbox/base/text.h"
#include "sandbox/path.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

namespace {

using sandbox::Setting;
using std::chrono::milliseconds;

Result<void> take_duration(milliseconds& field, const Setting& setting, milliseconds least) {
  const auto value = TRY(read_duration(setting));
  if (value < least)
    return Error(cat(duration_text(value), " is less than ", duration_text(least)));
  if (value > kLongestLimit)
    return Error(cat(duration_text(value), " is more than ", duration_text(kLongestLimit)));
  field = value;
  return {};
}

Result<void> take_count(unsigned& field, const Setting& setting, unsigned least, unsigned most) {
  const auto value = TRY(read_count(setting));
  if (value < least || value > most) {
    return Error(cat(value, " is not between ", least, " and ", most));
  }
  field = static_cast<unsigned>(value);
  return {};
}

Result<void> take_automatic(std::uint64_t& field, const Setting& setting) {
  field = TRY(read_size_or_automatic(setting));
  return {};
}

std::string automatic_text(std::uint64_t value) {
  return value == kAutomaticSize ? std::string(kAutomaticWord) : size_text(value);
}

// A place of the host's, or "" for none.
Result<void> take_path(std::string& field, const Setting& setting) {
  std::string path = TRY(read_string(setting));
  if (!path.empty()) path = TRY(sandbox::AbsolutePath::parse(path)).str();
  field = std::move(path);
  return {};
}

constexpr SettingRow kFetch[] = {
    {"parallel", "URIs of one entry that are fetched at a time.", "1 to 64",
     [](Settings& s, const Setting& v) { return take_count(s.transfers.parallel, v, 1, 64); },
     [](const Settings& s) { return cat(s.transfers.parallel); }},
    {"retries", "Tries after the first, for failures that may pass.", "0 to 100",
     [](Settings& s, const Setting& v) { return take_count(s.transfers.retry.retries, v, 0, 100); },
     [](const Settings& s) { return cat(s.transfers.retry.retries); }},
    {"connect_timeout", "For the name, TCP and TLS of each connection.", "1ms to 30 days",
     [](Settings& s, const Setting& v) {
       return take_duration(s.transfers.limits.connect, v, milliseconds(1));
     },
     [](const Settings& s) { return duration_text(s.transfers.limits.connect); }},
    {"stall_timeout", "A try is given up after so long without a single byte.", "1ms to 30 days",
     [](Settings& s, const Setting& v) {
       return take_duration(s.transfers.limits.stall, v, milliseconds(1));
     },
     [](const Settings& s) { return duration_text(s.transfers.limits.stall); }},
    {"timeout",
     "For one URI in all, with its tries, its pauses, and waiting where another slipway fetches it "
     "already; 0 for no limit. Unpacking has [extract] max_time.",
     "0 to 30 days",
     [](Settings& s, const Setting& v) {
       return take_duration(s.transfers.limits.total, v, milliseconds(0));
     },
     [](const Settings& s) { return duration_text(s.transfers.limits.total); }},
    {"max_size", "Bytes of one URI that is fetched; what the cache has already is not measured.",
     "1 or more",
     [](Settings& s, const Setting& v) -> Result<void> {
       s.transfers.limits.max_bytes = TRY(not_zero(TRY(read_size(v))));
       return {};
     },
     [](const Settings& s) { return size_text(s.transfers.limits.max_bytes); }},
    {"proxy",
     "The URL of a proxy for every transfer. Empty: as http_proxy, https_proxy and all_proxy in "
     "slipway's environment say.",
     "",
     [](Settings& s, const Setting& v) -> Result<void> {
       s.transfers.network.proxy = TRY(read_string(v));
       return {};
     },
     [](const Settings& s) { return s.transfers.network.proxy; }},
    {"no_proxy",
     "Hosts that are reached without it, separated by commas. Empty: as no_proxy in the "
     "environment says.",
     "",
     [](Settings& s, const Setting& v) -> Result<void> {
       s.transfers.network.no_proxy = TRY(read_string(v));
       return {};
     },
     [](const Settings& s) { return s.transfers.network.no_proxy; }},
    {"ca",
     "The authorities to trust: a file in PEM, or a directory of them by hash (openssl rehash). "
     "Empty: as CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR say, else the system's.",
     "", [](Settings& s, const Setting& v) { return take_path(s.transfers.network.ca, v); },
     [](const Settings& s) { return s.transfers.network.ca; }},
    {"netrc",
     "A netrc file with passwords for hosts. It is read by who starts slipway: where ordinary "
     "users or wrapped executors do, they must be able to read it, and its passwords are theirs "
     "then. It can be root's alone for launches that root starts, and in the place of "
     "mesos-fetcher.",
     "", [](Settings& s, const Setting& v) { return take_path(s.netrc_file, v); },
     [](const Settings& s) { return s.netrc_file; }},
    {"headers",
     "A directory with a file for each origin that wants headers of its own: named HOST, for https "
     "on its own port, or HOST:PORT, with lines of \"Name: value\". They are sent to no other "
     "origin. Who must be able to read them is as for netrc.",
     "", [](Settings& s, const Setting& v) { return take_path(s.headers_dir, v); },
     [](const Settings& s) { return s.headers_dir; }},
    {"hadoop_home",
     "Where bin/hadoop is, which fetches hdfs://, s3://, s3n:// and every other scheme. Empty: "
     "hadoop in PATH.",
     "",
     [](Settings& s, const Setting& v) { return take_path(s.transfers.network.hadoop_home, v); },
     [](const Settings& s) { return s.transfers.network.hadoop_home; }},
    {"frameworks_home",
     "The directory below which relative paths are. Empty: relative paths are errors.", "",
     [](Settings& s, const Setting& v) { return take_path(s.frameworks_home, v); },
     [](const Settings& s) { return s.frameworks_home; }},
    {"require_landlock",
     "Refuse to fetch where the kernel cannot confine the fetch stage (Landlock, Linux 5.19).",
     "true or false",
     [](Settings& s, const Setting& v) -> Result<void> {
       s.require_landlock = TRY(read_boolean(v));
       return {};
     },
     [](const Settings& s) { return std::string(s.require_landlock ? "true" : "false"); }},
};

constexpr SettingRow kCache[] = {
    {"max_size", "All of it. auto: 10GiB or a tenth of the file system, whichever is less.",
     "a size, or auto",
     [](Settings& s, const Setting& v) { return take_automatic(s.cache.max_bytes, v); },
     [](const Settings& s) { return automatic_text(s.cache.max_bytes); }},
    {"free_space_reserve",
     "What stays free on its file system. auto: a hundredth of it, at most 1GiB; 0: nothing.",
     "a size, or auto",
     [](Settings& s, const Setting& v) { return take_automatic(s.cache.free_space_reserve, v); },
     [](const Settings& s) { return automatic_text(s.cache.free_space_reserve); }},
    {"lock_timeout",
     "How long another slipway that fetches the same URI is waited for when it gives no sign of "
     "life. One that has died is replaced at once.",
     "0 to 30 days",
     [](Settings& s, const Setting& v) {
       return take_duration(s.cache.lock_patience, v, milliseconds(0));
     },
     [](const Settings& s) { return duration_text(s.cache.lock_patience); }},
    {"revalidate_timeout",
     "For the answer whether a cached copy is current; after that the copy is used as it is.",
     "1ms to 30 days",
     [](Settings& s, const Setting& v) {
       return take_duration(s.transfers.revalidate, v, milliseconds(1));
     },
     [](const Settings& s) { return duration_text(s.transfers.revalidate); }},
    {"materialize",
     "How what the cache has gets into a sandbox: auto, copy, reflink or overlay, see MATERIALIZE "
     "in slipway-cache(1); \"overlay,auto\": the first one that can be had.",
     "",
     [](Settings& s, const Setting& v) -> Result<void> {
       s.materialize = TRY(parse_ways(TRY(read_string(v))));
       return {};
     },
     [](const Settings& s) { return text_of(s.materialize); }},
};

}  // namespace

std::span<const SettingRow> fetch_setting_rows() {
  return kFetch;
}

std::span<const SettingRow> cache_setting_rows() {
  return kCache;
}

}  // namespace slipway::fetcher
