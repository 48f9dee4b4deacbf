// SPDX-License-Identifier: Apache-2.0
#include "mount_plan.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "lambda_support.h"
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::lambda {
namespace {

using Kind = net::MountStep::Kind;

bool has(const std::vector<net::MountStep>& steps, Kind kind, const std::string& path) {
  return std::find(steps.begin(), steps.end(), net::MountStep{kind, path}) != steps.end();
}

// Returns the index of a step; steps are executed in order.
ptrdiff_t place(const std::vector<net::MountStep>& steps, Kind kind, const std::string& path) {
  return std::find(steps.begin(), steps.end(), net::MountStep{kind, path}) - steps.begin();
}

struct MountPlan : testing::Test {
  MountPlan() {
    folder.write("etc/inlet53.toml", "");
    folder.write("etc/functions/hello/app.py", "");
    folder.write("etc/node_modules/left-pad/index.js", "");
    folder.write("etc/authority/ca.key", "");
    folder.write("etc/hello.log", "");
    folder.write("keys/gateway.key", "");
    base = std::filesystem::canonical(folder.path).string();
  }
  TemporaryFolder folder;
  std::string base;
};

TEST_F(MountPlan, CoversTheDirectoryOfAPrivateFile) {
  const auto steps = plan_mounts({.hidden = {.files = {base + "/keys/gateway.key"}}, .kept = {}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/keys"));
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/keys/gateway.key"));
  EXPECT_TRUE(has(steps, Kind::PrivateFolder, "/tmp"));
}

TEST_F(MountPlan, KeepsTheOtherEntriesBesideAFunctionsCode) {
  const auto steps = plan_mounts({.hidden = {.folders = {base + "/etc/authority"},
                                             .files = {base + "/etc/inlet53.toml"},
                                             .log_folder = base + "/etc"},
                                  .kept = {base + "/etc/functions/hello"}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc"));
  EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/functions/hello"));
  EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/node_modules"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/authority"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/inlet53.toml"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/hello.log"));
}

TEST_F(MountPlan, HidesPrivateFilesWithinAFunctionsCode) {
  const auto steps = plan_mounts({.hidden = {.folders = {base + "/etc/authority"},
                                             .files = {base + "/etc/inlet53.toml"},
                                             .log_folder = base + "/etc"},
                                  .kept = {base + "/etc"}});
  const ptrdiff_t shown = place(steps, Kind::Expose, base + "/etc");
  ASSERT_LT(shown, static_cast<ptrdiff_t>(steps.size()));
  EXPECT_LT(place(steps, Kind::Hide, base + "/etc"), shown);
  for (const char* const name : {"/etc/authority", "/etc/inlet53.toml", "/etc/hello.log"}) {
    const ptrdiff_t hidden = place(steps, Kind::Hide, base + name);
    EXPECT_LT(hidden, static_cast<ptrdiff_t>(steps.size())) << name;
    EXPECT_GT(hidden, shown) << name;
  }
}

TEST_F(MountPlan, HidesTheTargetOfALink) {
  std::filesystem::create_symlink(base + "/keys/gateway.key", base + "/etc/current.key");
  const auto steps = plan_mounts(
      {.hidden = {.files = {base + "/etc/current.key"}}, .kept = {base + "/etc/functions/hello"}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/keys"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/current.key"));
}

TEST_F(MountPlan, ShowsNoLinkToAHiddenFile) {
  const auto link = [this](const std::string& target, const char* name) {
    std::filesystem::create_symlink(target, base + "/etc/" + name);
  };
  folder.write("shared/data.json", "");
  link(".", "self");
  link("..", "above");
  link("/", "root");
  link(base + "/keys", "keys");
  link("authority", "old-authority");
  link("hello.log", "latest");
  link("../shared", "shared");
  const auto steps =
      plan_mounts({.hidden = {.folders = {base + "/etc/authority"},
                              .files = {base + "/etc/inlet53.toml", base + "/keys/gateway.key"},
                              .log_folder = base + "/etc"},
                   .kept = {base + "/etc/functions/hello"}});
  for (const char* const name : {"self", "above", "root", "keys", "old-authority", "latest"}) {
    EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/" + name)) << name;
  }
  EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/shared"));
}

TEST_F(MountPlan, ShowsNoEntryThatCannotBeOpened) {
  std::filesystem::create_symlink("loop", base + "/etc/loop");
  std::filesystem::create_symlink("inlet53.toml/x", base + "/etc/below-a-file");
  const auto steps = plan_mounts(
      {.hidden = {.files = {base + "/etc/inlet53.toml"}}, .kept = {base + "/etc/functions/hello"}});
  EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/functions"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/loop"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/below-a-file"));
}

TEST_F(MountPlan, CoversNoDirectoryOfTheSystem) {
  const char* const home = std::getenv("HOME");
  const auto steps = plan_mounts(
      {.hidden = {.files = {"/etc/inlet53.toml", "/var/log/query.log",
                            std::string(home == nullptr ? "/root" : home) + "/inlet53.toml"}},
       .kept = {}});
  EXPECT_FALSE(has(steps, Kind::Hide, "/etc"));
  EXPECT_FALSE(has(steps, Kind::Hide, "/var/log"));
  EXPECT_TRUE(has(steps, Kind::Hide, "/etc/inlet53.toml"));
  if (home != nullptr) {
    EXPECT_FALSE(has(steps, Kind::Hide, home));
  }
}

// A directory that is removed and created again is not the covered one.
TEST_F(MountPlan, CoversTheDirectoryOfAPrivateDirectory) {
  const auto steps = plan_mounts({.hidden = {.folders = {base + "/etc/authority"}}, .kept = {}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc"));
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc/authority"));
}

TEST_F(MountPlan, ShowsNoDirectoryWithinAnotherThatIsCoveredItself) {
  folder.write("etc/keys/new.key", "");
  const auto steps =
      plan_mounts({.hidden = {.files = {base + "/etc/inlet53.toml", base + "/etc/keys/new.key"}},
                   .kept = {base + "/etc/functions/hello"}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/keys"));
  EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/node_modules"));
}

TEST_F(MountPlan, HidesVersionsOfAPrivateFile) {
  const std::vector<std::string> versions{"inlet53.toml.bak", "inlet53.toml~", ".inlet53.toml.swp",
                                          "#inlet53.toml#",   "query.log.1",   "query.log-20261129",
                                          "authority.old",    "authority-2"};
  for (const std::string& one : versions) folder.write("etc/" + one, "");
  folder.write("etc/authorityless", "");
  const PrivateFiles hidden{.folders = {base + "/etc/authority"},
                            .files = {base + "/etc/inlet53.toml", base + "/etc/query.log"}};
  // Next to the code, and in the code's own directory.
  for (const char* const code : {"/etc/functions/hello", "/etc"}) {
    const auto steps = plan_mounts({.hidden = hidden, .kept = {base + code}});
    for (const std::string& one : versions) {
      EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/" + one)) << one;
      EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc/" + one)) << one;
    }
    EXPECT_TRUE(has(steps, Kind::Expose, base + "/etc/authorityless"));
  }
}

// The home represents all directories that are not covered.
TEST_F(MountPlan, HidesVersionsInADirectoryThatStaysVisible) {
  const char* const home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  setenv("HOME", (base + "/etc").c_str(), 1);
  folder.write("etc/query.log.1", "");
  folder.write("etc/query.logger", "");
  std::filesystem::create_symlink(base + "/keys", base + "/etc/query.log.d");
  const auto steps = plan_mounts({.hidden = {.files = {base + "/etc/query.log"}}, .kept = {}});
  const auto missing = private_paths({.hidden = {.files = {base + "/etc/query.log"}}, .kept = {}});
  home == nullptr ? unsetenv("HOME") : setenv("HOME", before.c_str(), 1);
  EXPECT_FALSE(has(steps, Kind::Hide, base + "/etc"));
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/etc/query.log.1"));
  EXPECT_FALSE(has(steps, Kind::Hide, base + "/etc/query.logger"));
  EXPECT_FALSE(has(steps, Kind::Hide, base + "/etc/query.log.d"));
  EXPECT_EQ(missing, (std::vector<std::string>{base + "/etc/query.log"}));
}

TEST_F(MountPlan, HidesTerminals) {
  const auto steps = plan_mounts({.hidden = {}, .kept = {}});
  EXPECT_TRUE(!std::filesystem::exists("/dev/pts") || has(steps, Kind::Hide, "/dev/pts"));
  EXPECT_TRUE(!std::filesystem::exists("/dev/tty1") || access("/dev/tty1", R_OK) != 0 ||
              has(steps, Kind::Hide, "/dev/tty1"));
  EXPECT_FALSE(has(steps, Kind::Hide, "/dev/tty"));
}

TEST_F(MountPlan, KnowsPrivateFilesThatAnotherCanReplace) {
  const PrivateFiles hidden{.files = {base + "/etc/inlet53.toml"}};
  const MountRequest covered{.hidden = hidden, .kept = {base + "/etc/functions"}};
  const MountRequest shown{.hidden = hidden, .kept = {base + "/etc"}};
  EXPECT_EQ(private_paths(covered), hidden.files);
  const auto first = private_paths(shown);
  ASSERT_EQ(first.size(), 1U);
  folder.write("etc/new.toml", "");
  std::filesystem::rename(base + "/etc/new.toml", base + "/etc/inlet53.toml");
  EXPECT_NE(private_paths(shown), first);
  EXPECT_EQ(private_paths(covered), hidden.files);
}

// Kubernetes stores secrets like this: an update creates a directory and replaces one link.
TEST_F(MountPlan, KnowsALinkThatLeadsElsewhere) {
  folder.write("keys/..1/tls.key", "");
  std::filesystem::create_symlink("..1", base + "/keys/..data");
  std::filesystem::create_symlink("..data/tls.key", base + "/keys/tls.key");
  const MountRequest request{.hidden = {.files = {base + "/keys/tls.key"}}, .kept = {}};
  const auto first = private_paths(request);
  EXPECT_EQ(first, (std::vector<std::string>{base + "/keys/..1/tls.key"}));
  folder.write("keys/..2/tls.key", "");
  EXPECT_EQ(private_paths(request), first);
  std::filesystem::create_symlink("..2", base + "/keys/..new");
  std::filesystem::rename(base + "/keys/..new", base + "/keys/..data");
  EXPECT_EQ(private_paths(request), (std::vector<std::string>{base + "/keys/..2/tls.key"}));
}

TEST_F(MountPlan, KnowsNewLogsWhereTheirDirectoryIsVisible) {
  const PrivateFiles hidden{.log_folder = base + "/etc"};
  const MountRequest covered{.hidden = hidden, .kept = {base + "/etc/functions"}};
  const MountRequest shown{.hidden = hidden, .kept = {base + "/etc"}};
  const auto first = private_paths(shown);
  folder.write("etc/data.json", "");
  EXPECT_EQ(private_paths(shown), first);
  folder.write("etc/hello.log.1", "");
  const auto second = private_paths(shown);
  EXPECT_NE(second, first);
  folder.write("etc/new.log", "");
  std::filesystem::rename(base + "/etc/new.log", base + "/etc/hello.log");
  EXPECT_NE(private_paths(shown), second);
  EXPECT_EQ(private_paths(covered), (std::vector<std::string>{base + "/etc"}));
}

// Returns the time that the file system gives a new file now.
std::pair<time_t, long> file_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return {now.tv_sec, now.tv_nsec};
}

// `rm gateway.key` and a new installation do this: a new file often gets the old inode number.
TEST_F(MountPlan, KnowsAFileThatWasRemovedAndMadeAnew) {
  const MountRequest request{.hidden = {.files = {base + "/keys/gateway.key"}},
                             .kept = {base + "/keys"}};
  for (int i = 0; i < 20; ++i) {
    const auto before = private_paths(request);
    const auto then = file_time();
    while (file_time() == then) {
    }
    std::filesystem::remove(base + "/keys/gateway.key");
    folder.write("keys/gateway.key", "");
    EXPECT_NE(private_paths(request), before);
  }
}

TEST_F(MountPlan, ExposesDirectoriesThatAUserCannotReach) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can act for another user";
  ASSERT_EQ(chmod(base.c_str(), 0700), 0);
  const std::string code = base + "/etc/functions/hello";
  EXPECT_FALSE(user_may(70000, code, R_OK));
  const auto steps = plan_mounts({.hidden = {}, .kept = {code}, .user = 70000});
  EXPECT_TRUE(has(steps, Kind::Hide, base));
  EXPECT_TRUE(has(steps, Kind::Expose, code));
}

TEST_F(MountPlan, FindsUnreadableEntries) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can act for another user";
  ASSERT_EQ(chmod(base.c_str(), 0700), 0);
  const std::string code = base + "/etc/functions/hello";
  EXPECT_EQ(unreadable_entry(70000, code), "");
  // Files that interpreters write do not count, nor do targets of links.
  for (const char* const name : {"__pycache__", "app.pyc", ".git"}) {
    folder.write(concat("etc/functions/hello/", name), "");
    ASSERT_EQ(chmod(concat(code, "/", name).c_str(), 0600), 0);
  }
  ASSERT_EQ(chmod((base + "/keys/gateway.key").c_str(), 0600), 0);
  std::filesystem::create_symlink(base + "/keys/gateway.key", code + "/link");
  EXPECT_EQ(unreadable_entry(70000, code), "");
  ASSERT_EQ(chmod((code + "/app.py").c_str(), 0600), 0);
  EXPECT_EQ(unreadable_entry(70000, code), code + "/app.py");
  ASSERT_EQ(chmod(code.c_str(), 0750), 0);
  EXPECT_EQ(unreadable_entry(70000, code), code);
}

}  // namespace
}  // namespace inlet53::lambda
