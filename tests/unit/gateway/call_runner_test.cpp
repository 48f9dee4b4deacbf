// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_runner.h"

#include "call_runner_support.h"
#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

std::string ok(std::string_view body) {
  return concat("HTTP/1.1 201 Created\r\nContent-Length: ", body.size(), "\r\nX-Backend: yes\r\n",
                "Server: backend\r\n\r\n", body);
}

//--- Calls without an integration

TEST_F(CallRunnerTest, AnswersAMockWithinTheCall) {
  start();
  const auto number = begin(request("/DemoStage/hello?a=b"));
  ASSERT_TRUE(responses.contains(number));
  const http::Response& response = responses[number];
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(value_of(response, "X-Mock"), "yes");
  EXPECT_EQ(value_of(response, "Content-Type"), "application/json");
  for (const char* name : {"Date", "x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id"}) {
    EXPECT_FALSE(value_of(response, name).empty()) << name;
  }
  const CallCounts counts = runner->counts();
  EXPECT_EQ(counts.count, 1U);
  EXPECT_EQ(counts.integrations, 1U);
  EXPECT_EQ(counts.running, 0U);
  EXPECT_EQ(counts.errors_4xx + counts.errors_5xx + counts.refused, 0U);
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/hello 200 - 200 [-]\n"));
}

TEST_F(CallRunnerTest, WritesTheStepsOfACall) {
  start();
  const http::Response response = call(request(
      "/DemoStage/pets/7?a=b", "POST", {{"X-A", "1"}, {"Authorization", "secret"}}, "the body"));
  const std::string id = value_of(response, "x-amzn-RequestId");
  ASSERT_TRUE(wait_for_log("execution.log", "Method completed"));
  const std::string steps = log("execution.log");
  for (const char* step :
       {"Starting execution for request: ", "HTTP Method: POST, Resource Path: /pets/{petId}",
        "Method request path: {petId=7}", "Method request query string: a=b",
        "Method request headers: {X-A=1, Authorization=****}",
        "Method request body before transformations: the body", "Received response. Status: 200",
        "Method completed with status: 200"}) {
    EXPECT_NE(steps.find(concat('(', id, ") ", step)), std::string::npos) << step << '\n' << steps;
  }
}

TEST_F(CallRunnerTest, UsesTheClientsRequestId) {
  start();
  const std::string id = "8f5a6c1e-2b7d-4c3a-9e10-5d6f7a8b9c0d";
  EXPECT_EQ(value_of(call(request("/DemoStage/hello", "GET", {{"x-amzn-RequestId", id}})),
                     "x-amzn-requestid"),
            id);
}

TEST_F(CallRunnerTest, AnswersARefusedCallAtOnceAndLogsIt) {
  topology.rest_apis[0].gateway_responses = {
      {.response_type = "ACCESS_DENIED",
       .status_code = 418,
       .headers = {},
       .template_text = "$context.error.message / $stageVariables.greeting"}};
  start();
  const auto number = begin(request("/DemoStage/denied"));
  ASSERT_TRUE(responses.contains(number));
  EXPECT_EQ(responses[number].status, 418);
  EXPECT_NE(responses[number].body.find("explicit deny in a resource-based policy / hello"),
            std::string::npos)
      << responses[number].body;
  EXPECT_TRUE(value_of(responses[number], "X-Amzn-Trace-Id").empty());
  EXPECT_FALSE(value_of(responses[number], "x-amzn-RequestId").empty());
  EXPECT_EQ(runner->counts().count, 1U);
  EXPECT_EQ(runner->counts().errors_4xx, 1U);
  EXPECT_EQ(runner->counts().integrations, 0U);
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/denied 418 ACCESS_DENIED - [-]\n"));
  EXPECT_TRUE(
      wait_for_log("execution.log", "Gateway response type: ACCESS_DENIED with status code: 418"));
}

TEST_F(CallRunnerTest, CountsACallWithoutAnApiButHasNoLogForIt) {
  start();
  http::Request unknown = request("/DemoStage/hello");
  unknown.authority = "example.com";
  const http::Response response = call(std::move(unknown));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(value_of(response, "x-amzn-ErrorType"), "ForbiddenException");
  EXPECT_EQ(runner->counts().count, 1U);
  call("/DemoStage/hello");
  ASSERT_TRUE(wait_for_log("access.log", "hello 200"));
  EXPECT_EQ(log("access.log").find("403"), std::string::npos);
}

