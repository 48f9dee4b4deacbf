// SPDX-License-Identifier: Apache-2.0
#include "inlet53/lambda/function_service.h"

#include <regex>

#include "lambda_support.h"
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace inlet53::lambda {
namespace {

TEST(FunctionService, ReturnsTheResultOfTheHandler) {
  OneFunction hello;
  hello.python(R"(
def handler(event, context):
    return {"got": event, "id": context.aws_request_id}
)");
  const Outcome outcome = hello.call(R"({"a": [1, "é"]})");
  EXPECT_EQ(outcome.kind, OutcomeKind::Response);
  EXPECT_EQ(outcome.payload,
            "{\"got\": {\"a\": [1, \"é\"]}, \"id\": \"" + outcome.request_id + "\"}");
  EXPECT_TRUE(outcome.message.empty());
  EXPECT_TRUE(std::regex_match(outcome.request_id,
                               std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")));
}

TEST(FunctionService, KeepsAnEnvironmentWarm) {
  OneFunction hello;
  hello.python(R"(
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return [os.getpid(), count]
)");
  const Json first = hello.call_for_json();
  const Json second = hello.call_for_json();
  EXPECT_EQ(first[0], second[0]);
  EXPECT_EQ(second[1], 2);
  const ServiceCounts counts = hello.service->counts();
  EXPECT_EQ(counts.invocations, 2U);
  EXPECT_EQ(counts.cold_starts, 1U);
  EXPECT_EQ(counts.environments, 1U);
  EXPECT_EQ(counts.errors, 0U);

  hello.service.reset();
  EXPECT_FALSE(is_running(first[0]));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no zombie is left
}

TEST(FunctionService, OneAfterTheOtherTakesOneEnvironment) {
  OneFunction hello;
  hello.function.reserved_concurrency = 1;
  hello.python("def handler(event, context): return event\n");
  // The next one arrives before the runtime can have requested it.
  int left = 50;
  std::function<void(Outcome &&)> again = [&](Outcome&& outcome) {
    EXPECT_EQ(outcome.kind, OutcomeKind::Response) << outcome.message;
    if (--left > 0) hello.service->invoke(hello.function.id, {"1", ""}, again);
  };
  hello.started().invoke(hello.function.id, {"1", ""}, again);
  EXPECT_TRUE(hello.wait_until([&] { return left == 0; }));
  EXPECT_EQ(hello.service->counts().cold_starts, 1U);
}

TEST(FunctionService, EndsEnvironmentsThatWaitTooLong) {
  OneFunction hello;
  hello.settings.idle_seconds = 0;
  hello.python("import os\ndef handler(event, context): return os.getpid()\n");
  const int pid = hello.call_for_json();
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 0; }));
  EXPECT_FALSE(is_running(pid));
  EXPECT_NE(hello.call_for_json(), pid);
  EXPECT_EQ(hello.service->counts().cold_starts, 2U);
}

TEST(FunctionService, RunsInvocationsSideBySideUpToTheFunctionsConcurrency) {
  OneFunction hello;
  hello.function.reserved_concurrency = 2;
  // Each waits for the other.
  hello.python(R"(
import os, time
def handler(event, context):
    open(event, "w").close()
    while len(os.listdir("..")) < 4:
        time.sleep(0.01)
)");
  hello.invoke("\"../one\"");
  hello.invoke("\"../two\"");
  const Outcome third = hello.call("\"../three\"");
  EXPECT_EQ(third.kind, OutcomeKind::Throttled);
  EXPECT_EQ(third.message, "Rate Exceeded: no more than 2 environments of hello may run now");
  EXPECT_FALSE(third.request_id.empty());
  EXPECT_TRUE(hello.wait_for_outcomes(3));
  EXPECT_EQ(hello.outcomes[1].kind, OutcomeKind::Response);
  EXPECT_EQ(hello.outcomes[2].kind, OutcomeKind::Response);
  EXPECT_EQ(hello.service->counts().cold_starts, 2U);
  EXPECT_EQ(hello.service->counts().throttles, 1U);
  EXPECT_EQ(hello.service->counts().environments, 2U);
}

TEST(FunctionService, RefusesEveryCallOfAFunctionWithoutConcurrency) {
  OneFunction hello;
  hello.function.reserved_concurrency = 0;
  hello.python("def handler(event, context): pass\n");
  bool within = true;
  hello.started().invoke(hello.function.id, {.payload = "{}", .trace_id = {}},
                         [&](Outcome&& outcome) {
                           EXPECT_FALSE(within);
                           EXPECT_EQ(outcome.kind, OutcomeKind::Throttled);
                           hello.outcomes[1] = std::move(outcome);
                         });
  within = false;
  EXPECT_TRUE(hello.wait_for_outcomes(1));
}

TEST(FunctionService, MakesRoomForAFunctionByEndingAnotherOnesIdleEnvironment) {
  OneFunction hello;
  hello.settings.max_environments = 1;
  hello.python("import os\ndef handler(event, context): return os.getpid()\n");
  topology::Function other = hello.function;
  other.id += "2";
  other.name += "2";
  hello.service.emplace(hello.loop, hello.logs, std::vector{hello.function, other}, hello.settings,
                        hello.isolation);
  const int first = hello.call_for_json();
  hello.function.id = other.id;
  // The first environment is about to be ready again; until then no place is free.
  Outcome outcome = hello.call();
  while (outcome.kind == OutcomeKind::Throttled) outcome = hello.call();
  EXPECT_EQ(outcome.kind, OutcomeKind::Response);
  EXPECT_NE(outcome.payload, std::to_string(first));
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 1; }));
  EXPECT_FALSE(is_running(first));
}

