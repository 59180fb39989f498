#include "tests/bench/machine.h"

#include <gtest/gtest.h>

namespace slipway::bench {
namespace {

TEST(Version, IsFoundInWhatProgramsSay) {
  EXPECT_EQ(version_in("slipway 0.1.0"), "0.1.0");
  EXPECT_EQ(version_in("nginx version: nginx/1.22.1"), "1.22.1");
  EXPECT_EQ(version_in("aria2 version 1.36.0"), "1.36.0");
  EXPECT_EQ(version_in("unshare from util-linux 2.38.1"), "2.38.1");
  EXPECT_EQ(version_in("UnZip 6.00 of 20 April 2009, by Debian."), "6.00");
  EXPECT_EQ(version_in("*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***"), "1.5.4");
  EXPECT_EQ(version_in("bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13"), "3.6.2");
}

TEST(Version, OfTextWithoutOneIsNothing) {
  EXPECT_EQ(version_in(""), "");
  EXPECT_EQ(version_in("aria2 of 2009."), "");
}

TEST(Version, ThatAProgramDoesNotSayIsUnknown) {
  const auto programs = versions_of(
      {{"sh", {"/bin/sh", "-c", "echo first; echo second 2.5"}, 1}, {"mute", {"/bin/true"}, 5}});
  ASSERT_EQ(programs.size(), 2U);
  EXPECT_EQ(programs[0].version, "2.5");
  EXPECT_EQ(programs[1].version, "unknown");
}

TEST(Machine, ValuesAreFoundByTheirNames) {
  const char* lines = "processor\t: 0\nmodel name\t: A CPU\nmodel name\t: Another\n";
  EXPECT_EQ(value_of(lines, "model name", ':'), "A CPU");
  EXPECT_EQ(value_of("NAME=x\nPRETTY_NAME=\"Debian 12\"", "PRETTY_NAME", '='), "Debian 12");
  EXPECT_EQ(value_of(lines, "model", ':'), "");
}

TEST(Machine, TicksAreThoseOfAllCpusAndGuestsAreNotCountedTwice) {
  const CpuTicks ticks =
      ticks_in("cpu  10 20 30 400 50 6 7 8 1000 1000\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
  EXPECT_EQ(ticks.idle, 450U);
  EXPECT_EQ(ticks.all, 531U);
}

TEST(Machine, BusyPartIsAPart) {
  const double part = busy_part(std::chrono::milliseconds(50));
  EXPECT_GE(part, 0);
  EXPECT_LE(part, 1);
}

TEST(Machine, IsThisOne) {
  const Machine machine = this_machine("tmpfs");
  EXPECT_GE(machine.cores, 1U);
  EXPECT_GE(machine.memory_mib, 1U);
  EXPECT_NE(machine.cpu, "");
  EXPECT_NE(machine.kernel, "");
  EXPECT_EQ(machine.file_system, "tmpfs");
}

}  // namespace
}  // namespace slipway::bench
