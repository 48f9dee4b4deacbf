// SPDX-License-Identifier: Apache-2.0

// Failures inside functions, which must not affect other functions.
#include <regex>

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

// Returns Lambda's own error text.
std::string words(const Outcome& outcome) {
  const Json json = Json::parse(outcome.payload, nullptr, false);
  EXPECT_EQ(outcome.kind, OutcomeKind::FunctionError) << outcome.payload;
  std::string message = json.value("errorMessage", "");
  EXPECT_EQ(outcome.message, message);
  const std::string id = "RequestId: " + outcome.request_id + " Error: ";
  if (message.starts_with(id)) message.replace(0, id.size(), "ID ");
  return json.value("errorType", "") + ": " + message;
}

TEST(Failure, OfAHandlerThatRaises) {
  OneFunction hello;
  hello.python(R"(
def inner(): raise ValueError("no é")
def handler(event, context):
    if event: inner()
    return "fine"
)");
  const Outcome outcome = hello.call("1");
  EXPECT_EQ(words(outcome), "ValueError: no é");
  const Json json = Json::parse(outcome.payload);
  EXPECT_EQ(json["requestId"], outcome.request_id);
  ASSERT_EQ(json["stackTrace"].size(), 2U);
  // Newer interpreters mark the position in a third line.
  EXPECT_TRUE(json["stackTrace"][0].get<std::string>().starts_with(
      "  File \"" + hello.function.code +
      "/app.py\", line 4, in handler\n    if event: inner()\n"));
  EXPECT_EQ(hello.call_for_json("0"), "fine");  // in the same environment
  EXPECT_EQ(hello.service->counts().cold_starts, 1U);
  EXPECT_EQ(hello.service->counts().errors, 1U);
  EXPECT_TRUE(hello.wait_for_log("\t[ERROR] ValueError: no é\n"));
}

TEST(Failure, OfAHandlerThatRunsOutOfTime) {
  OneFunction hello;
  hello.function.timeout_seconds = 1;
  hello.python(R"(
import os, signal
def handler(event, context):
    if event:
        print(os.getpid(), "hangs", flush=True)
        signal.pause()
    return context.get_remaining_time_in_millis()
)");
  const int left = hello.call_for_json("0");
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 1000);
  const Outcome outcome = hello.call("1");
  EXPECT_EQ(words(outcome), "Sandbox.Timedout: ID Task timed out after 1.00 seconds");
  EXPECT_TRUE(hello.wait_for_log(outcome.request_id + " Task timed out after 1.00 seconds\n"));
  EXPECT_TRUE(hello.wait_for_log("\tStatus: timeout\tError Type: Sandbox.Timedout\n"));
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 0; }));
  EXPECT_EQ(hello.call("0").kind, OutcomeKind::Response);
  EXPECT_EQ(hello.service->counts().cold_starts, 2U);
}

TEST(Failure, OfAHandlerThatEndsItsProcess) {
  OneFunction hello;
  hello.python(R"(
import os, signal, sys
def handler(event, context):
    print("last words", end="", flush=True)
    if event == "exit": sys.exit(3)
    if event == "quiet": os._exit(0)
    if event == "killed": os.kill(os.getpid(), signal.SIGKILL)
    if event == "crash": os.kill(os.getpid(), signal.SIGSEGV)
    return "alive"
)");
  EXPECT_EQ(words(hello.call("\"exit\"")),
            "Runtime.ExitError: ID Runtime exited with error: exit status 3");
  EXPECT_EQ(words(hello.call("\"quiet\"")),
            "Runtime.ExitError: ID Runtime exited without providing a reason");
  EXPECT_EQ(words(hello.call("\"killed\"")),
            "Runtime.ExitError: ID Runtime exited with error: signal: killed");
  EXPECT_EQ(words(hello.call("\"crash\"")),
            "Runtime.ExitError: ID Runtime exited with error: signal: segmentation fault");
  EXPECT_EQ(hello.call_for_json(), "alive");
  EXPECT_EQ(hello.service->counts().cold_starts, 5U);
  EXPECT_EQ(hello.service->counts().errors, 4U);
  EXPECT_TRUE(hello.wait_for_log("\tlast words\n"));
  EXPECT_TRUE(hello.wait_for_log("\tStatus: error\tError Type: Runtime.ExitError\n"));
}

