#include "tests/support/name_carriers.h"

#include "tests/support/archive_builder.h"

namespace slipway::tests {

namespace {

// One member of each name.
std::string tar_of(const Names& names, void (*add)(TarBuilder& tar, const std::string& name)) {
  TarBuilder tar;
  for (const auto& name : names) add(tar, name);
  return tar.finish();
}

std::string in_ustar(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) { tar.file(name, "x"); });
}

std::string in_v7(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    TarMember member;
    member.name = name;
    member.data = "x";
    member.magic = "";
    tar.add(member);
  });
}

std::string in_pax(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.pax({{"path", name}}).file("innocent", "x");
  });
}

std::string in_binary_pax(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.pax({{"hdrcharset", "BINARY"}, {"path", name}}).file("innocent", "x");
  });
}

std::string in_gnu(const Names& names) {
  return tar_of(names, [](TarBuilder& tar, const std::string& name) {
    tar.gnu_long('L', name).file("innocent", "x");
  });
}

std::string zip_of(const Names& names, std::uint16_t flags) {
  ZipBuilder zip;
  for (const auto& name : names) {
    ZipEntry entry;
    entry.name = name;
    entry.data = "x";
    entry.flags = flags;
    zip.add(entry);
  }
  return zip.finish();
}

std::string in_zip(const Names& names) {
  return zip_of(names, 0);
}

std::string in_utf8_zip(const Names& names) {
  return zip_of(names, 0x800);
}

}  // namespace

std::span<const NameCarrier> name_carriers() {
  static constexpr NameCarrier carriers[] = {
      {"ustar", "a.tar", in_ustar, 100},
      {"v7", "a.tar", in_v7, 100},
      {"pax", "a.tar", in_pax, 5000},
      {"binary pax", "a.tar", in_binary_pax, 5000},
      {"GNU L", "a.tar", in_gnu, 5000},
      {"zip", "a.zip", in_zip, 5000},
      {"UTF-8 zip", "a.zip", in_utf8_zip, 5000},
  };
  return carriers;
}

std::string in_ustar_prefix(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  TarMember member;
  member.name = name.substr(slash + 1);
  member.data = "x";
  member.patches = {{345, name.substr(0, slash)}};
  return TarBuilder().add(member).finish();
}

}  // namespace slipway::tests