TEST_F(CallRunnerTest, ThrottlesTheAccount) {
  settings.gateway.throttling_rate_limit = 0.001;
  settings.gateway.throttling_burst_limit = 2;
  start();
  EXPECT_EQ(call("/DemoStage/denied").status, 403);  // uses no token
  EXPECT_EQ(call("/DemoStage/hello").status, 200);
  EXPECT_EQ(call("/DemoStage/hello").status, 200);
  EXPECT_EQ(call("/DemoStage/hello").status, 429);
}

TEST_F(CallRunnerTest, StartsNoCallForAnInvalidRequest) {
  start();
  const http::Response response = runner->refuse(http::Refusal::BodyTooLarge);
  EXPECT_EQ(response.status, 413);
  EXPECT_FALSE(value_of(response, "x-amzn-RequestId").empty());
  EXPECT_EQ(runner->counts().refused, 1U);
  EXPECT_EQ(runner->counts().count, 0U);
}

TEST_F(CallRunnerTest, ReportsAMockWithoutAResponse) {
  method("/hello").integration.responses[0].status_code = 201;
  start();
  const http::Response response = call("/DemoStage/hello");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, R"({"message": "Internal server error"})");
  EXPECT_TRUE(wait_for_log("access.log", "500 API_CONFIGURATION_ERROR - [Execution failed due to"));
}

//--- Heads of requests

TEST_F(CallRunnerTest, RefusesByTheHead) {
  start();
  for (const char* target : {"/DemoStage/denied", "/DemoStage/nothing", "/NoStage/hello"}) {
    const HeadOutcome outcome = runner->authorize(origin(), request(target, "POST"));
    ASSERT_TRUE(std::holds_alternative<http::Response>(outcome)) << target;
    const auto& response = std::get<http::Response>(outcome);
    EXPECT_EQ(response.status, 403) << target;
    EXPECT_FALSE(value_of(response, "x-amzn-RequestId").empty()) << target;
  }
  EXPECT_EQ(runner->counts().count, 3U);
  EXPECT_TRUE(responses.empty());
}

TEST_F(CallRunnerTest, KnowsWhetherTheBodyIsNeeded) {
  add_url("/out", "http://127.0.0.1:1/");
  add_function("echo", "");
  topology::Stage silent = topology.rest_apis[0].stages[0];
  silent.name = "silent";
  silent.execution_log = "";
  topology.rest_apis[0].policy = R"({"Statement": [{"Effect": "Allow", "Principal": "*",
      "Action": "execute-api:Invoke", "Resource": "*"}]})";
  topology.rest_apis[0].stages.push_back(silent);
  start();
  const auto needs_body = [&](const char* target) {
    const HeadOutcome outcome = runner->authorize(origin(), request(target));
    return std::get<AuthorizedCall>(outcome).needs_body();
  };
  EXPECT_FALSE(needs_body("/silent/hello"));
  EXPECT_TRUE(needs_body("/DemoStage/hello"));  // the execution log contains it
  EXPECT_TRUE(needs_body("/silent/out"));
  EXPECT_TRUE(needs_body("/silent/echo"));
}

TEST_F(CallRunnerTest, KeepsTheHeadAndDiscardsABodyThatNoStepNeeds) {
  topology::Stage silent = topology.rest_apis[0].stages[0];
  silent.name = "silent";
  silent.execution_log = "";
  topology.rest_apis[0].policy = R"({"Statement": [{"Effect": "Allow", "Principal": "*",
      "Action": "execute-api:Invoke", "Resource": "*"}]})";
  topology.rest_apis[0].stages.push_back(silent);
  start();
  http::StreamId number = 100;
  for (const char* stage : {"silent", "DemoStage"}) {
    http::Request head = request(concat('/', stage, "/pets/7"), "POST", {{"X-A", "1"}});
    const CallId id{1, ++number};
    const http::HeadDecision decision = runner->head_received(id, origin(), head);
    EXPECT_EQ(std::get<http::BodyUse>(decision),
              stage == std::string_view("silent") ? http::BodyUse::Discard : http::BodyUse::Keep);
    EXPECT_TRUE(head.fields.empty());  // moved, not copied
    EXPECT_TRUE(responses.empty());
    runner->call_received(id, origin(), {});
    EXPECT_EQ(responses[number].body, "a pet");
    responses.clear();
  }
}

