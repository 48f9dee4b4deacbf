// SPDX-License-Identifier: Apache-2.0
#include "inlet53/lambda/isolation.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "lambda_support.h"
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

TEST(PrivateFiles, AreThoseOfTheDaemons) {
  settings::Settings settings;
  settings.https.gateway.authority_folder = "/a/authority";
  settings.https.gateway.key_file = "/k/gateway.key";
  settings.dns.tls.key_file = "/k/dns.key";
  settings.dns.control.socket = "/run/inlet53/control";
  settings.dns.query_log.file = "/l/query.log";
  settings.https.lambda.log_folder = "/l/lambda";
  topology::Topology topology;
  topology::Stage stage;
  stage.access_log.file = "/l/access.log";
  stage.execution_log = "/l/execution.log";
  topology.rest_apis.emplace_back().stages.push_back(stage);
  const PrivateFiles files = private_files(settings, topology, "/etc/inlet53/inlet53.toml");
  EXPECT_EQ(files.folders, (std::vector<std::string>{"/a/authority"}));
  EXPECT_EQ(files.files,
            (std::vector<std::string>{
                "/etc/inlet53/inlet53.toml", "/k/gateway.key", "/k/dns.key", "/run/inlet53/control",
                "/l/query.log", "/run/inlet53/control.lock", "/l/access.log", "/l/execution.log"}));
  EXPECT_EQ(files.log_folder, "/l/lambda");
}

//--- Isolation

// Returns a system that permits some confinements.
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
  options.lambda.isolation = wanted;
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
  if (root) {
    EXPECT_EQ(users.description(),
              "a user id for each function, without a mount namespace (no mounts)");
  }
  const Isolation namespaces(isolation_with(allow(false, false, true)));
  EXPECT_EQ(namespaces.kind(), Isolation::Kind::Namespaces);
  EXPECT_EQ(namespaces.description(),
            root ? "a user and mount namespace for each environment, without user ids (no users)"
                 : "a user and mount namespace for each environment");
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

TEST(Isolation, WithoutMountsIsReportedOnceForAllFunctions) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives users";
  OneFunction hello("provided");
  hello.bootstrap("");
  const std::string wanted =
      "functions can read the daemon's files as far as other users may read them: no mounts";
  // /tmp may be closed to other users on the path to the code.
  ASSERT_EQ(chmod(hello.folder.path.c_str(), 0755), 0);
  Isolation preferred(isolation_with(allow(true, false, true)));
  EXPECT_EQ(preferred.problems({hello.function, hello.function}), std::vector{wanted});
  EXPECT_TRUE(preferred.confine(hello.function));
  Isolation required(isolation_with(allow(true, false, true), settings::Isolation::Required));
  EXPECT_EQ(required.problems({hello.function}), std::vector{wanted});
  const auto confinement = required.confine(hello.function);
  ASSERT_FALSE(confinement);
  EXPECT_EQ(confinement.error(), "no mounts");
}

TEST(Isolation, HidesTheFilesOfAllConfigurationsSinceTheStart) {
  OneFunction hello;
  hello.python("");
  const std::string base = std::filesystem::canonical(hello.folder.path).string();
  for (const char* const name : {"a/ca-key.pem", "b/ca-key.pem", "c/ca-key.pem"}) {
    hello.folder.write(name, "");
  }
  IsolationOptions options = isolation_with(allow(true, true, true));
  options.files = {.folders = {base + "/a"}, .log_folder = base + "/log"};
  Isolation isolation(options);
  const std::vector<topology::Function> functions{hello.function};
  isolation.hide({.folders = {base + "/a"}, .log_folder = base + "/log"}, functions);
  const uint64_t first = isolation.version();
  isolation.hide({.folders = {base + "/a"}, .log_folder = base + "/log"}, functions);
  EXPECT_EQ(isolation.version(), first);
  isolation.hide({.folders = {base + "/b"}, .log_folder = base + "/elsewhere"}, functions);
  const uint64_t second = isolation.version();
  EXPECT_NE(second, first);
  isolation.hide({.folders = {base + "/c"}}, functions);
  EXPECT_NE(isolation.version(), second);
  const auto confinement = isolation.confine(hello.function);
  ASSERT_TRUE(confinement) << confinement.error();
  for (const char* const name : {"/a", "/b", "/c", "/log"}) {
    EXPECT_TRUE(has(confinement->mounts, Kind::Hide, base + name)) << name;
  }
}

