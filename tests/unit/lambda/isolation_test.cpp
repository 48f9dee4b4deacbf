#include "inlet53/lambda/isolation.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "lambda_support.h"
#include "mount_plan.h"
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::lambda {
namespace {

using Kind = net::MountStep::Kind;
using Attempt = std::function<Result<void, std::string>(const net::Confinement&)>;

bool has(const std::vector<net::MountStep>& steps, Kind kind, const std::string& path) {
  return std::find(steps.begin(), steps.end(), net::MountStep{kind, path}) != steps.end();
}

// Where a step stands; they are executed in order.
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

TEST_F(MountPlan, HidesWhatALinkLeadsTo) {
  std::filesystem::create_symlink(base + "/keys/gateway.key", base + "/etc/current.key");
  const auto steps = plan_mounts(
      {.hidden = {.files = {base + "/etc/current.key"}}, .kept = {base + "/etc/functions/hello"}});
  EXPECT_TRUE(has(steps, Kind::Hide, base + "/keys"));
  EXPECT_FALSE(has(steps, Kind::Expose, base + "/etc/current.key"));
}

TEST_F(MountPlan, ShowsNoLinkToWhatIsHidden) {
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

TEST_F(MountPlan, OpensTheWayToWhatAUserCannotReach) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can act for another user";
  ASSERT_EQ(chmod(base.c_str(), 0700), 0);
  const std::string code = base + "/etc/functions/hello";
  EXPECT_FALSE(user_may(70000, code, R_OK));
  const auto steps = plan_mounts({.hidden = {}, .kept = {code}, .user = 70000});
  EXPECT_TRUE(has(steps, Kind::Hide, base));
  EXPECT_TRUE(has(steps, Kind::Expose, code));
}

TEST_F(MountPlan, FindsWhatAUserCannotRead) {
  if (geteuid() != 0) GTEST_SKIP() << "root alone can act for another user";
  ASSERT_EQ(chmod(base.c_str(), 0700), 0);
  const std::string code = base + "/etc/functions/hello";
  EXPECT_EQ(unreadable_entry(70000, code), "");
  // What interpreters write does not count, nor does what a link leads to.
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

TEST(PrivateFiles, AreThoseOfTheDaemons) {
  settings::Settings settings;
  settings.gateway.authority_folder = "/a/authority";
  settings.gateway.key_file = "/k/gateway.key";
  settings.tls.key_file = "/k/dns.key";
  settings.control.socket = "/run/inlet53/control";
  settings.query_log.file = "/l/query.log";
  settings.lambda.log_folder = "/l/lambda";
  topology::Topology topology;
  topology::Stage stage;
  stage.access_log.file = "/l/access.log";
  stage.execution_log = "/l/execution.log";
  topology.rest_apis.emplace_back().stages.push_back(stage);
  const PrivateFiles files = private_files(settings, topology, "/etc/inlet53/inlet53.toml");
  EXPECT_EQ(files.folders, (std::vector<std::string>{"/a/authority"}));
  EXPECT_EQ(files.files,
            (std::vector<std::string>{"/etc/inlet53/inlet53.toml", "/k/gateway.key", "/k/dns.key",
                                      "/run/inlet53/control", "/l/query.log", "/l/access.log",
                                      "/l/execution.log"}));
  EXPECT_EQ(files.log_folder, "/l/lambda");
}

//--- Isolation

// A system that allows some confinements.
Attempt allow(bool users, bool mounts, bool user_namespaces) {
  return [=](const net::Confinement& tried) -> Result<void, std::string> {
    if (tried.user_namespace && !user_namespaces) return Unexpected(std::string("no namespaces"));
    if (tried.user && !users) return Unexpected(std::string("no users"));
    if (tried.user && tried.mount_namespace && !mounts) return Unexpected(std::string("no mounts"));
    return {};
  };
}

IsolationOptions isolation_with(Attempt attempt,
                                settings::Isolation wanted = settings::Isolation::Preferred) {
  IsolationOptions options;
  options.wanted = wanted;
  options.attempt = std::move(attempt);
  return options;
}

TEST(Isolation, IsTheBestThatTheSystemAllows) {
  const bool root = geteuid() == 0;
  const Isolation best(isolation_with(allow(true, true, true)));
  EXPECT_EQ(best.kind(), root ? Isolation::Kind::Users : Isolation::Kind::Namespaces);
  EXPECT_TRUE(best.has_mounts());
  const Isolation users(isolation_with(allow(true, false, true)));
  EXPECT_EQ(users.kind(), root ? Isolation::Kind::Users : Isolation::Kind::Namespaces);
  EXPECT_EQ(users.has_mounts(), !root);
  const Isolation namespaces(isolation_with(allow(false, false, true)));
  EXPECT_EQ(namespaces.kind(), Isolation::Kind::Namespaces);
  const Isolation none(isolation_with(allow(false, false, false)));
  EXPECT_EQ(none.kind(), Isolation::Kind::None);
  EXPECT_EQ(none.description(), root ? "none (no users; no namespaces)" : "none (no namespaces)");
  const Isolation off(isolation_with(allow(true, true, true), settings::Isolation::Off));
  EXPECT_EQ(off.kind(), Isolation::Kind::None);
}

TEST(Isolation, ThatIsImpossibleStartsFunctionsUnlessItIsRequired) {
  const OneFunction hello;
  const std::vector<topology::Function> functions{hello.function};
  Isolation preferred(isolation_with(allow(false, false, false)));
  const auto confinement = preferred.confine(hello.function);
  ASSERT_TRUE(confinement);
  EXPECT_FALSE(confinement->user || confinement->user_namespace || confinement->mount_namespace);
  ASSERT_EQ(preferred.problems(functions).size(), 1U);
  EXPECT_TRUE(preferred.problems(functions)[0].starts_with(
      "functions can read the daemon's keys and configuration: no "));
  EXPECT_TRUE(preferred.problems({}).empty());

  Isolation required(isolation_with(allow(false, false, false), settings::Isolation::Required));
  EXPECT_FALSE(required.confine(hello.function));
  EXPECT_EQ(required.problems(functions).size(), 1U);

  Isolation off(isolation_with(allow(true, true, true), settings::Isolation::Off));
  EXPECT_TRUE(off.confine(hello.function));
  EXPECT_TRUE(off.problems(functions).empty());
}

TEST(Isolation, GivesEachFunctionAUserThatNobodyHas) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users";
  OneFunction hello;
  hello.python("");
  Isolation isolation(isolation_with(allow(true, true, true)));
  std::vector<uint32_t> users;
  for (int i = 0; i < 200; ++i) {
    topology::Function function = hello.function;
    function.id += std::to_string(i);
    const auto confinement = isolation.confine(function);
    ASSERT_TRUE(confinement) << confinement.error();
    ASSERT_TRUE(confinement->user);
    users.push_back(*confinement->user);
    EXPECT_EQ(isolation.confine(function)->user, confinement->user);
    EXPECT_GE(users.back(), 70000U);
    EXPECT_LT(users.back(), 80000U);
    EXPECT_EQ(getpwuid(users.back()), nullptr);
  }
  // The same after a restart, as far as no two collide.
  Isolation again(isolation_with(allow(true, true, true)));
  topology::Function first = hello.function;
  first.id += "0";
  EXPECT_EQ(again.confine(first)->user, users[0]);
  std::sort(users.begin(), users.end());
  EXPECT_EQ(std::adjacent_find(users.begin(), users.end()), users.end());
}

TEST(Isolation, SkipsUsersOfTheSystem) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users";
  OneFunction hello;
  hello.python("");
  // nobody, 65534, is in the range; a function whose number it would be gets another.
  IsolationOptions options;
  options.first_user_id = 65534 - Isolation::kUserIds / 2;
  options.attempt = allow(true, true, true);
  Isolation isolation(options);
  bool met = false;
  for (int i = 0; i < 3000; ++i) {
    topology::Function function = hello.function;
    function.id += std::to_string(i);
    const auto confinement = isolation.confine(function);
    ASSERT_TRUE(confinement);
    EXPECT_NE(confinement->user, 65534U);
    met = met || confinement->user == 65535U;
  }
  EXPECT_TRUE(met);
}

TEST(Isolation, NamesCodeThatAFunctionsUserCannotRead) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users";
  OneFunction hello;
  hello.python("");
  const std::string file = hello.function.code + "/app.py";
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  Isolation isolation(isolation_with(allow(true, true, true)));
  const auto problems = isolation.problems({hello.function});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("function hello cannot start: " + file + " cannot be read by user 7"),
            std::string::npos)
      << problems[0];
  // It never runs with the daemon's rights.
  const auto confinement = isolation.confine(hello.function);
  ASSERT_FALSE(confinement);
  EXPECT_NE(confinement.error().find("chmod o+rX"), std::string::npos) << confinement.error();
}

