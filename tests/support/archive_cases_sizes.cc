// Sizes that are announced, and names without end.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

constexpr std::int64_t kPebibyte = std::int64_t{1} << 50;

void add_sparse_sizes(ArchiveCases& cases) {
  const std::string one = tar_number(0) + tar_number(1);
  const auto old = [](const std::string& map, std::int64_t size) {
    return TarBuilder().add(old_sparse(map, size)).finish();
  };
  cases.refused("old sparse, 1 PiB", "a.tar", old(one, kPebibyte), "'max_bytes'");
  cases.refused("old sparse, data at 1 PiB", "a.tar",
                old(tar_number(kPebibyte) + tar_number(1), kPebibyte + 1), "'max_bytes'");
  cases.refused(
      "old sparse, data at 2^62", "a.tar",
      old(tar_number(std::int64_t{1} << 62) + tar_number(1), (std::int64_t{1} << 62) + 1));
  cases.refused("old sparse, more data than there is", "a.tar",
                old(tar_number(0) + tar_number(9000), 9000));
  cases.refused("old sparse, going back", "a.tar",
                old(tar_number(100) + tar_number(1) + tar_number(0) + tar_number(1), 200));
  cases.refused("old sparse, real size too small", "a.tar",
                old(tar_number(100) + tar_number(1), 10));
  const std::string huge = std::to_string(kPebibyte);
  using Records = std::vector<std::pair<std::string, std::string>>;
  const auto pax = [](const Records& records, const std::string& data) {
    return TarBuilder().pax(records).file("f", data).finish();
  };
  cases.refused("sparse 0.0, 1 PiB", "a.tar",
                pax({{"GNU.sparse.size", huge},
                     {"GNU.sparse.numblocks", "1"},
                     {"GNU.sparse.offset", "0"},
                     {"GNU.sparse.numbytes", "1"}},
                    "x"),
                "'max_bytes'");
  cases.refused(
      "sparse 0.1, 1 PiB", "a.tar",
      pax({{"GNU.sparse.size", huge}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,1"}},
          "x"),
      "'max_bytes'");
  for (const char* map :
       {"0,1,1", "0,-1", "-1,1", "0,9000", "5,1,0,1", "x", "0,99999999999999999999"}) {
    cases.refused(
        cat("sparse 0.1, map ", map), "a.tar",
        pax({{"GNU.sparse.size", "10"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", map}},
            "xy"));
  }
  const auto newest = [&](const std::string& size, const std::string& map) {
    std::string head = map;
    head.resize(512, '\0');
    return pax(
        {{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", size}},
        head + "x");
  };
  cases.refused("sparse 1.0, 1 PiB", "a.tar", newest(huge, "1\n0\n1\n"), "'max_bytes'");
  cases.refused("sparse 1.0, data at 1 PiB", "a.tar",
                newest(std::to_string(kPebibyte + 1), cat("1\n", huge, "\n1\n")), "'max_bytes'");
  for (const char* map : {"", "1\n", "9999999999\n0\n1\n", "-1\n", "1\n0\n9000\n", "1\n-5\n1\n",
                          "x\n", "2\n5\n1\n0\n1\n"}) {
    cases.refused(cat("sparse 1.0, map ", map), "a.tar", newest("10", map));
  }
}

void add_announced_sizes(ArchiveCases& cases) {
  for (const std::int64_t size : {std::int64_t{1} << 33, kPebibyte, std::int64_t{1} << 62}) {
    TarMember member;
    member.name = "f";
    member.data = "x";
    member.patches = {{124, tar_number(size)}};
    cases.refused(cat("announced ", size), "a.tar", TarBuilder().add(member).finish());
    cases.refused(cat("pax announced ", size), "a.tar",
                  TarBuilder().pax({{"size", std::to_string(size)}}).file("f", "x").finish());
    // Of what lies in memory while it is parsed.
    for (const char type : {'x', 'g', 'L', 'K'}) {
      member.type = type;
      cases.refused(cat("announced ", size, " for type ", std::string(1, type)), "a.tar",
                    TarBuilder().add(member).finish());
    }
  }
}

void add_long_names(ArchiveCases& cases) {
  const std::string deepest = repeated("d/", 127) + "f";
  const std::string too_deep = "d/" + deepest;
  const std::string longest = repeated(std::string(99, 'n') + "/", 40) + std::string(95, 'n');
  const std::string too_long = longest + "n";
  const auto tar = [](const std::string& name) {
    return TarBuilder().gnu_long('L', name).file("f", "x").finish();
  };
  const auto zip = [](const std::string& name) { return ZipBuilder().file(name, "x").finish(); };
  cases.extracted("128 components", "a.tar", tar(deepest), {file_at(deepest)});
  cases.extracted("zip: 128 components", "a.zip", zip(deepest), {file_at(deepest)});
  cases.extracted("4095 bytes", "a.tar", tar(longest), {file_at(longest)});
  cases.extracted("zip: 4095 bytes", "a.zip", zip(longest), {file_at(longest)});
  cases.refused("129 components", "a.tar", tar(too_deep), "'max_depth'");
  cases.refused("zip: 129 components", "a.zip", zip(too_deep), "'max_depth'");
  cases.refused("4096 bytes", "a.tar", tar(too_long), "'max_path_length'");
  cases.refused("zip: 4096 bytes", "a.zip", zip(too_long), "'max_path_length'");
  const std::string endless = repeated("d/", 30'000);
  cases.refused("60000 bytes", "a.tar", tar(endless), "'max_");
  cases.refused("zip: 60000 bytes", "a.zip", zip(endless), "'max_");
  cases.refused("pax: 60000 bytes", "a.tar",
                TarBuilder().pax({{"path", endless}}).file("f", "x").finish(), "'max_");
  cases.refused("directories: 60000 bytes", "a.tar",
                TarBuilder().gnu_long('L', endless).directory("d").finish(), "'max_");
}

}  // namespace

void add_sizes(ArchiveCases& cases) {
  add_sparse_sizes(cases);
  add_announced_sizes(cases);
  add_long_names(cases);
}

}  // namespace slipway::tests