TEST_F(CallRunnerTest, DropsAnAuthorizedCallWhoseBodyNeverComes) {
  start();
  { const HeadOutcome dropped = runner->authorize(origin(), request("/DemoStage/hello")); }
  HeadOutcome outcome = runner->authorize(origin(), request("/DemoStage/pets/1"));
  EXPECT_EQ(runner->counts().count, 0U);
  // A reload between head and body: the call continues with its authorized method.
  topology.rest_apis[0].resources.clear();
  start();
  runner->begin({1, 7}, std::move(std::get<AuthorizedCall>(outcome)), "body");
  EXPECT_EQ(responses[7].body, "a pet");
  EXPECT_EQ(runner->counts().count, 1U);
  ASSERT_TRUE(wait_for_log("access.log", "/pets/1 200"));
  EXPECT_EQ(log("access.log").find("hello"), std::string::npos);
}

//--- HTTP proxy

TEST_F(CallRunnerTest, PassesACallToItsUrlAndTheResponseBack) {
  Backend backend(loop, [](std::string_view) { return ok("from the backend"); });
  add_url("/out/{proxy+}", backend.uri("/base/{proxy}"));
  start();
  const auto number = begin(request("/DemoStage/out/a/b?c=d", "POST", {{"X-A", "1"}}, "the body"));
  EXPECT_FALSE(responses.contains(number));
  EXPECT_EQ(runner->counts().running, 1U);
  ASSERT_TRUE(wait_until([&] { return responses.contains(number); }));
  EXPECT_EQ(responses[number].status, 201);
  EXPECT_EQ(responses[number].body, "from the backend");
  EXPECT_EQ(value_of(responses[number], "X-Backend"), "yes");
  EXPECT_EQ(value_of(responses[number], "x-amzn-Remapped-Server"), "backend");
  const std::string& seen = backend.last_request();
  EXPECT_EQ(seen.rfind("POST /base/a/b?c=d HTTP/1.1\r\n", 0), 0U) << seen;
  EXPECT_NE(seen.find("\r\nX-A: 1\r\n"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with("\r\n\r\nthe body")) << seen;
  EXPECT_EQ(runner->counts().running, 0U);
  EXPECT_TRUE(wait_for_log("access.log", "POST /DemoStage/out/a/b 201 - 201 [-]\n"));
  EXPECT_TRUE(wait_for_log("execution.log", "Sending request to " + backend.uri("/base/a/b?c=d")));
}

TEST_F(CallRunnerTest, ReportsFailuresOfAUrl) {
  Backend backend(loop, [](std::string_view) { return "no HTTP at all\r\n\r\n"; });
  const std::string garbage = backend.uri("/");
  add_url("/garbage", garbage);
  add_url("/nowhere", "http://127.0.0.1:1/");
  add_url("/wrong", "http://{host}/");
  start();
  EXPECT_EQ(call("/DemoStage/garbage").status, 500);
  const http::Response unreachable = call("/DemoStage/nowhere");
  EXPECT_EQ(unreachable.status, 504);
  EXPECT_EQ(unreachable.body, R"({"message": "Network error communicating with endpoint"})");
  EXPECT_EQ(call("/DemoStage/wrong").status, 500);
  EXPECT_EQ(runner->counts().errors_5xx, 3U);
  EXPECT_TRUE(wait_for_log("access.log", "/nowhere 504 INTEGRATION_FAILURE - [Execution failed"));
  EXPECT_TRUE(wait_for_log("access.log", "/wrong 500 API_CONFIGURATION_ERROR - [Execution failed"));
}

TEST_F(CallRunnerTest, WaitsNoLongerThanTheIntegrationMay) {
  Backend backend(loop, [](std::string_view) { return ""; });
  add_url("/silent", backend.uri("/")).timeout_ms = 50;
  add_url("/patient", backend.uri("/"));
  start();
  const auto patient = begin(request("/DemoStage/patient"));
  const http::Response response = call("/DemoStage/silent");
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.body, R"({"message": "Endpoint request timed out"})");
  EXPECT_FALSE(responses.contains(patient));
  EXPECT_EQ(runner->counts().running, 1U);
  EXPECT_TRUE(wait_for_log("access.log",
                           "504 INTEGRATION_TIMEOUT - [Execution failed due to a "
                           "timeout error]\n"));
  // The backend gets no further request.
  EXPECT_TRUE(wait_until([&] { return backend.open() == 1; }));
}

