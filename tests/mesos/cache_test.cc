// C01 to C15: src/tests/fetcher_cache_tests.cpp of Mesos. Each task runs the fetched command, which
// leaves a proof.
#include <unistd.h>

#include <filesystem>
#include <future>

#include "tests/mesos/mesos_fixture.h"
#include "tests/support/nginx.h"
#include "tests/support/raw_server.h"

namespace slipway::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kCommand = "#!/bin/sh\n: > proof-$1\n";

class MesosCache : public MesosTest {
 protected:
  std::string command() { return dir_.write("assets/command", kCommand, 0755); }
  // A tar.gz with the command.
  std::string archive(const std::string& directory) {
    dir_.write("tree/archived-command", kCommand, 0755);
    std::string path = directory + "/archive.tar.gz";
    EXPECT_EQ(run_program({"tar", "-czf", path, "-C", dir_ / "tree", "archived-command"}).exit_code,
              0);
    return path;
  }
  // A task that runs the command `name` and is to leave its proof.
  Outcome run(std::string_view id, std::string_view name, const std::vector<MesosUri>& uris) {
    Outcome outcome = launch(cat("./", name, " ", id), uris, id);
    EXPECT_EQ(outcome.failure, "") << read_file(in_sandbox("stderr"));
    EXPECT_EQ(outcome.status, exited(0)) << read_file(in_sandbox("stderr"));
    EXPECT_TRUE(exists(in_sandbox(cat("proof-", id))));
    return outcome;
  }
  void expect_cached(std::size_t count) {
    EXPECT_THAT(agent().cached(), SizeIs(count));
    EXPECT_THAT(cache_files(), SizeIs(count));
  }
  std::size_t x_bits(std::string_view name) const { return mode_of(in_sandbox(name)) & 0111U; }
};

TEST_F(MesosCache, C01_LocalUncached) {
  run("task", "command", {{.value = command(), .executable = true}});
  expect_cached(0);
}

TEST_F(MesosCache, C02_LocalCached) {
  for (int i = 1; i <= 2; ++i) {
    run(cat("task", i), "command", {{.value = command(), .executable = true, .cache = true}});
    expect_cached(1);
    EXPECT_EQ(agent().counters(), std::pair(i, 0));
    EXPECT_EQ(agent().cache_used(), kCommand.size());
  }
}

TEST_F(MesosCache, C03_LocalCachedMissing) {
  const std::vector<MesosUri> uris{{.value = command(), .executable = true, .cache = true}};
  run("task1", "command", uris);
  ASSERT_EQ(::unlink(cat(agent().cache_directory(user_), "/c1-command").c_str()), 0);
  EXPECT_THAT(run("task2", "command", uris).fetcher_info, HasSubstr("DOWNLOAD_AND_CACHE"));
  expect_cached(1);
}

TEST_F(MesosCache, C04_CachedCustomFilename) {
  run("task", "my-command",
      {{.value = command(), .executable = true, .cache = true, .output_file = "my-command"}});
  EXPECT_THAT(fetched(), ElementsAre("my-command", "proof-task"));
  EXPECT_EQ(mode_of(in_sandbox("my-command")), 0755U);
  expect_cached(1);
}

TEST_F(MesosCache, C05_CachedCustomOutputFileWithSubdirectory) {
  for (const char* id : {"task1", "task2"}) {
    run(id, "subdir/my-command",
        {{.value = command(),
          .executable = true,
          .cache = true,
          .output_file = "subdir/my-command"}});
    EXPECT_THAT(fetched(), ElementsAre(cat("proof-", id), "subdir/", "subdir/my-command"));
    expect_cached(1);
  }
}

TEST_F(MesosCache, C06_CachedFallback) {
  const std::string source = command();
  std::filesystem::rename(source, dir_ / "away");
  agent().before_fetcher = [&] { std::filesystem::rename(dir_ / "away", source); };
  const auto outcome =
      run("task", "command", {{.value = source, .executable = true, .cache = true}});
  EXPECT_THAT(outcome.fetcher_info, HasSubstr(R"("action":"BYPASS_CACHE")"));
  expect_cached(0);
}

TEST_F(MesosCache, C07_LocalUncachedExtract) {
  run("task", "archived-command", {{.value = archive(dir_.path())}});
  EXPECT_THAT(fetched(), ElementsAre("archive.tar.gz", "archived-command", "proof-task"));
  EXPECT_EQ(x_bits("archive.tar.gz"), 0U);
  EXPECT_EQ(x_bits("archived-command"), 0111U);
  expect_cached(0);
}

TEST_F(MesosCache, C08_LocalCachedExtract) {
  const std::vector<MesosUri> uris{{.value = archive(dir_.path()), .cache = true}};
  for (const char* id : {"task1", "task2"}) {
    run(id, "archived-command", uris);
    EXPECT_THAT(fetched(), ElementsAre("archived-command", cat("proof-", id)));
    expect_cached(1);
  }
}

TEST_F(MesosCache, C09_HttpCachedSerialized) {
  const Nginx nginx;
  nginx.write("command", kCommand);
  for (const char* id : {"task1", "task2", "task3"}) {
    run(id, "command", {{.value = nginx.http("/command"), .executable = true, .cache = true}});
    expect_cached(1);
  }
  EXPECT_THAT(nginx.requests(),
              ElementsAre("HEAD /command 200 0", cat("GET /command 200 ", kCommand.size())));
}