TEST(Isolation, StartsNoFunctionWhoseCodeIsInAPrivateDirectory) {
  OneFunction hello;
  hello.python("");
  const std::string link = (hello.folder.path / "link").string();
  std::filesystem::create_symlink(hello.function.code, link);
  IsolationOptions options = isolation_with(allow(true, true, true));
  options.files.folders = {hello.function.code};
  Isolation isolation(options);
  for (const std::string& code : {hello.function.code, link}) {
    topology::Function function = hello.function;
    function.code = code;
    const auto confinement = isolation.confine(function);
    ASSERT_FALSE(confinement) << code;
    EXPECT_NE(confinement.error().find("which no function may read"), std::string::npos);
  }
}

//--- With the system's own answers

// A function that tries what an attacker would, and says what it got.
constexpr const char* kAttack = R"(
import os

def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(100).decode("latin-1")
    except OSError as error:
        return type(error).__name__

def write(path):
    try:
        with open(path, "w") as file:
            file.write("x")
        return "written"
    except OSError:
        return "refused"

def handler(event, context):
    daemon = f"/proc/{os.getppid()}"
    return {"config": read(event["config"]), "key": read(event["key"]), "log": read(event["log"]),
            "environ": read(daemon + "/environ"), "root": read(daemon + "/root" + event["config"]),
            "memory": read(daemon + "/mem"), "tmp": write("/tmp/file"), "shm": write("/dev/shm/file"),
            "code": write("file"), "uid": os.getuid(), "secret": os.environ.get("DAEMON_SECRET", "")}
)";