TEST_F(CallRunnerTest, EndsOverdueCallsInAnyOrder) {
  Backend backend(loop, [](std::string_view) { return ""; });
  for (const uint32_t timeout : {90U, 50U, 70U}) {
    add_url(concat("/after", timeout), backend.uri("/")).timeout_ms = timeout;
  }
  start();
  for (const char* path : {"/after90", "/after50", "/after70"}) {
    begin(request(std::string("/DemoStage") + path));
  }
  ASSERT_TRUE(wait_until([&] { return responses.size() == 3; }));
  for (const auto& [number, response] : responses) EXPECT_EQ(response.status, 504);
  EXPECT_EQ(runner->counts().running, 0U);
}

//--- Lambda

TEST_F(CallRunnerTest, KeepsTheClientsTraceId) {
  Backend backend(loop, [](std::string_view) { return ok("made"); });
  add_url("/out", backend.uri("/"));
  add_function("trace", R"(
import json, os
def handler(event, context):
    return {"body": json.dumps([event["headers"]["X-Amzn-Trace-Id"],
                                event["multiValueHeaders"]["X-Amzn-Trace-Id"],
                                os.environ["_X_AMZN_TRACE_ID"]])}
)");
  start();
  const std::string mine = "Root=1-67891233-abcdef012345678912345678;Sampled=1";
  const auto ask = [&](const std::string& path, const std::string& trace) {
    return call(request("/DemoStage/" + path, "GET", {{"x-amzn-trace-id", trace}}));
  };
  for (const char* path : {"hello", "out", "trace"}) {
    EXPECT_EQ(value_of(ask(path, mine), "X-Amzn-Trace-Id"), mine) << path;
    EXPECT_TRUE(value_of(ask(path, ""), "X-Amzn-Trace-Id").starts_with("Root=1-")) << path;
  }
  EXPECT_EQ(ask("trace", mine).body, concat("[\"", mine, "\", [\"", mine, "\"], \"", mine, "\"]"));
  ask("out", mine);
  EXPECT_NE(backend.last_request().find(concat("X-Amzn-Trace-Id: ", mine, "\r\n")),
            std::string::npos)
      << backend.last_request();
}

TEST_F(CallRunnerTest, InvokesAFunction) {
  add_function("echo", R"(
import json
def handler(event, context):
    return {"statusCode": 202, "headers": {"X-Path": event["path"]},
            "body": json.dumps([event["body"], event["requestContext"]["stage"]])}
)");
  start();
  const http::Response response = call(request("/DemoStage/echo", "POST", {}, "the body"));
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, R"(["the body", "DemoStage"])");
  EXPECT_EQ(value_of(response, "X-Path"), "/echo");
  EXPECT_FALSE(value_of(response, "X-Amzn-Trace-Id").empty());
  EXPECT_EQ(runner->function_counts().invocations, 1U);
  EXPECT_TRUE(wait_for_log("access.log", "POST /DemoStage/echo 202 - 200 [-]\n"));
  EXPECT_TRUE(wait_for_log("execution.log", "Sending request to function arn:aws:lambda:"));
}

TEST_F(CallRunnerTest, ReportsFailuresOfAFunction) {
  add_function("raises", "def handler(event, context): raise ValueError('as asked')\n");
  add_function("garbage", "def handler(event, context): return 7\n");
  add_function("none", "").reserved_concurrency = 0;
  start();
  for (const char* path : {"/raises", "/garbage", "/none"}) {
    const http::Response response = call(std::string("/DemoStage") + path);
    EXPECT_EQ(response.status, 502) << path;
    EXPECT_EQ(response.body, R"({"message": "Internal server error"})") << path;
  }
  EXPECT_TRUE(wait_for_log("access.log",
                           "/raises 502 DEFAULT_5XX 200 [Execution failed: Lambda: as asked]\n"));
  EXPECT_TRUE(wait_for_log("access.log",
                           "/garbage 502 DEFAULT_5XX - [Execution failed due to "
                           "configuration error: Malformed Lambda proxy response: "));
  EXPECT_TRUE(
      wait_for_log("access.log", "/none 502 DEFAULT_5XX - [Execution failed: Lambda: Rate"));
  EXPECT_EQ(runner->function_counts().errors, 1U);
  EXPECT_EQ(runner->function_counts().throttles, 1U);
}