// The server answers nothing before all five tasks wait for the same file.
TEST_F(MesosCache, C10_HttpCachedConcurrent) {
  const std::string packed = read_file(archive(dir_.path()));
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  RawServer server([&](Exchange& exchange) {
    open.wait();
    const bool head = exchange.method() == "HEAD";
    const std::string body(exchange.target() == "/command" ? std::string(kCommand) : packed);
    head ? exchange.send(cat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(),
                             "\r\nConnection: close\r\n\r\n"))
         : exchange.respond("200 OK", body);
  });
  const std::string uri = server.uri("/command");
  std::vector<std::future<Outcome>> tasks;
  for (int i = 0; i < 5; ++i) {
    std::vector<MesosUri> uris{{.value = uri, .executable = true, .cache = true}};
    if (i % 2 == 1) uris.push_back({.value = server.uri("/archive.tar.gz")});
    agent();  // before the threads
    tasks.push_back(std::async(std::launch::async, [this, uris, i] {
      return agent().launch({cat("task", i), user_, uris, "./command x"});
    }));
  }
  agent().await_references(user_, uri, 5);
  gate.set_value();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Outcome outcome = tasks[i].get();
    sandbox_ = outcome.sandbox;
    EXPECT_EQ(outcome.status, exited(0)) << outcome.failure << read_file(in_sandbox("stderr"));
    EXPECT_TRUE(exists(in_sandbox("proof-x")));
    EXPECT_EQ(exists(in_sandbox("archive.tar.gz")), i % 2 == 1);
    EXPECT_EQ(exists(in_sandbox("archived-command")), i % 2 == 1);
  }
  std::size_t of_command = 0;
  for (const std::string& head : server.requests()) {
    of_command += head.find(" /command ") == std::string::npos ? 0U : 1U;
  }
  EXPECT_EQ(of_command, 2U) << "one HEAD, one GET";
  EXPECT_EQ(server.requests().size(), 4U) << "and a GET of the archive by each odd task";
  expect_cached(1);
}

TEST_F(MesosCache, C11_HttpMixed) {
  const Nginx nginx;
  nginx.write("command", kCommand);
  archive(nginx.docroot());
  const std::string packed = nginx.http("/archive.tar.gz");
  const std::string plain = nginx.http("/command");
  run("task0", "command",
      {{.value = packed, .extract = false, .cache = true}, {.value = plain, .executable = true}});
  EXPECT_THAT(fetched(), ElementsAre("archive.tar.gz", "command", "proof-task0"));
  EXPECT_EQ(x_bits("archive.tar.gz"), 0U);
  EXPECT_EQ(x_bits("command"), 0111U);

  run("task1", "archived-command", {{.value = packed}, {.value = plain}});
  EXPECT_THAT(fetched(),
              ElementsAre("archive.tar.gz", "archived-command", "command", "proof-task1"));
  EXPECT_EQ(x_bits("command"), 0U);

  run("task2", "archived-command",
      {{.value = packed, .cache = true}, {.value = plain, .extract = false}});
  EXPECT_THAT(fetched(), ElementsAre("archived-command", "command", "proof-task2"));
  EXPECT_EQ(x_bits("command"), 0U);

  EXPECT_EQ(nginx.count("HEAD /archive.tar.gz ") + nginx.count("GET /archive.tar.gz "), 3U);
  EXPECT_EQ(nginx.count("GET /command "), 3U);
  expect_cached(1);
}

TEST_F(MesosCache, C12_HttpCachedRecovery) {
  const Nginx nginx;
  nginx.write("command", kCommand);
  const std::vector<MesosUri> uris{
      {.value = nginx.http("/command"), .executable = true, .cache = true}};
  run("task1", "command", uris);
  restart_agent();
  expect_cached(0);
  run("task2", "command", uris);
  expect_cached(1);
  EXPECT_EQ(nginx.count("HEAD /command "), 2U);
  EXPECT_EQ(nginx.count("GET /command "), 2U);
}

TEST_F(MesosCache, C13_SimpleEviction) {
  flags_.fetcher_cache_size = 2 * kCommand.size();
  for (int i = 0; i < 4; ++i) {
    const std::string name = cat("cmd", i);
    run(cat("task", i), name,
        {{.value = dir_.write("assets/" + name, kCommand), .executable = true, .cache = true}});
    expect_cached(i == 0 ? 1 : 2);
  }
}

TEST_F(MesosCache, C14_FallbackFromEviction) {
  const std::size_t n = kCommand.size();
  flags_.fetcher_cache_size = n + 10;
  const char* const actions[] = {"DOWNLOAD_AND_CACHE", "DOWNLOAD_AND_CACHE", "BYPASS_CACHE"};
  const std::size_t used[] = {n, n + 10, n + 10};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name = cat("cmd", i);
    const std::string source =
        dir_.write("assets/" + name, cat(kCommand, std::string(10 * i, '\n')));
    const auto outcome =
        run(cat("task", i), name, {{.value = source, .executable = true, .cache = true}});
    EXPECT_THAT(outcome.fetcher_info, HasSubstr(cat(R"("action":")", actions[i], '"')));
    EXPECT_EQ(agent().cache_used(), used[i]);
    expect_cached(1);
  }
}

TEST_F(MesosCache, C15_RemoveLruCacheEntries) {
  flags_.fetcher_cache_size = 2 * kCommand.size();
  int task = 0;
  for (const char* name : {"cmd0", "cmd1", "cmd1", "cmd2"}) {
    run(cat("task", ++task), name,
        {{.value = dir_.write(cat("assets/", name), kCommand), .executable = true, .cache = true}});
  }
  EXPECT_THAT(cache_files(), ElementsAre("nobody/c2-cmd1", "nobody/c3-cmd2"));
}

}  // namespace
}  // namespace slipway::tests
