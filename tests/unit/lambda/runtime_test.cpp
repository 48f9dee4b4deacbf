// SPDX-License-Identifier: Apache-2.0

// Runtimes: the interface that handlers in Python and JavaScript, and custom bootstraps, get.
#include <regex>

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

TEST(PythonRuntime, GivesTheHandlerItsContextAndEnvironment) {
  OneFunction hello("python3.11", "src/deep/app.handler");
  hello.function.environment = {{"TABLE", "pets=1"}, {"AWS_REGION", "mine"}, {"TZ", "UTC"}};
  hello.code("src/deep/app.py", R"(
import os, sys
def handler(event, context):
    return {"context": {name: getattr(context, name) for name in dir(context)
                        if isinstance(getattr(context, name), str) and name[0] != "_"},
            "identity": context.identity.cognito_identity_id,
            "left": context.get_remaining_time_in_millis(),
            "environment": dict(os.environ), "folder": os.getcwd(), "argv": sys.argv,
            "input": sys.stdin.read()}
)");
  const Outcome outcome = hello.call();
  const Json json = Json::parse(outcome.payload);
  const Json& context = json["context"];
  EXPECT_EQ(context["aws_request_id"], outcome.request_id);
  EXPECT_EQ(context["function_name"], "hello");
  EXPECT_EQ(context["function_version"], "$LATEST");
  EXPECT_EQ(context["invoked_function_arn"], hello.function.id);
  EXPECT_EQ(context["memory_limit_in_mb"], "128");
  EXPECT_EQ(context["log_group_name"], "/aws/lambda/hello");
  EXPECT_TRUE(std::regex_match(context["log_stream_name"].get<std::string>(),
                               std::regex("\\d{4}/\\d\\d/\\d\\d/\\[\\$LATEST\\][0-9a-f]{32}")));
  EXPECT_TRUE(json["identity"].is_null());
  EXPECT_GT(json["left"], 0);
  EXPECT_LE(json["left"], 60'000);
  EXPECT_EQ(json["folder"], hello.function.code);
  EXPECT_EQ(json["argv"], Json::array({""}));
  EXPECT_EQ(json["input"], "");

  const Json& environment = json["environment"];
  EXPECT_EQ(environment["TABLE"], "pets=1");
  EXPECT_EQ(environment["AWS_REGION"], "eu-west-1");
  EXPECT_EQ(environment["AWS_DEFAULT_REGION"], "eu-west-1");
  EXPECT_EQ(environment["TZ"], "UTC");
  EXPECT_EQ(environment["_HANDLER"], "src/deep/app.handler");
  EXPECT_EQ(environment["_X_AMZN_TRACE_ID"], "Root=1-2-3");
  EXPECT_EQ(environment["AWS_EXECUTION_ENV"], "AWS_Lambda_python3.11");
  EXPECT_EQ(environment["AWS_LAMBDA_INITIALIZATION_TYPE"], "on-demand");
  EXPECT_EQ(environment["AWS_LAMBDA_LOG_STREAM_NAME"], context["log_stream_name"]);
  EXPECT_EQ(environment["LAMBDA_TASK_ROOT"], hello.function.code);
  EXPECT_FALSE(environment.contains("AWS_ACCESS_KEY_ID"));
}

// The users of functions are not in the system's list of users: only HOME contains the home
// directory.
TEST(PythonRuntime, HasAHome) {
  OneFunction hello;
  hello.python(R"(
import getpass, pathlib
def handler(event, context):
    return [str(pathlib.Path.home()), getpass.getuser()]
)");
  EXPECT_EQ(hello.call_for_json(), Json::array({"/tmp", "sbx_user1051"}));
}

TEST(NodeRuntime, HasAHome) {
  OneFunction hello("nodejs18.x", "index.handler");
  hello.function.environment = {{"USER", "mine"}};
  hello.code("index.js", R"(
exports.handler = async () => [require("os").homedir(), process.env.USER, process.env.LOGNAME];
)");
  EXPECT_EQ(hello.call_for_json(), Json::array({"/tmp", "mine", "sbx_user1051"}));
}

TEST(PythonRuntime, WritesALogAsLambdaHasIt) {
  OneFunction hello;
  hello.python(R"(
import logging, sys
logging.getLogger().setLevel(logging.INFO)
def handler(event, context):
    print("printed é")
    print("to stderr", file=sys.stderr)
    logging.info("logged %d", 1)
    sys.stdout.write("no end")
)");
  const std::string id = hello.call().request_id;
  EXPECT_TRUE(hello.wait_for_log("REPORT"));
  // Each line: time, the stream's first digits, text.
  std::istringstream log(hello.log());
  std::vector<std::string> texts;
  const std::regex line(
      "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)\t([0-9a-f]{8})\t(.*)");
  for (std::string text; std::getline(log, text);) {
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(text, parts, line)) << text;
    texts.push_back(parts[3]);
  }
  ASSERT_EQ(texts.size(), 8U) << hello.log();
  EXPECT_TRUE(texts[0].starts_with("INIT_START Runtime: python3.11\tLog Stream: 2")) << texts[0];
  EXPECT_EQ(texts[1], "START RequestId: " + id + " Version: $LATEST");
  EXPECT_EQ(texts[2], "printed é");
  EXPECT_EQ(texts[3], "to stderr");
  EXPECT_TRUE(std::regex_match(
      texts[4], std::regex("\\[INFO\\]\t\\d{4}-\\d\\d-\\d\\dT[0-9:.]{12}Z\t" + id + "\tlogged 1")))
      << texts[4];
  EXPECT_EQ(texts[5], "no end");
  EXPECT_EQ(texts[6], "END RequestId: " + id);
  EXPECT_TRUE(std::regex_match(
      texts[7],
      std::regex("REPORT RequestId: " + id +
                 "\tDuration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB"
                 "\tMax Memory Used: [1-9]\\d* MB\tInit Duration: \\d+\\.\\d\\d ms")))
      << texts[7];
}

