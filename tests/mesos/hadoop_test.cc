// H and U: hdfs_tests.cpp and uri_fetcher_tests.cpp, with a script in the client's place.
#include <signal.h>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/nginx.h"

namespace slipway::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MesosFetcherHadoop : public MesosTest {
 protected:
  // A client with that line for -du; $1 is the URI.
  void install(std::string_view du) {
    dir_.write(
        "hadoop/bin/hadoop",
        cat("#!/bin/sh\n[ \"$1\" = version ] && { echo Hadoop 3; exit 0; }\nverb=$2; shift "
            "2\necho 'WARN noise' >&2\ncase $verb in\n-du) ",
            du, ";;\n-copyToLocal) exec cp \"/${1#*://*/}\" \"$2\" ;;\n*) exit 3 ;;\nesac\n"),
        0755);
    flags_.hadoop_home = dir_ / "hadoop";
    // The agent's own look at the size does not know --hadoop_home.
    flags_.environment.push_back("HADOOP_HOME=" + flags_.hadoop_home);
  }
  std::string uri() { return "hdfs://localhost" + dir_.write("from/test", "data"); }
  void expect_cached() {
    const auto outcome = fetch({{.value = uri(), .cache = true}});
    EXPECT_EQ(outcome.failure, "");
    EXPECT_THAT(outcome.fetcher_info, HasSubstr("DOWNLOAD_AND_CACHE"));
    EXPECT_EQ(read_file(in_sandbox("test")), "data");
    EXPECT_THAT(cache_files(), ElementsAre("nobody/c1-test"));
    EXPECT_EQ(agent().cache_used(), 4U);
  }
};

TEST_F(MesosFetcherHadoop, H02_Du) {
  install("echo 'WARN other'; echo \"4 $1\"");
  expect_cached();
}

TEST_F(MesosFetcherHadoop, H03_ThreeFieldDu) {
  install("echo \"4 12 $1\"");
  expect_cached();
}

TEST_F(MesosFetcherHadoop, H06_CopyToLocal) {
  install("exit 1");
  const auto outcome = fetch({{.value = uri(), .cache = true}});
  EXPECT_THAT(outcome.fetcher_info, HasSubstr("BYPASS_CACHE")) << "its size is not known";
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
  EXPECT_NE(fetch({{.value = "hdfs://localhost/no/such"}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_THAT(read_file(in_sandbox("stderr")), HasSubstr("No such file"));
}

TEST_F(MesosFetcherHadoop, H06_TheClientIsWaitedForWhereTheAgentIgnoresItsChildren) {
  install("echo \"4 $1\"");
  flags_.ignored = {SIGCHLD};
  const auto outcome = fetch({{.value = uri()}});
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosFetcherHadoop, H06_AClientWhoseVersionFailsIsNotAsked) {
  dir_.write("hadoop/bin/hadoop", "#!/bin/sh\n[ \"$1\" = version ] && exit 1\necho x > \"$4\"\n",
             0755);
  flags_.hadoop_home = dir_ / "hadoop";
  EXPECT_NE(fetch({{.value = uri()}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherHadoop, H06_TheStallTimeoutIsTheNetworksNotTheClients) {
  dir_.write(
      "hadoop/bin/hadoop",
      "#!/bin/sh\n[ \"$1\" = version ] && exit 0\nsleep 2\nexec cp \"/${3#*://*/}\" \"$4\"\n",
      0755);
  flags_.hadoop_home = dir_ / "hadoop";
  flags_.fetcher_stall_timeout_ns = 500'000'000;
  EXPECT_EQ(fetch({{.value = uri()}}).failure, "");
  EXPECT_EQ(read_file(in_sandbox("test")), "data");
}

TEST_F(MesosFetcherHadoop, H06_WithoutAClientItIsAFailure) {
  flags_.hadoop_home = dir_ / "none";
  EXPECT_NE(fetch({{.value = uri()}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
}

TEST_F(MesosFetcherHadoop, U01_U02_U03_ValidUriOutputNameAndStatus404) {
  const Nginx nginx;
  nginx.write("test", "data");
  EXPECT_EQ(fetch({{.value = nginx.http("/test")},
                   {.value = nginx.http("/test"), .output_file = "named"}})
                .failure,
            "");
  EXPECT_THAT(fetched(), ElementsAre("named", "test"));
  EXPECT_NE(fetch({{.value = nginx.http("/none")}}).failure, "");
  EXPECT_THAT(fetched(), IsEmpty());
  EXPECT_THAT(read_file(in_sandbox("stderr")),
              AllOf(HasSubstr("Failed to fetch"), HasSubstr("404")));
}

}  // namespace
}  // namespace slipway::tests
