// What the headers of a tar archive say twice, contradict, or say wrongly.
#include "sandbox/base/text.h"
#include "tests/support/archive_builder.h"
#include "tests/support/archive_cases_families.h"

namespace slipway::tests {

namespace {

std::string inner_archive() {
  return TarBuilder().file("smuggled", "evil").cut();
}

// Two readers, two archives (CVE-2025-62518): POSIX says that the pax header wins.
void add_two_sizes(ArchiveCases& cases) {
  const std::string inner = inner_archive();
  TarMember member;
  member.name = "f";
  member.data = inner;
  member.size = 0;
  cases.extracted("pax size over a smaller one", "a.tar",
                  TarBuilder()
                      .pax({{"size", std::to_string(inner.size())}})
                      .add(member)
                      .file("g", "x")
                      .finish(),
                  {file_at("f", inner), file_at("g")});
  member.data = "";
  member.size = inner.size();
  cases.extracted("pax size under a larger one", "a.tar",
                  TarBuilder().pax({{"size", "0"}}).add(member).raw(inner).finish(),
                  {file_at("f", ""), file_at("smuggled", "evil")});
  member.data = "x";
  member.size.reset();
  for (const char* size : {"-1", "x", "", " 1", "1x", "0x1", "99999999999999999999",
                           "9223372036854775808", "18446744073709551617"}) {
    cases.either(cat("pax size '", size, "'"), "a.tar",
                 TarBuilder().pax({{"size", size}}).add(member).finish(), {file_at("f")});
  }
  cases.refused("pax size over all there is", "a.tar",
                TarBuilder().pax({{"size", "9223372036854775807"}}).add(member).finish());
}

void add_two_names(ArchiveCases& cases) {
  const auto file = [](TarBuilder tar, const char* name = "innocent") {
    return tar.file(name, "x").finish();
  };
  cases.extracted("the last of two pax paths", "a.tar",
                  file(TarBuilder().pax({{"path", "first"}, {"path", "last"}})), {file_at("last")});
  cases.refused("the last of two pax paths climbs", "a.tar",
                file(TarBuilder().pax({{"path", "first"}, {"path", "../last"}})), "'..'");
  cases.extracted("pax path over one that climbs", "a.tar",
                  file(TarBuilder().pax({{"path", "good"}}), "../evil"), {file_at("good")});
  cases.extracted("GNU name over one that climbs", "a.tar",
                  file(TarBuilder().gnu_long('L', "good"), "../evil"), {file_at("good")});
  cases.extracted("pax linkpath over another", "a.tar",
                  TarBuilder().pax({{"linkpath", "good"}}).symlink("l", "../evil").finish(),
                  {link_at("l", "good")});
  const Tree good = {file_at("good")};
  cases.either("GNU name climbs, pax path does not", "a.tar",
               file(TarBuilder().gnu_long('L', "../evil").pax({{"path", "good"}})), good);
  cases.either("pax path climbs, GNU name does not", "a.tar",
               file(TarBuilder().pax({{"path", "../evil"}}).gnu_long('L', "good")), good);
  cases.either("of two pax headers the first climbs", "a.tar",
               file(TarBuilder().pax({{"path", "../evil"}}).pax({{"path", "good"}})), good);
  cases.either("of two GNU names the first climbs", "a.tar",
               file(TarBuilder().gnu_long('L', "../evil").gnu_long('L', "good")), good);
  cases.refused("of two GNU names the last climbs", "a.tar",
                file(TarBuilder().gnu_long('L', "good").gnu_long('L', "../evil")), "'..'");
  cases.either("a file with a link's target", "a.tar",
               TarBuilder().pax({{"linkpath", cases.outside()}}).file("f", "x").finish(),
               {file_at("f")});
  cases.extracted("the name counts for one member only", "a.tar",
                  TarBuilder()
                      .pax({{"path", "named"}})
                      .file("f", "x")
                      .gnu_long('L', "long")
                      .file("f", "x")
                      .file("f", "x")
                      .finish(),
                  {file_at("named"), file_at("long"), file_at("f")});
}

void add_global_headers(ArchiveCases& cases) {
  const auto global = [](const std::string& record) {
    TarMember member;
    member.name = "pax_global_header";
    member.type = 'g';
    member.data = record;
    return TarBuilder().add(member);
  };
  const auto file = [](TarBuilder tar) { return tar.file("f", "x").finish(); };
  // `git archive` begins like this.
  cases.extracted("global comment", "a.tar",
                  file(global("52 comment=0123456789012345678901234567890123456789\n")),
                  {file_at("f")});
  cases.either("global path that climbs", "a.tar", file(global("16 path=../evil\n")),
               {file_at("f")});
  cases.either("global linkpath", "a.tar", file(global("20 linkpath=../evil\n")), {file_at("f")});
  cases.either("global header without an end", "a.tar", file(global("99 comment=x\n")),
               {file_at("f")});
}

void add_malformed_headers(ArchiveCases& cases) {
  TarMember header;
  header.name = "pax";
  header.type = 'x';
  for (const char* data :
       {"12 path=abc", "99 path=abc\n", "x path=abc\n", "0 path=abc\n", "-12 path=abc\n",
        "99999999999999999999 path=abc\n", "12path=abc\n", "7 path\n", "\n", "12 path=abc\n1"}) {
    header.data = data;
    cases.refused(cat("pax record ", data), "a.tar",
                  TarBuilder().add(header).file("f", "x").finish());
  }
  cases.refused("pax header with no member", "a.tar", TarBuilder().pax({{"path", "f"}}).finish());
  cases.refused("GNU name with no member", "a.tar", TarBuilder().gnu_long('L', "f").finish());
  const std::string whole = TarBuilder().file("a", "x").file("b", "y").finish();
  for (const std::size_t at : {0U, 99U, 100U, 124U, 135U, 148U, 153U, 156U, 257U, 345U}) {
    std::string changed = whole;
    changed[1024 + at] = static_cast<char>(changed[1024 + at] ^ 1);
    cases.refused(cat("header checksum, byte ", at), "a.tar", changed, "damaged");
    changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    cases.refused(cat("first header's checksum, byte ", at), "a.tar", changed);
  }
  for (const std::string& size :
       {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12),  // -1
        std::string("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12),
        std::string("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12), std::string("-0000000001")}) {
    TarMember member;
    member.name = "f";
    member.data = "x";
    member.patches = {{124, size}};
    cases.refused(cat("size field ", size), "a.tar", TarBuilder().add(member).finish());
  }
}

void add_misplaced_data(ArchiveCases& cases) {
  for (const char type : {'2', '5'}) {
    TarMember member;
    member.name = "m";
    member.type = type;
    member.link = type == '2' ? "target" : "";
    member.data = inner_archive();
    cases.refused(cat("data behind type ", std::string(1, type)), "a.tar",
                  TarBuilder().add(member).finish());
  }
  cases.refused("data behind a file named as a directory", "a.tar",
                TarBuilder().file("d/", inner_archive()).finish());
}

void add_clashes(ArchiveCases& cases) {
  cases.refused("a file in place of a directory", "a.tar",
                TarBuilder().directory("d").file("d", "x").finish(), "directory");
  cases.refused("a file in place of a full directory", "a.tar",
                TarBuilder().file("d/f", "x").file("d", "x").finish(), "directory");
  cases.extracted("a directory in place of a file", "a.tar",
                  TarBuilder().file("d", "x").directory("d").file("d/f", "x").finish(),
                  {directory_at("d"), file_at("d/f")});
  cases.refused("a file below a file", "a.tar",
                TarBuilder().file("f", "x").file("f/g", "x").finish(), "directory");
  cases.extracted("the last of many", "a.tar",
                  TarBuilder()
                      .file("f", "1", 0600)
                      .file("./f", "22", 0644)
                      .file("/f", "333", 0755)
                      .directory("d", 0700)
                      .directory("d", 0755)
                      .finish(),
                  {file_at("f", "333", 0755), directory_at("d")});
}

}  // namespace

void add_tar_headers(ArchiveCases& cases) {
  add_two_sizes(cases);
  add_two_names(cases);
  add_global_headers(cases);
  add_malformed_headers(cases);
  add_misplaced_data(cases);
  add_clashes(cases);
}

}  // namespace slipway::tests