TEST(Isolation, KeepsTheDaemonsFilesFromAFunction) {
  OneFunction hello;
  hello.python(kAttack);
  hello.folder.write("inlet53.toml", "secret = 1");
  hello.folder.write("authority/ca.key", "PRIVATE KEY");
  setenv("DAEMON_SECRET", "secret", 1);
  const std::string base = hello.folder.path.string();
  IsolationOptions options;
  options.wanted = settings::Isolation::Required;
  options.files = {.folders = {base + "/authority"},
                   .files = {base + "/inlet53.toml"},
                   .log_folder = hello.options.log_folder};
  hello.options.isolation = std::make_shared<Isolation>(options);
  ASSERT_NE(hello.options.isolation->kind(), Isolation::Kind::None)
      << hello.options.isolation->description();
  const Json got = hello.call_for_json(Json{
      {"config", base + "/inlet53.toml"},
      {"key", base + "/authority/ca.key"},
      {"log", hello.options.log_folder +
                  "/hello.log"}}.dump());
  unsetenv("DAEMON_SECRET");
  const auto is_error = [](const Json& text) {
    return text == "FileNotFoundError" || text == "PermissionError" || text == "";
  };
  for (const char* const what : {"config", "key", "log", "environ", "root", "memory"}) {
    EXPECT_TRUE(is_error(got[what])) << what << ": " << got[what];
  }
  EXPECT_EQ(got["tmp"], "written");
  EXPECT_EQ(got["shm"], "written");
  EXPECT_EQ(got["code"], "refused");
  EXPECT_EQ(got["secret"], "");
  if (geteuid() == 0) {
    EXPECT_GE(got["uid"], 70000);
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/file"));
}

}  // namespace
}  // namespace inlet53::lambda