TEST(FunctionService, ReloadsCodeThatHasChanged) {
  OneFunction hello;
  hello.python("def handler(event, context): return 1\n");
  EXPECT_EQ(hello.call_for_json(), 1);
  EXPECT_EQ(hello.call_for_json(), 1);
  hello.python("def handler(event, context): return 22\n");
  EXPECT_EQ(hello.call_for_json(), 22);
  hello.code("lib/more.py", "value = 333\n");
  hello.python("from lib.more import value\ndef handler(event, context): return value\n");
  EXPECT_EQ(hello.call_for_json(), 333);
  hello.code("lib/more.py", "value = 4444\n");
  EXPECT_EQ(hello.call_for_json(), 4444);
  EXPECT_EQ(hello.call_for_json(), 4444);
  EXPECT_EQ(hello.service->counts().cold_starts, 4U);
}

TEST(FunctionService, LetsAnInvocationFinishWithTheCodeThatItBegan) {
  OneFunction hello;
  hello.python(R"(
import os, time
def handler(event, context):
    open("../began", "w").close()
    while not os.path.exists("../go"):
        time.sleep(0.01)
    return "old"
)");
  hello.invoke();
  EXPECT_TRUE(
      hello.wait_until([&] { return std::filesystem::exists(hello.folder.path / "began"); }));
  hello.python("def handler(event, context): return 'new'\n");
  EXPECT_EQ(hello.call_for_json(), "new");
  hello.folder.write("go", "");
  EXPECT_TRUE(hello.wait_for_outcomes(2));
  EXPECT_EQ(hello.outcomes[1].payload, "\"old\"");
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 1; }));
}

TEST(FunctionService, TakesNewFunctions) {
  OneFunction hello;
  hello.python("import os\ndef handler(event, context): return [os.getpid(), os.getenv('WORD')]\n");
  hello.function.environment = {{"WORD", "one"}};
  const Json before = hello.call_for_json();
  EXPECT_EQ(before[1], "one");
  hello.service->replace({hello.function});
  EXPECT_EQ(hello.call_for_json(), before);  // nothing has changed

  hello.function.environment = {{"WORD", "two"}};
  hello.service->replace({hello.function});
  const Json after = hello.call_for_json();
  EXPECT_EQ(after[1], "two");
  EXPECT_NE(after[0], before[0]);

  hello.service->replace({});
  const Outcome gone = hello.call();
  EXPECT_EQ(gone.kind, OutcomeKind::Unavailable);
  EXPECT_EQ(gone.message, "Function not found: " + hello.function.id);
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 0; }));
  EXPECT_FALSE(is_running(after[0]));

  hello.service->replace({hello.function});
  EXPECT_EQ(hello.call_for_json()[1], "two");
}