// The private files are in the function's code directory, which no mount covers.
TEST(Isolation, EndsNoEnvironmentForFilesThatTheStartMade) {
  OneFunction hello;
  hello.python("");
  const PrivateFiles files{.folders = {hello.function.code + "/authority"},
                           .log_folder = hello.function.code};
  IsolationOptions options = isolation_with(allow(true, true, true));
  options.files = files;
  Isolation isolation(options);
  const std::vector<topology::Function> functions{hello.function};
  isolation.hide(files, functions);
  const uint64_t first = isolation.version();
  hello.code("authority/ca-key.pem", "");
  hello.code("access.log", "");
  isolation.look_again(functions);
  EXPECT_EQ(isolation.version(), first);
  isolation.hide(files, functions);
  EXPECT_EQ(isolation.version(), first);
  hello.code("access.log.1", "");
  isolation.hide(files, functions);
  EXPECT_NE(isolation.version(), first);
}

TEST(Isolation, LooksAtTheFilesOfAReloadForItsProblems) {
  OneFunction hello;
  hello.python("");
  Isolation isolation(isolation_with(allow(true, true, true)));
  EXPECT_TRUE(isolation.problems({hello.function}).empty());
  EXPECT_EQ(isolation.problems({hello.function}, {.folders = {hello.function.code}}).size(), 1U);
  EXPECT_TRUE(isolation.problems({hello.function}).empty());
}

TEST(Isolation, GivesEachFunctionASeparateUser) {
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
  // The same ids after a restart, unless two functions collide.
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
  // The range contains 65534, the user id of nobody. No function gets this id.
  IsolationOptions options;
  options.lambda.first_user_id = 65534 - Isolation::kUserIds / 2;
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

//--- With the results of the real system

// Function that attempts an attacker's accesses and returns the results.
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
  options.lambda.isolation = settings::Isolation::Required;
  options.files = {.folders = {base + "/authority"},
                   .files = {base + "/inlet53.toml"},
                   .log_folder = hello.settings.log_folder};
  hello.isolation = std::make_shared<Isolation>(options);
  ASSERT_NE(hello.isolation->kind(), Isolation::Kind::None) << hello.isolation->description();
  const Json got = hello.call_for_json(Json{
      {"config", base + "/inlet53.toml"},
      {"key", base + "/authority/ca.key"},
      {"log", hello.settings.log_folder +
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

// Returns its process id. For an event that requests it, waits first for a file next to its code.
constexpr const char* kPatient = R"(
import os, time

def handler(event, context):
    if event.get("wait"):
        print("waiting", flush=True)
        while not os.path.exists("release"):
            time.sleep(0.01)
    return os.getpid()
)";

TEST(Isolation, EndsEnvironmentsThatMaySeeNewFilesAfterTheirCalls) {
  OneFunction hello;
  hello.python(kPatient);
  IsolationOptions options;
  options.lambda.isolation = settings::Isolation::Required;
  auto isolation = std::make_shared<Isolation>(options);
  if (!isolation->has_mounts()) GTEST_SKIP() << isolation->description();
  hello.isolation = isolation;
  const auto add_private = [&](const char* name) {
    isolation->hide({.folders = {hello.folder.path.string() + name}}, {hello.function});
    hello.started().retire_exposed();
  };
  const std::string first = hello.call().payload;
  hello.started().retire_exposed();
  EXPECT_EQ(hello.call().payload, first);
  add_private("/authority");
  const std::string second = hello.call().payload;
  EXPECT_NE(second, first);

  hello.invoke("{\"wait\": true}");
  ASSERT_TRUE(hello.wait_for_log("waiting"));
  add_private("/other");
  hello.code("release", "");
  ASSERT_TRUE(hello.wait_for_outcomes(4));
  EXPECT_EQ(hello.outcomes[4].payload, second);
  EXPECT_NE(hello.call().payload, second);
}

}  // namespace
}  // namespace inlet53::lambda