TEST(Failure, OfAModuleThatCannotBeLoaded) {
  const auto failing = [](const std::string& handler, const std::string& text) {
    OneFunction hello("python3.11", handler);
    hello.python(text);
    const std::string said = words(hello.call());
    EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 0; }));
    EXPECT_TRUE(hello.wait_for_log("INIT_REPORT Init Duration: "));
    EXPECT_EQ(hello.service->counts().cold_starts, 1U);
    return said;
  };
  EXPECT_EQ(failing("missing.handler", ""),
            "Runtime.ImportModuleError: Unable to import module 'missing': No module named "
            "'missing'");
  EXPECT_EQ(failing("app.handler", "import nothing_like_it\n"),
            "Runtime.ImportModuleError: Unable to import module 'app': No module named "
            "'nothing_like_it'");
  EXPECT_EQ(failing("app.handler", "x = 1\n"),
            "Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'");
  EXPECT_EQ(failing("app", ""),
            "Runtime.MalformedHandlerName: Bad handler 'app': it is not of the form "
            "module.function");
  EXPECT_EQ(failing("app.handler", "def handler(:\n"),
            "Runtime.UserCodeSyntaxError: Syntax error in module 'app': invalid syntax (app.py, "
            "line 1)");
  EXPECT_EQ(failing("app.handler", "1/0\n"), "ZeroDivisionError: division by zero");
  EXPECT_EQ(failing("app.handler", "import os\nos._exit(7)\n"),
            "Runtime.ExitError: ID Runtime exited with error: exit status 7");
}

TEST(Failure, OfEachStartFailsOneInvocationAndNothingIsStartedAgain) {
  OneFunction hello;
  hello.python("raise RuntimeError('not today')\n");
  for (int i = 0; i < 3; ++i) hello.invoke();
  EXPECT_TRUE(hello.wait_for_outcomes(3));
  for (const auto& [number, outcome] : hello.outcomes) {
    EXPECT_EQ(words(outcome), "RuntimeError: not today");
  }
  EXPECT_TRUE(hello.wait_until([&] { return hello.service->counts().environments == 0; }));
  EXPECT_EQ(hello.service->counts().cold_starts, 3U);
}

TEST(Failure, OfAResultThatIsNoJson) {
  OneFunction hello;
  hello.python(R"(
import decimal
def handler(event, context):
    return {1, 2} if event else decimal.Decimal("1.5")
)");
  EXPECT_EQ(words(hello.call("1")),
            "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON "
            "serializable");
  EXPECT_EQ(hello.call_for_json("0"), 1.5);
}

TEST(Failure, OfAResponseThatIsTooLarge) {
  OneFunction hello;
  hello.python("def handler(event, context): return 'x' * event\n");
  // Bytes of the string; two quotes are added.
  EXPECT_EQ(hello.call("6291554").payload.size(), 6291556U);
  const std::string refusal =
      "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size "
      "(6291556 bytes).";
  EXPECT_EQ(words(hello.call("6291555")), refusal);
  EXPECT_EQ(words(hello.call("30000000")), refusal);  // not read to its end
  EXPECT_EQ(hello.call_for_json("1"), "x");
}

TEST(Failure, OfAnEventThatIsTooLarge) {
  OneFunction hello;
  hello.python("def handler(event, context): return len(event)\n");
  EXPECT_EQ(hello.call_for_json("\"" + std::string(6291554, 'x') + "\""), 6291554);
  const Outcome outcome = hello.call("\"" + std::string(6291555, 'x') + "\"");
  EXPECT_EQ(outcome.kind, OutcomeKind::Unavailable);
  EXPECT_EQ(outcome.message, "6291557 bytes of payload exceed the limit of 6291556");
}

TEST(Failure, OfAHandlerThatPrintsWithoutEnd) {
  OneFunction hello;
  hello.python(R"(
import os
def handler(event, context):
    line = b"x" * 99 + b"\n"
    for _ in range(1000):
        os.write(1, line * 1000)
    return "printed"
)");
  EXPECT_EQ(hello.call_for_json(), "printed");
  EXPECT_TRUE(hello.wait_for_log("REPORT"));
  const std::string log = hello.log();
  // All output is logged or counted, and only time limits the logged part.
  uint64_t bytes = 0;
  const std::regex line("\tx{99}\n");
  bytes += 100 * static_cast<uint64_t>(
                     std::distance(std::sregex_iterator(log.begin(), log.end(), line), {}));
  const std::regex left_out("\\[inlet53\\] ([0-9]+) bytes of output were left out");
  bool any = false;
  for (std::sregex_iterator at(log.begin(), log.end(), left_out); at != std::sregex_iterator();
       ++at) {
    bytes += std::stoull((*at)[1]);
    any = true;
  }
  EXPECT_TRUE(any);
  EXPECT_LE(bytes, 100'000'000U);
  EXPECT_GE(bytes, 100'000'000U - 100'000);  // except for lines that were cut
}

TEST(Failure, LeavesOthersAlone) {
  OneFunction hello;
  hello.function.timeout_seconds = 2;
  hello.python(R"(
import os, signal, sys
def handler(event, context):
    if event == "hang": signal.pause()
    if event == "crash": os.abort()
    if event == "flood":
        while True: os.write(2, b"y" * 65536)
    return event
)");
  for (const char* event : {"\"hang\"", "\"crash\"", "\"flood\""}) hello.invoke(event);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(hello.call_for_json("\"well\""), "well");
  EXPECT_TRUE(hello.wait_for_outcomes(23));
  EXPECT_EQ(hello.service->counts().errors, 3U);
}

}  // namespace
}  // namespace inlet53::lambda
