#include "tests/bench/entry_file.h"

#include <fstream>
#include <stdexcept>

#include "sandbox/json_writer.h"

namespace slipway::bench {

std::string write_entry(const std::string& path, const std::vector<EntryUri>& uris) {
  sandbox::JsonWriter json;
  json.begin_array().begin_object().key("executor").begin_object().member("name", "bench");
  json.key("command").begin_object().member("value", "/bin/true").flag("shell", false);
  json.key("arguments").begin_array().string("true").end_array();
  json.key("uris").begin_array();
  for (const EntryUri& uri : uris) {
    json.begin_object().member("value", uri.value);
    json.flag("extract", uri.extract).flag("cache", uri.cache).end_object();
  }
  json.end_array().end_object().key("resources").begin_array().end_array().end_object();
  json.member("task_prefix", "bench-").end_object().end_array();
  std::ofstream out(path);
  out << json.str();
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
  return path;
}

}  // namespace slipway::bench