TEST(FunctionService, RunsOnWhenTheCallerNoLongerWaits) {
  OneFunction hello;
  hello.python("def handler(event, context): print('it ran on')\n");
  const auto forgotten = hello.invoke();
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().cold_starts == 1; }));
  EXPECT_FALSE(hello.service->cancel(forgotten));  // its environment is starting
  hello.service->forget(forgotten);
  EXPECT_TRUE(hello.wait_for_log("it ran on"));
  EXPECT_TRUE(hello.wait_for_log("REPORT"));
  EXPECT_TRUE(hello.outcomes.empty());
}

TEST(FunctionService, StartsNothingForCallersThatHaveLeft) {
  OneFunction hello;
  hello.python("def handler(event, context): return event\n");
  for (int i = 0; i < 64; ++i) {
    const auto left = hello.invoke();
    if (i % 2 == 0) {
      EXPECT_TRUE(hello.service->cancel(left));
      EXPECT_FALSE(hello.service->cancel(left));
    } else {
      hello.service->forget(left);
    }
  }
  EXPECT_EQ(hello.service->counts().cancelled, 64U);
  EXPECT_EQ(hello.call_for_json("1"), 1);
  EXPECT_EQ(hello.service->counts().cold_starts, 1U);
  EXPECT_EQ(hello.outcomes.size(), 1U);
}

TEST(FunctionService, StartsOneEnvironmentAtATime) {
  OneFunction hello;
  hello.python("def handler(event, context): return event\n");
  std::vector<FunctionService::InvocationId> invocations;
  for (int i = 0; i < 64; ++i) invocations.push_back(hello.invoke());
  // An invocation that is cancelled directly after the first start gets no environment.
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().cold_starts > 0; }));
  size_t cancelled = 0;
  for (const auto one : invocations) cancelled += hello.service->cancel(one) ? 1 : 0;
  const ServiceCounts counts = hello.service->counts();
  EXPECT_GE(cancelled, 32U);
  EXPECT_EQ(counts.cold_starts + cancelled, 64U);
  EXPECT_TRUE(hello.wait_for_outcomes(64 - cancelled));
  EXPECT_EQ(hello.service->counts().cold_starts, counts.cold_starts);
}

//--- Several functions

/// A function whose environments run until the file `go` exists, and one that responds at once.
struct TwoFunctions : OneFunction {
  explicit TwoFunctions(uint32_t max_environments) {
    python(R"(
import os, time
def handler(event, context):
    while event == "hold" and not os.path.exists("../go"):
        time.sleep(0.01)
    return os.getpid()
)");
    settings.max_environments = max_environments;
    holding = function;
    holding.id += "-holding";
    holding.name = "holding";
    service.emplace(loop, logs, std::vector{function, holding}, settings, isolation);
  }
  /// Invokes the blocking function; its outcome is added to `outcomes`.
  void hold() {
    const auto number = ++invoked;
    service->invoke(holding.id, {.payload = "\"hold\"", .trace_id = {}},
                    [this, number](Outcome&& outcome) { outcomes[number] = std::move(outcome); });
  }
  [[nodiscard]] std::string holding_log() const {
    return read_file(folder.path / "log/holding.log");
  }
  [[nodiscard]] size_t throttled() const {
    size_t count = 0;
    for (const auto& [number, outcome] : outcomes) {
      count += outcome.kind == OutcomeKind::Throttled ? 1 : 0;
    }
    return count;
  }

  topology::Function holding;
};