TEST_F(CallRunnerTest, RefusesAnEventThatIsTooLarge) {
  add_function("echo", "def handler(event, context): return {}\n");
  start();
  const http::Response response =
      call(request("/DemoStage/echo", "POST", {}, std::string(6291456, 'x')));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, R"({"message":"Request Too Long"})");
  EXPECT_EQ(runner->function_counts().invocations, 0U);
  EXPECT_TRUE(wait_for_log("access.log", "413 REQUEST_TOO_LARGE"));
}

TEST_F(CallRunnerTest, LetsAFunctionRunOnAfterTheTimeout) {
  add_function("slow", R"(
import os, time
def handler(event, context):
    waited = False
    while not os.path.exists("../go"):
        waited = True
        time.sleep(0.01)
    if waited:
        print("it ran on")
    return {}
)");
  std::ofstream(file("go")) << "";
  start();
  EXPECT_EQ(call("/DemoStage/slow").status, 200);
  ASSERT_TRUE(wait_for_log("log/slow.log", "REPORT"));
  std::filesystem::remove(file("go"));
  method("/slow").integration.timeout_ms = 50;
  start();
  EXPECT_EQ(call("/DemoStage/slow").status, 504);
  std::ofstream(file("go")) << "";
  EXPECT_TRUE(wait_for_log("log/slow.log", "it ran on"));
  EXPECT_EQ(responses.size(), 2U);
}

//--- Clients that leave