TEST(NodeRuntime, RunsHandlersOfEveryKind) {
  const std::string commonjs = R"(
exports.promise = async (event, context) => ({ event, id: context.awsRequestId });
exports.callback = (event, context, callback) => setTimeout(() => callback(null, 'called'), 1);
exports.nothing = async () => {};
exports.nested = { deep: async () => 'nested' };
)";
  const auto call = [&](const std::string& handler, const std::string& event) {
    OneFunction hello("nodejs20.x", handler);
    hello.code("index.js", commonjs);
    hello.code("lib/module.mjs", "export const handler = async () => import.meta.url;\n");
    const Outcome outcome = hello.call(event);
    EXPECT_EQ(outcome.kind, OutcomeKind::Response) << outcome.payload << outcome.message;
    return std::regex_replace(outcome.payload, std::regex(outcome.request_id), "ID");
  };
  EXPECT_EQ(call("index.promise", R"({"a":"é"})"), R"({"event":{"a":"é"},"id":"ID"})");
  EXPECT_EQ(call("index.callback", "1"), "\"called\"");
  EXPECT_EQ(call("index.nothing", "1"), "null");
  EXPECT_EQ(call("index.nested.deep", "1"), "\"nested\"");
  EXPECT_TRUE(call("lib/module.handler", "1").ends_with("/code/lib/module.mjs\""));
}

