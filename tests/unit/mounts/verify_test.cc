#include "mounts/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mounts/refusal.h"
#include "sandbox/base/sys.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace slipway::mounts {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::FailsWith;
using tests::IsOk;

std::vector<sandbox::MountEntry> table(const std::string& text) {
  return *sandbox::parse_mountinfo(text);
}

const std::string kRoot = "1 0 0:1 / / rw,nosuid - tmpfs none rw\n";
const std::vector<AttachedVolume> kVolumes = {
    {10, Access::kReadOnly, FileKind::kDirectory, "/v"},
    {12, Access::kReadWrite, FileKind::kDirectory, "/v/w"}};

TEST(VerifyVolumes, AcceptsAReadWriteVolumeInsideAReadOnlyOne) {
  const auto mounts = table(kRoot +
                            "10 1 0:2 / /v ro,nosuid,nodev - tmpfs none rw\n"
                            "11 10 0:3 / /v/s ro,nosuid,nodev - tmpfs none rw\n"
                            "12 10 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n"
                            "13 12 0:4 / /v/w/x rw,nosuid,nodev - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), IsOk());
}

TEST(VerifyVolumes, FailsForAWritableMountBelow) {
  const auto mounts = table(kRoot +
                            "10 1 0:2 / /v ro,nosuid,nodev - tmpfs none rw\n"
                            "11 10 0:3 / /v/s rw,nosuid,nodev - tmpfs none ro\n"
                            "12 10 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), FailsWith("'/v/s' is not read-only"));
}

TEST(VerifyVolumes, FailsForAVolumeThatIsNotThere) {
  const auto mounts = table(kRoot + "10 1 0:2 / /v ro,nosuid,nodev - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), FailsWith(HasSubstr("'/v/w' is not in the mount")));
}

TEST(VerifyVolumes, FailsWhereSetuidProgramsWork) {
  const auto mounts = table(kRoot +
                            "10 1 0:2 / /v ro,nodev - tmpfs none rw\n"
                            "12 1 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), FailsWith("'/v' is not nosuid"));
}

TEST(VerifyVolumes, FailsForAVolumeWithDevicesUnlessItIsOne) {
  const auto mounts = table(kRoot +
                            "10 1 0:2 / /v ro,nosuid - tmpfs none rw\n"
                            "12 1 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), FailsWith("'/v' is not nodev"));
  const std::vector<AttachedVolume> device = {{10, Access::kReadOnly, FileKind::kDevice, "/v"}};
  EXPECT_THAT(verify_volumes(mounts, device), IsOk());
}

TEST(VerifyVolumes, FailsForAReadOnlyVolumeThatGetsLaterMounts) {
  const auto mounts = table(kRoot +
                            "10 1 0:2 / /v ro,nosuid,nodev master:2 - tmpfs none rw\n"
                            "12 1 0:4 / /v/w rw,nosuid,nodev master:3 - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, kVolumes), FailsWith("'/v' is not private"));
}

TEST(VerifyVolumes, AsksOfAHiddenMountOnlyWhetherItIsReadOnly) {
  const std::string top = kRoot + "10 1 0:2 / /v ro,nosuid,nodev - tmpfs none rw\n";
  EXPECT_THAT(verify_volumes(table(top + "12 1 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n"
                                         "13 12 0:5 / /v/w/s rw - tmpfs none rw\n"
                                         "14 13 0:6 / /v/w/s rw,nosuid,nodev - tmpfs none rw\n"),
                             kVolumes),
              IsOk());
  EXPECT_THAT(verify_volumes(table(top + "12 1 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n"
                                         "13 10 0:5 / /v/s rw - tmpfs none rw\n"
                                         "14 13 0:6 / /v/s ro,nosuid,nodev - tmpfs none rw\n"),
                             kVolumes),
              FailsWith("'/v/s' is not read-only"));
}

TEST(VerifyVolumes, AMountIsHiddenByOneOnADirectoryAbove) {
  const std::string top = kRoot +
                          "10 1 0:2 / /v ro,nosuid,nodev - tmpfs none rw\n"
                          "12 1 0:4 / /v/w rw,nosuid,nodev - tmpfs none rw\n"
                          "13 12 0:5 / /v/w/a/b rw - tmpfs none rw\n"
                          "14 13 0:5 / /v/w/a/b/c rw - tmpfs none rw\n";
  EXPECT_THAT(
      verify_volumes(table(top + "15 12 0:6 / /v/w/a rw,nosuid,nodev - tmpfs none rw\n"), kVolumes),
      IsOk());
  EXPECT_THAT(verify_volumes(table(top + "15 12 0:6 / /v/w/ab rw,nosuid,nodev - tmpfs none rw\n"),
                             kVolumes),
              FailsWith("'/v/w/a/b' is not nosuid"));
  EXPECT_THAT(
      verify_volumes(table(top + "15 1 0:6 / /v rw,nosuid,nodev - tmpfs none rw\n"), kVolumes),
      FailsWith("'/v/w/a/b' is not nosuid"))
      << "what hides the volume itself is no matter of the volume's";
}

TEST(VerifyVolumes, FailsWhereAMountIsStillShared) {
  const auto mounts = table("1 0 0:1 / / rw,nosuid shared:3 - tmpfs none rw\n");
  EXPECT_THAT(verify_volumes(mounts, {}), FailsWith(HasSubstr("'/' is still shared")));
}

// Stand-ins for /proc/sys and /proc/self/status.
class Refused : public ::testing::Test {
 protected:
  [[nodiscard]] Error explain(int number, Privilege privilege,
                              Refusal what = Refusal::kOfNamespaces) const {
    const auto fd = sys::open_at(AT_FDCWD, settings_.path(), O_PATH | O_DIRECTORY);
    const auto status = sys::open_at(fd->get(), "status", O_RDONLY);
    return explain_refusal(Error::system(number, "unshare"), privilege, what,
                           {fd->get(), status ? status->get() : -1});
  }
  tests::TempDir settings_;
};

TEST_F(Refused, NamesTheSettingThatStandsInTheWay) {
  settings_.write("user/max_user_namespaces", "15000\n");
  settings_.write("kernel/unprivileged_userns_clone", "0\n");
  const Error error = explain(EPERM, Privilege::kOrdinaryUser);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("kernel.unprivileged_userns_clone is 0"),
                                     HasSubstr("Operation not permitted")));
  EXPECT_THAT(error.remedy(), HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
  EXPECT_EQ(error.number(), EPERM);
}

TEST_F(Refused, NamesAppArmor) {
  settings_.write("kernel/apparmor_restrict_unprivileged_userns", "1\n");
  EXPECT_THAT(explain(EACCES, Privilege::kOrdinaryUser).message(), HasSubstr("AppArmor"));
  EXPECT_THAT(explain(EACCES, Privilege::kRootForUser).message(),
              ::testing::Not(HasSubstr("AppArmor")));
}

TEST_F(Refused, NamesALimitThatIsUsedUp) {
  settings_.write("user/max_user_namespaces", "10\n");
  EXPECT_THAT(explain(ENOSPC, Privilege::kOrdinaryUser).message(), HasSubstr("is used up"));
}

TEST_F(Refused, WithoutAnySettingPointsAtTheContainer) {
  EXPECT_THAT(explain(EPERM, Privilege::kRealRoot).remedy(), HasSubstr("container"));
}

TEST_F(Refused, NamesAppArmorByItsSymptomWhereTheSettingCannotBeRead) {
  const Error error = explain(EPERM, Privilege::kOrdinaryUser, Refusal::kOfMounts);
  EXPECT_THAT(error.message(), HasSubstr("AppArmor's restriction"));
  EXPECT_THAT(error.remedy(), HasSubstr("AppArmor profile"));
  EXPECT_THAT(explain(EPERM, Privilege::kOrdinaryUser).message(),
              ::testing::Not(HasSubstr("AppArmor")));
}

TEST_F(Refused, NamesASeccompFilter) {
  settings_.write("status", "Name:\tslipway\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  for (const auto what : {Refusal::kOfNamespaces, Refusal::kOfMounts}) {
    const Error error = explain(EPERM, Privilege::kOrdinaryUser, what);
    EXPECT_THAT(error.message(), HasSubstr("seccomp filter"));
    EXPECT_THAT(error.remedy(), HasSubstr("seccomp profile"));
  }
  settings_.write("status", "Name:\tslipway\nSeccomp:\t0\n");
  EXPECT_THAT(explain(EPERM, Privilege::kOrdinaryUser).message(),
              ::testing::Not(HasSubstr("seccomp filter")));
}

TEST(LateMounts, AreThoseInRWVolumesThatLackAFlag) {
  const auto mounts = table(
      "10 1 0:3 / /ro ro - tmpfs none rw\n"
      "11 10 0:3 / /ro/a ro - tmpfs none rw\n"
      "12 1 0:4 / /rw rw - tmpfs none rw\n"
      "13 12 0:4 / /rw/whole rw,nosuid,nodev - tmpfs none rw\n"
      "14 12 0:4 / /rw/late rw,nodev - tmpfs none rw\n"
      "15 14 0:4 / /rw/late/later rw,nosuid - tmpfs none rw\n"
      "16 1 0:4 / /elsewhere rw - tmpfs none rw\n");
  const std::vector<AttachedVolume> volumes = {
      {10, Access::kReadOnly, FileKind::kDirectory, "/ro"},
      {12, Access::kReadWrite, FileKind::kDirectory, "/rw"}};
  std::vector<std::string> places;
  for (const auto* entry : late_mounts(mounts, volumes)) places.push_back(entry->mount_point);
  EXPECT_THAT(places, ElementsAre("/rw/late", "/rw/late/later"));
}

}  // namespace
}  // namespace slipway::mounts