TEST_F(CallRunnerTest, DropsACallWhoseClientLeavesBeforeAnEnvironmentStarts) {
  add_function("echo", "def handler(event, context): return {}\n");
  start();
  const auto number = begin(request("/DemoStage/echo"));
  runner->call_abandoned({1, number});
  ASSERT_TRUE(responses.contains(number));
  EXPECT_EQ(responses[number].status, 499);
  EXPECT_EQ(runner->counts().abandoned, 1U);
  EXPECT_EQ(runner->counts().errors_4xx, 1U);
  EXPECT_EQ(runner->counts().running, 0U);
  runner->call_abandoned({1, number});  // has no effect
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/echo 499 - - [The client left before "));
  // The next call is the first to start an environment.
  EXPECT_EQ(call("/DemoStage/echo").status, 200);
  EXPECT_EQ(runner->function_counts().cold_starts, 1U);
  EXPECT_EQ(runner->function_counts().cancelled, 1U);
}

TEST_F(CallRunnerTest, FinishesACallThatRunsWhenItsClientLeaves) {
  add_function("echo", "def handler(event, context): return {'statusCode': 202}\n");
  start();
  const auto invoked = begin(request("/DemoStage/echo"));
  ASSERT_TRUE(wait_until([&] { return runner->function_counts().cold_starts == 1; }));
  runner->call_abandoned({1, invoked});
  EXPECT_TRUE(responses.empty());
  ASSERT_TRUE(wait_until([&] { return responses.size() == 1; }));
  EXPECT_EQ(responses[invoked].status, 202);
  EXPECT_EQ(runner->counts().abandoned, 0U);
}

TEST_F(CallRunnerTest, EndsACallToAUrlWhoseClientLeaves) {
  Backend backend(loop, [](std::string_view) {
    return concat("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", std::string(1000, 'x'));
  });
  add_url("/out", backend.uri("/"));
  start();
  const auto number = begin(request("/DemoStage/out"));
  ASSERT_TRUE(wait_until([&] { return bodies.counts().bytes >= 1'000'000; }));
  runner->call_abandoned({1, number});
  ASSERT_TRUE(responses.contains(number));
  EXPECT_EQ(responses[number].status, 499);
  EXPECT_EQ(runner->counts().abandoned, 1U);
  EXPECT_EQ(runner->counts().running, 0U);
  EXPECT_EQ(bodies.counts().bytes, 0U);
  EXPECT_TRUE(wait_until([&] { return backend.open() == 0; }));
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/out 499 - - [The client left before "));
}

//--- Memory

TEST_F(CallRunnerTest, RespondsWhenTheResponseOfAUrlDoesNotFit) {
  Backend backend(loop, [](std::string_view) {
    return ok(std::string(9'000'000, 'x'));  // one client has 16 MiB
  });
  add_url("/out", backend.uri("/"));
  start();
  EXPECT_EQ(call("/DemoStage/out").status, 201);
  EXPECT_GE(bodies.counts().bytes, 9'000'000U);  // `responses` contains it
  const http::Response refused = call("/DemoStage/out");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(value_of(refused, "x-amzn-ErrorType"), "ServiceUnavailableException");
  EXPECT_FALSE(value_of(refused, "x-amzn-RequestId").empty());
  EXPECT_EQ(runner->counts().errors_5xx, 1U);
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/out 503 - - [Execution failed: "));
  EXPECT_TRUE(wait_for_log("execution.log", "there is no memory for the response"));
  EXPECT_TRUE(wait_for_log("execution.log", "Method completed with status: 503"));
  responses.clear();
  EXPECT_EQ(bodies.counts().bytes, 0U);
  EXPECT_EQ(call("/DemoStage/out").status, 201);
}

// One client has 16 MiB: request and response do not fit together.
TEST_F(CallRunnerTest, TheResponseOfAUrlHasTheRoomOfItsRequest) {
  Backend backend(loop, [](std::string_view) { return ok(std::string(7'000'000, 'x')); });
  add_url("/out", backend.uri("/"));
  start();
  http::Request large = request("/DemoStage/out", "POST", {}, std::string(10'000'000, 'x'));
  http::BodyAccount& account = bodies.open(origin().source);
  ASSERT_TRUE(bodies.try_charge(account, large.body.size(), large.charge));
  bodies.close(account);
  const http::Response response = call(std::move(large));
  EXPECT_EQ(response.status, 201) << log("execution.log");
  EXPECT_EQ(response.body.size(), 7'000'000U);
  EXPECT_EQ(bodies.counts().refused, 0U);
}

TEST_F(CallRunnerTest, LogsTheStatusOfAResponseThatHasNoRoom) {
  method("/large").integration.responses[0].template_text = std::string(6'000'000, 'x');
  start();
  std::vector<uint16_t> statuses;
  for (int i = 0; i < 3; ++i) {
    const auto number = begin(request("/DemoStage/large"));
    statuses.push_back(responses[number].status);
  }
  EXPECT_EQ(statuses, (std::vector<uint16_t>{200, 200, 503}));
  EXPECT_GE(bodies.counts().bytes, 12'000'000U);
  EXPECT_EQ(bodies.counts().refused, 1U);
  EXPECT_EQ(runner->counts().errors_5xx, 1U);
  EXPECT_TRUE(wait_for_log("access.log", "GET /DemoStage/large 503 - 200 [-]\n"));
  EXPECT_TRUE(
      wait_for_log("execution.log", "there is no memory for the response of 6000000 bytes"));
  // The body of a HEAD request is not kept.
  EXPECT_EQ(call(request("/DemoStage/large", "HEAD")).status, 200);
}

//--- A reload

TEST_F(CallRunnerTest, EndsACallWithTheStateThatItBeganWith) {
  Backend backend(loop, [](std::string_view) { return ""; });
  add_url("/out", backend.uri("/")).timeout_ms = 100;
  topology.rest_apis[0].gateway_responses = {{.response_type = "INTEGRATION_TIMEOUT",
                                              .status_code = 599,
                                              .headers = {},
                                              .template_text = {}}};
  start();
  const auto number = begin(request("/DemoStage/out"));
  topology.rest_apis[0].gateway_responses.clear();
  topology.rest_apis[0].resources.pop_back();
  start();
  EXPECT_EQ(call("/DemoStage/out").status, 403);
  ASSERT_TRUE(wait_until([&] { return responses.contains(number); }));
  EXPECT_EQ(responses[number].status, 599);
}

TEST_F(CallRunnerTest, RespondsToNoCallAfterItsEnd) {
  Backend backend(loop, [](std::string_view) { return ""; });
  add_url("/out", backend.uri("/"));
  start();
  begin(request("/DemoStage/out"));
  ASSERT_TRUE(wait_until([&] { return backend.requests() == 1; }));
  runner.reset();
  EXPECT_TRUE(wait_until([&] { return backend.open() == 0; }));
  EXPECT_TRUE(responses.empty());
}

}  // namespace
}  // namespace inlet53::gateway