TEST(NodeRuntime, ReportsErrors) {
  const auto words = [](const std::string& handler, const std::string& text,
                        const std::string& event = "1") {
    OneFunction hello("nodejs20.x", handler);
    hello.code("index.js", text);
    const Outcome outcome = hello.call(event);
    EXPECT_EQ(outcome.kind, OutcomeKind::FunctionError) << outcome.payload;
    const Json json = Json::parse(outcome.payload, nullptr, false);
    if (!json.contains("errorType")) return outcome.payload;
    return json["errorType"].get<std::string>() + ": " + json["errorMessage"].get<std::string>();
  };
  EXPECT_EQ(words("index.h", "exports.h = async () => { throw new TypeError('no'); };"),
            "TypeError: no");
  EXPECT_EQ(words("index.h", "exports.h = () => { throw 'text'; };"), "string: text");
  EXPECT_EQ(words("index.h", "exports.h = (e, c, cb) => cb(new Error('back'));"), "Error: back");
  EXPECT_EQ(words("index.h", "exports.h = async () => { const a = {}; a.a = a; return a; };")
                .substr(0, 21),
            "Runtime.MarshalError:");
  EXPECT_EQ(words("index.missing", ""),
            "Runtime.HandlerNotFound: index.missing is undefined or not exported");
  EXPECT_EQ(words("other.h", ""), "Runtime.ImportModuleError: Error: Cannot find module 'other'");
  EXPECT_EQ(words("index", ""), "Runtime.MalformedHandlerName: Bad handler 'index'");
  EXPECT_TRUE(words("index.h", "exports.h = async () => { process.exit(4); };")
                  .ends_with("Error: Runtime exited with error: exit status 4"));
}

TEST(NodeRuntime, StaysWarmAndWritesItsLog) {
  OneFunction hello("nodejs20.x", "index.handler");
  hello.function.reserved_concurrency = 1;  // the second call waits until the runtime is ready
  hello.code("index.js", R"(
let count = 0;
exports.handler = async () => { console.log('call', ++count); return count; };
)");
  EXPECT_EQ(hello.call_for_json(), 1);
  const Outcome second = hello.call();
  EXPECT_EQ(second.payload, "2");
  EXPECT_EQ(hello.service->counts().cold_starts, 1U);
  EXPECT_TRUE(hello.wait_for_log("\t" + second.request_id + "\tINFO\tcall 2\n"));
}

// The bootstrap of the developer guide's tutorial.
const std::string kShellBootstrap = R"sh(
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while :; do
  head="$(mktemp)"
  event=$(curl -sS -D "$head" "$api/invocation/next")
  id=$(grep -i Lambda-Runtime-Aws-Request-Id "$head" | tr -d '\r' | cut -d' ' -f2)
  rm "$head"
  case "$event" in
    '"error"') curl -sS "$api/invocation/$id/error" -d '{"errorType":"Mine","errorMessage":"no"}' ;;
    '"wrong"') curl -sS "$api/invocation/other/response" -d 1; echo; exit 9 ;;
    *) curl -sS "$api/invocation/$id/response" -d "[\"$_HANDLER\", $event]" ;;
  esac
done
)sh";

TEST(ProvidedRuntime, RunsABootstrapOfOnesOwn) {
  OneFunction hello("provided.al2023", "anything at all");
  hello.bootstrap(kShellBootstrap);
  EXPECT_EQ(hello.call("{\"a\":1}").payload, "[\"anything at all\", {\"a\":1}]");
  EXPECT_EQ(hello.call("2").payload, "[\"anything at all\", 2]");
  const Outcome error = hello.call("\"error\"");
  EXPECT_EQ(error.kind, OutcomeKind::FunctionError);
  EXPECT_EQ(error.payload, R"({"errorType":"Mine","errorMessage":"no"})");
  EXPECT_EQ(error.message, "no");
  const Outcome wrong = hello.call("\"wrong\"");
  EXPECT_EQ(wrong.kind, OutcomeKind::FunctionError);
  EXPECT_EQ(Json::parse(wrong.payload)["errorType"], "Runtime.ExitError");
  EXPECT_TRUE(hello.wait_for_log("Invalid request ID"));
}

TEST(ProvidedRuntime, CanBeOneThatOnlyTalksNonsense) {
  OneFunction hello("provided.al2023");
  hello.bootstrap(
      "exec 2>&1; curl -sS http://$AWS_LAMBDA_RUNTIME_API/ --data-binary "
      "@/bin/sh; curl -sS telnet://$AWS_LAMBDA_RUNTIME_API < /bin/sh; exit 0\n");
  const Outcome outcome = hello.call();
  EXPECT_EQ(outcome.kind, OutcomeKind::FunctionError);
  EXPECT_EQ(outcome.message, "RequestId: " + outcome.request_id +
                                 " Error: Runtime exited without providing a reason");
}

}  // namespace
}  // namespace inlet53::lambda