TEST(FunctionService, KeepsPlacesFromAFunctionThatHangs) {
  TwoFunctions two(8);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 20; ++i) two.hold();
  // 8 places: a share of 2 for each function, and 4 for any. 14 of 20 are refused.
  EXPECT_TRUE(two.wait_for_outcomes(14));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(two.service->counts().environments, 6U);
  for (const auto& [number, outcome] : two.outcomes) {
    EXPECT_EQ(outcome.kind, OutcomeKind::Throttled);
    EXPECT_EQ(outcome.message,
              "Rate Exceeded: 6 environments of holding run; the other places of max_environments "
              "are taken or kept for other functions");
  }
  EXPECT_NE(said.find("function holding: an invocation is refused: Rate Exceeded"),
            std::string::npos)
      << said;

  // The other function has its share, cold and warm, and keeps its process.
  const int pid = two.call_for_json();
  for (int i = 0; i < 10; ++i) {
    two.hold();
    EXPECT_GT(two.call_for_json(), 0);  // on a slow machine in its second environment
  }
  EXPECT_TRUE(is_running(pid));
  EXPECT_TRUE(two.wait_until([&] {
    const std::string log = two.holding_log();
    size_t lines = 0;
    for (size_t at = 0; (at = log.find("\t-\tRefused RequestId: ", at)) != log.npos; ++at) ++lines;
    return lines == 24;
  })) << two.holding_log();
  two.folder.write("go", "");
  EXPECT_TRUE(two.wait_for_outcomes(41));
  EXPECT_EQ(two.throttled(), 24U);
}

TEST(FunctionService, LeavesTheIdleEnvironmentOfAnotherFunctionAlone) {
  TwoFunctions two(2);
  const int pid = two.call_for_json();
  for (int i = 0; i < 5; ++i) two.hold();
  EXPECT_TRUE(two.wait_for_outcomes(1 + 4));
  EXPECT_TRUE(is_running(pid));
  // It may be about to be ready again.
  Outcome outcome = two.call();
  while (outcome.kind == OutcomeKind::Throttled) outcome = two.call();
  EXPECT_EQ(outcome.payload, std::to_string(pid));
}

TEST(FunctionService, KillsEverythingWhenItEnds) {
  OneFunction hello;
  hello.python(R"(
import os, subprocess
def handler(event, context):
    child = subprocess.Popen(["tail", "-f", "/dev/null"])
    open("../pids", "w").write(f"{os.getpid()} {child.pid} done")
    child.wait()
)");
  hello.invoke();
  const std::filesystem::path file = hello.folder.path / "pids";
  ASSERT_TRUE(hello.wait_until([&] { return read_file(file).find("done") != std::string::npos; }));
  std::istringstream pids(read_file(file));
  int handler = 0;
  int child = 0;
  pids >> handler >> child;
  hello.service.reset();
  EXPECT_FALSE(is_running(handler));
  EXPECT_TRUE(hello.outcomes.empty());
  // init reaps an orphan, which may take a while; a killed process is reaped at once.
  EXPECT_TRUE(hello.wait_until([&] {
    const std::string state = read_file("/proc/" + std::to_string(child) + "/stat");
    return state.empty() || state.find(") Z ") != std::string::npos;
  }));
}

TEST(FunctionService, ReportsWhyNoEnvironmentCanStart) {
  OneFunction hello("java21");
  EXPECT_EQ(hello.call().message,
            "runtime java21 cannot be run here: python*, nodejs* and provided* can");
  OneFunction missing("provided.al2023");
  const Outcome outcome = missing.call();
  EXPECT_EQ(outcome.kind, OutcomeKind::Unavailable);
  EXPECT_EQ(outcome.message,
            "Couldn't find valid bootstrap(s): [" + missing.function.code + "/bootstrap]");
  OneFunction interpreter;
  interpreter.settings.python = "/nonexistent/python";
  EXPECT_EQ(interpreter.call().message, "/nonexistent/python: No such file or directory");
  OneFunction folder;
  std::filesystem::remove_all(folder.function.code);
  EXPECT_EQ(folder.call().message, folder.function.code + ": No such file or directory");
  EXPECT_EQ(folder.service->counts().environments, 0U);
}

}  // namespace
}  // namespace inlet53::lambda
