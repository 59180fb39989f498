// What is written down of unpacked archives: keys, records, manifests.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "fetcher/base/digest.h"
#include "fetcher/cache/tree_manifest.h"
#include "fetcher/cache/tree_store.h"
#include "sandbox/base/sys.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::fetcher {
namespace {

TEST(TreeKey, ChangesWithWhateverChangesTheTree) {
  const std::string key = tree_key("aa", ArchiveFormat::kTar, "a.tar", {});
  EXPECT_EQ(tree_key("aa", ArchiveFormat::kTar, "b.tar", {}), key);
  EXPECT_NE(tree_key("ab", ArchiveFormat::kTar, "a.tar", {}), key);
  EXPECT_NE(tree_key("aa", ArchiveFormat::kZip, "a.tar", {}), key);
  EXPECT_NE(tree_key("aa", ArchiveFormat::kGzip, "a.gz", {}),
            tree_key("aa", ArchiveFormat::kGzip, "b.gz", {}));
  ExtractLimits stricter;
  stricter.entries = 3;
  EXPECT_NE(tree_key("aa", ArchiveFormat::kTar, "a.tar", stricter), key);
}

TEST(TreeRecord, IsReadBackAndNothingElse) {
  const TreeRecord record{
      "boot", sha256_hex("archive"), sha256_hex("manifest"), 3, 4096, 1, sha256_hex("others"),
      "1:2",  {{"app", "3:4"}}};
  const std::string text = to_json(record);
  ASSERT_OK_AND_ASSIGN(const TreeRecord again, parse_tree_record(text));
  EXPECT_EQ(again, record);
  for (const char* name : {"..", ".", "", "a/b", "/"}) {
    TreeRecord bad = record;
    bad.directories[0].name = name;
    EXPECT_FALSE(parse_tree_record(to_json(bad))) << name;
  }
  EXPECT_FALSE(parse_tree_record(text.substr(0, text.size() / 2)));
}

TEST(Manifest, AnyPathIsReadBack) {
  const tests::TempDir dir;
  const std::string hash = sha256_hex("x");
  std::string text;
  const ManifestEntry file{
      ManifestEntry::Kind::kFile, 0644, 7, 2, 5, {-1, 999}, {8, 9}, hash, "a b\n\xff", ""};
  ManifestEntry link;
  link.kind = ManifestEntry::Kind::kSymlink;
  link.path = "l";
  link.target = " \n->";
  for (const auto& each : {file, link}) text += to_record(each);
  const std::string path = dir.write("manifest", text);
  const Fd fd = *sys::open_at(AT_FDCWD, path, O_RDONLY);
  ManifestReader reader(fd.get());
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(to_record(**first), to_record(file));
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->target, " \n->");
  EXPECT_FALSE(*reader.next());
}

TEST(Manifest, DamagedTextIsAnError) {
  const tests::TempDir dir;
  const std::string good =
      to_record({ManifestEntry::Kind::kFile, 0644, 7, 2, 5, {}, {}, sha256_hex("x"), "a", ""});
  for (const std::string& bad : {good.substr(0, good.size() - 1), std::string("x") + good,
                                 std::string("f 644"), std::string(1 << 20, 'f')}) {
    const std::string path = dir.write("manifest", bad);
    const Fd fd = *sys::open_at(AT_FDCWD, path, O_RDONLY);
    EXPECT_FALSE(ManifestReader(fd.get()).next()) << bad.substr(0, 80);
  }
}

}  // namespace
}  // namespace slipway::fetcher
