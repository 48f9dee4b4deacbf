// SPDX-License-Identifier: Apache-2.0
#include "valid_topology.h"
#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

/// Returns the valid topology with a function and an API that uses every kind of object.
Topology valid_api() {
  Topology t = valid_topology();
  Function function;
  function.name = "hello";
  function.region = "eu-west-1";
  function.account_id = "123456789012";
  function.id = function_arn(function.region, function.account_id, function.name);
  function.runtime = "python3.11";
  function.handler = "app.handler";
  function.environment = {{"GREETING", "hi"}};
  t.functions = {function};

  Method lambda{"GET", {}};
  lambda.integration.type = IntegrationType::AwsProxy;
  lambda.integration.function = function.id;
  Method proxy{"ANY", {}};
  proxy.integration.type = IntegrationType::HttpProxy;
  proxy.integration.uri = "http://${stageVariables.host}:8080/shop/{proxy}";
  Method mock{"GET", {}};
  mock.integration.responses = {{200, {{"Content-Type", "text/plain"}}, "ok"}};
  RestApi& api = t.rest_apis[0];
  api.resources = {{"aaaaaa", "/", {}},
                   {"bbbbbb", "/hello", {lambda}},
                   {"cccccc", "/shop/{proxy+}", {proxy}},
                   {"dddddd", "/health", {mock}}};
  api.stages = {{"DemoStage",
                 "k3j9zx",
                 {{"host", "10.0.1.5"}},
                 {{"*", "*", 100.0, 50}, {"/hello", "GET", 1.5, 1}},
                 {"/log", "$context.requestId"},
                 "/execution"}};
  api.gateway_responses = {{"ACCESS_DENIED", 404, {{"X-A", "b"}}, "{}"}};
  api.binary_media_types = {"image/png", "*/*"};
  return t;
}

struct Case {
  std::function<void(Topology&)> breakage;
  Problems problems;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.problems.empty() ? "no problem" : each.problems.front());
    EXPECT_EQ(problems_of(valid_api(), each.breakage), each.problems);
  }
}

RestApi& api(Topology& t) { return t.rest_apis[0]; }
Stage& stage(Topology& t) { return t.rest_apis[0].stages[0]; }
Integration& integration(Topology& t, size_t resource) {
  return t.rest_apis[0].resources[resource].methods[0].integration;
}

TEST(RestApiRules, FindNothingInAValidApi) {
  expect({{[](Topology&) {}, {}},
          {[](Topology& t) {
             api(t).resources.clear();
             api(t).stages.clear();
           },
           {}}});
}

TEST(RestApiRules, HoldAnApiToWhatItIs) {
  expect({
      {[](Topology& t) { api(t).endpoint_type = ApiEndpointType::Regional; },
       {"rest_api.hello.vpc_endpoints: only a PRIVATE API is associated with VPC endpoints"}},
      {[](Topology& t) {
         api(t).binary_media_types = {"png", "image/png", "Image/PNG", "a/b/c", "a/ b"};
       },
       {"rest_api.hello.binary_media_types[0]: \"png\" is no media type; one looks like "
        "\"image/png\", and \"*/*\" is all of them",
        "rest_api.hello.binary_media_types[2]: this media type is in the list already",
        "rest_api.hello.binary_media_types[3]: \"a/b/c\" is no media type; one looks like "
        "\"image/png\", and \"*/*\" is all of them",
        "rest_api.hello.binary_media_types[4]: \"a/ b\" is no media type; one looks like "
        "\"image/png\", and \"*/*\" is all of them"}},
  });
}

TEST(RestApiRules, HoldGatewayResponsesToTheirTypes) {
  expect({
      {[](Topology& t) {
         api(t).gateway_responses = {{"acces_denied", {}, {}, {}}, {"TEAPOT", {}, {}, {}},
                                     {"THROTTLED", {}, {}, {}},    {"THROTTLED", {}, {}, {}},
                                     {"DEFAULT_4XX", 199, {}, {}}, {"DEFAULT_5XX", 600, {}, {}}};
       },
       {"rest_api.hello.gateway_response.acces_denied: \"acces_denied\" is no type of a gateway "
        "response; did you mean \"ACCESS_DENIED\"?",
        "rest_api.hello.gateway_response.TEAPOT: \"TEAPOT\" is no type of a gateway response; one "
        "looks like \"ACCESS_DENIED\" or \"DEFAULT_4XX\"",
        "rest_api.hello.gateway_response.THROTTLED: the API has this gateway response already",
        "rest_api.hello.gateway_response.DEFAULT_4XX.status_code: 199 is no status of a response; "
        "one is from 200 to 599",
        "rest_api.hello.gateway_response.DEFAULT_5XX.status_code: 600 is no status of a response; "
        "one is from 200 to 599"}},
      {[](Topology& t) {
         api(t).gateway_responses[0].headers = {
             {"X A", "b"}, {"X-B", "a\nb"}, {"x-b", "c"}, {"Content-Length", "1"}, {"", ""}};
       },
       {"rest_api.hello.gateway_response.ACCESS_DENIED.headers.\"X A\": \"X A\" is no name of a "
        "header",
        "rest_api.hello.gateway_response.ACCESS_DENIED.headers.X-B: a header's value has no "
        "control characters",
        "rest_api.hello.gateway_response.ACCESS_DENIED.headers.x-b: the header is there already; "
        "letter case does not count",
        "rest_api.hello.gateway_response.ACCESS_DENIED.headers.Content-Length: Content-Length is "
        "made by the gateway",
        "rest_api.hello.gateway_response.ACCESS_DENIED.headers.\"\": \"\" is no name of a "
        "header"}},
  });
}

TEST(RestApiRules, HoldResourcesToTheirPaths) {
  expect({
      {[](Topology& t) { api(t).resources[1].path = "hello"; },
       {"rest_api.hello.resource.hello: \"hello\": a path begins with a slash",
        "rest_api.hello.stage.DemoStage.method_settings.\"GET /hello\": the API has no resource "
        "\"/hello\"; did you mean \"hello\"?"}},
      {[](Topology& t) {
         api(t).resources = {{"aaaaaa", "/a/{x}", {}},   {"bbbbbb", "/a/{x}/b", {}},
                             {"cccccc", "/a/{y}/c", {}}, {"dddddd", "/a/{z+}", {}},
                             {"aaaaaa", "/e", {}},       {"EEEEEE", "/f", {}},
                             {"ffffff", "/e", {}}};
         stage(t).method_settings.clear();
       },
       {"rest_api.hello.resource.\"/a/{y}/c\": another resource has {x} at the same place; there "
        "may be one variable below one parent",
        "rest_api.hello.resource.\"/a/{z+}\": another resource has {x} at the same place; there "
        "may be one variable below one parent",
        "rest_api.hello.resource.\"/e\".id: \"aaaaaa\" is the id of resource \"/a/{x}\" already",
        "rest_api.hello.resource.\"/f\".id: \"EEEEEE\" is no id of this kind; it is 6 (or 10) of "
        "a-z0-9",
        "rest_api.hello.resource.\"/e\": the API has this resource already"}},
      {[](Topology& t) {
         api(t).resources[1].methods.push_back(api(t).resources[1].methods[0]);
         api(t).resources[3].methods[0].http_method = "get";
         api(t).resources[2].methods[0].http_method = "TRACE";
       },
       {"rest_api.hello.resource.\"/hello\".GET: the resource has this method already",
        "rest_api.hello.resource.\"/shop/{proxy+}\".TRACE: \"TRACE\" is no method of a resource; "
        "there are ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT",
        "rest_api.hello.resource.\"/health\".get: \"get\" is no method of a resource; did you mean "
        "\"GET\"?"}},
      {[](Topology& t) {
         for (int i = 0; i < 150; ++i) {
           const std::string number = std::to_string(100 + i);
           api(t).resources.push_back({"yyy" + number, "/deep" + number + "/x", {}});
         }
       },
       {"rest_api.hello.resource: the API has 305 resources, those between the root and the "
        "declared ones counted; AWS takes 300"}},
  });
}

TEST(RestApiRules, HoldIntegrationsToWhatTheyNeed) {
  expect({
      {[](Topology& t) {
         integration(t, 1).function = "helo";
         integration(t, 2).timeout_ms = 49;
       },
       {"rest_api.hello.resource.\"/hello\".GET.integration.function: no function has the name or "
        "id \"helo\"; did you mean \"hello\"?",
        "rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.timeout: 49 ms is out of "
        "range: from 50 ms to 29 s"}},
      {[](Topology& t) { t.functions[0].region = "us-east-1"; },
       {"rest_api.hello.resource.\"/hello\".GET.integration.function: function \"hello\" is in "
        "us-east-1, but the REST API in eu-west-1"}},
      {[](Topology& t) { t.functions[0].account_id = "999999999999"; },
       {"rest_api.hello.resource.\"/hello\".GET.integration.function: function \"hello\" is of "
        "account 999999999999, but the REST API of 123456789012"}},
      {[](Topology& t) { integration(t, 2).uri = "ftp://h/"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: \"ftp://h/\" is no URL; "
        "one looks like \"http://10.0.1.5:8080/{proxy}\""}},
      {[](Topology& t) { integration(t, 2).uri = "https:///x"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: \"https:///x\" is no URL; "
        "one looks like \"http://10.0.1.5:8080/{proxy}\""}},
      {[](Topology& t) { integration(t, 2).uri = "http://h{proxy}/x/{proxy}"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: {proxy} stands in the "
        "host or port, so that a client would choose the server; write a \"/\" before it"}},
      {[](Topology& t) { integration(t, 2).uri = "http://10.0.1.5:80{proxy}"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: {proxy} stands in the "
        "host or port, so that a client would choose the server; write a \"/\" before it"}},
      {[](Topology& t) { integration(t, 2).uri = "http://h/a b"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: a URL has no spaces, no "
        "fragment and none of \" < > \\ ^ ` |"}},
      {[](Topology& t) { integration(t, 2).uri = "http://h/{id}/${context.stage}/{proxy"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: {id} is no variable of "
        "the resource's path",
        "rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: ${context.stage} is no "
        "stage variable; one is ${stageVariables.name}",
        "rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.uri: "
        "\"http://h/{id}/${context.stage}/{proxy\" has a brace without its pair"}},
      {[](Topology& t) { integration(t, 2).http_method = "post"; },
       {"rest_api.hello.resource.\"/shop/{proxy+}\".ANY.integration.http_method: \"post\" is no "
        "method; there are DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT, and ANY, which is the "
        "call's own"}},
      {[](Topology& t) { integration(t, 3).request_template = "{\"statusCode\": 404}"; },
       {"rest_api.hello.resource.\"/health\".GET.integration.responses: request_template chooses "
        "404, but no response has that status_code"}},
      {[](Topology& t) { integration(t, 3).request_template = "statusCode: 200"; },
       {"rest_api.hello.resource.\"/health\".GET.integration.request_template: this is no JSON "
        "object, as in {\"statusCode\": 200}"}},
      {[](Topology& t) {
         integration(t, 3).responses = {
             {200, {}, ""}, {200, {}, ""}, {100, {{"Upgrade", "x"}}, ""}};
       },
       {"rest_api.hello.resource.\"/health\".GET.integration.responses[1].status_code: there is a "
        "response with 200 already",
        "rest_api.hello.resource.\"/health\".GET.integration.responses[2].status_code: 100 is no "
        "status of a response; one is from 200 to 599",
        "rest_api.hello.resource.\"/health\".GET.integration.responses[2].headers.Upgrade: Upgrade "
        "is made by the gateway"}},
  });
}

TEST(RestApiRules, HoldStagesToTheirLimits) {
  expect({
      {[](Topology& t) {
         api(t).stages.resize(11, stage(t));
         for (size_t i = 0; i < 11; ++i) api(t).stages[i].name = "s" + std::to_string(i);
         api(t).stages[3].name = "s2";
         api(t).stages[4].name = "a.b";
         api(t).stages[5].deployment_id = "abc";
       },
       {"rest_api.hello.stage: an API has 10 stages at most",
        "rest_api.hello.stage.s2: the API has this stage already",
        "rest_api.hello.stage.\"a.b\": \"a.b\" is no name of a stage; one is 1 to 128 letters, "
        "digits, - and _",
        "rest_api.hello.stage.s5.deployment_id: \"abc\" is no id of this kind; it is 6 of a-z0-9"}},
      {[](Topology& t) {
         stage(t).variables = {{"a-b", "x"},
                               {"a", "x"},
                               {"a", "y"},
                               {std::string(65, 'n'), "x"},
                               {"long", std::string(513, 'v')},
                               {"fits", std::string(512, 'v')}};
       },
       {"rest_api.hello.stage.DemoStage.variables.a-b: \"a-b\" is no name of a stage variable; one "
        "is 1 to 64 letters, digits and _",
        "rest_api.hello.stage.DemoStage.variables.a: the stage has this variable already",
        "rest_api.hello.stage.DemoStage.variables." + std::string(65, 'n') + ": \"" +
            std::string(65, 'n') +
            "\" is no name of a stage variable; one is 1 to 64 letters, digits and _",
        "rest_api.hello.stage.DemoStage.variables.long: the value has more than 512 bytes or "
        "control characters"}},
      {[](Topology& t) {
         for (int i = 0; i < 100; ++i) stage(t).variables.push_back({"v" + std::to_string(i), ""});
       },
       {"rest_api.hello.stage.DemoStage.variables: a stage has 100 variables at most"}},
      {[](Topology& t) {
         stage(t).access_log.format = "$context.requestIdx $context.requestTime";
         stage(t).execution_log = "/log";
       },
       {"rest_api.hello.stage.DemoStage.access_log.format: a format has $context.requestId or "
        "$context.extendedRequestId, as AWS asks",
        "rest_api.hello.stage.DemoStage.execution_log: this file is the access log already"}},
      {[](Topology& t) { stage(t).access_log.format = "$context.requestId\n"; },
       {"rest_api.hello.stage.DemoStage.access_log.format: a format is one line without control "
        "characters"}},
      {[](Topology& t) { stage(t).access_log.format = "$context.extendedRequestId."; }, {}},
      {[](Topology& t) {
         stage(t).method_settings = {{"*", "*", -0.5, 1'000'001},
                                     {"/hello", "POST", 1.0, {}},
                                     {"/helo", "GET", 1.0, {}},
                                     {"/shop/{proxy+}", "PUT", 1.0, {}},
                                     {"/shop/{proxy+}", "TRACE", 1.0, {}},
                                     {"/shop/{proxy+}", "PUT", 1.0, {}}};
       },
       {"rest_api.hello.stage.DemoStage.throttling_rate_limit: out of range: from 0 to 1000000 "
        "requests a second",
        "rest_api.hello.stage.DemoStage.throttling_burst_limit: 1000001 is out of range: from 0 to "
        "1000000",
        "rest_api.hello.stage.DemoStage.method_settings.\"POST /hello\": resource \"/hello\" has "
        "no method \"POST\"",
        "rest_api.hello.stage.DemoStage.method_settings.\"GET /helo\": the API has no resource "
        "\"/helo\"; did you mean \"/hello\"?",
        "rest_api.hello.stage.DemoStage.method_settings.\"TRACE /shop/{proxy+}\": resource "
        "\"/shop/{proxy+}\" has no method \"TRACE\"",
        "rest_api.hello.stage.DemoStage.method_settings.\"PUT /shop/{proxy+}\": the stage has "
        "settings for this method already"}},
  });
}

TEST(FunctionRules, HoldFunctionsToLambdasLimits) {
  const std::string runtimes =
      "\" is no runtime that runs here; there are python3.x as \"python3.11\", nodejs as "
      "\"nodejs20.x\", and \"provided.al2023\" for a bootstrap of your own";
  const auto function = [](Topology& t) -> Function& { return t.functions[0]; };
  expect({
      {[&](Topology& t) {
         function(t).timeout_seconds = 901;
         function(t).memory_size = 127;
         function(t).reserved_concurrency = 10001;
       },
       {"function.hello.timeout: 901 s is out of range: from 1 s to 15 min",
        "function.hello.memory_size: 127 is out of range: from 128 to 10240 MiB",
        "function.hello.reserved_concurrency: 10001 is out of range: from 0 to 10000"}},
      {[&](Topology& t) { function(t).timeout_seconds = 0; },
       {"function.hello.timeout: 0 s is out of range: from 1 s to 15 min"}},
      {[&](Topology& t) { function(t).reserved_concurrency = 0; }, {}},
      {[&](Topology& t) { function(t).runtime = "java21"; },
       {"function.hello.runtime: \"java21" + runtimes}},
      {[&](Topology& t) { function(t).runtime = "python3."; },
       {"function.hello.runtime: \"python3." + runtimes}},
      {[&](Topology& t) { function(t).runtime = "nodejs.x"; },
       {"function.hello.runtime: \"nodejs.x" + runtimes}},
      {[&](Topology& t) { function(t).runtime = "nodejs22.x"; }, {}},
      {[&](Topology& t) {
         function(t).runtime = "provided.al2023";
         function(t).handler = "";
       },
       {}},
      {[&](Topology& t) { function(t).handler = "app"; },
       {"function.hello.handler: \"app\" names no function in a file, as \"app.handler\" does"}},
      {[&](Topology& t) {
         function(t).environment = {
             {"1A", ""}, {"_HANDLER", ""},     {"AWS_REGION", ""},           {"OK", ""},
             {"OK", ""}, {"AWS_LAMBDA_X", ""}, {"NUL", std::string(1, '\0')}};
       },
       {"function.hello.environment.1A: \"1A\" is no name of an environment variable; one is a "
        "letter, then letters, digits and _",
        "function.hello.environment._HANDLER: \"_HANDLER\" is no name of an environment variable; "
        "one is a letter, then letters, digits and _",
        "function.hello.environment.AWS_REGION: AWS_REGION is set by Lambda itself",
        "function.hello.environment.OK: the function has this variable already",
        "function.hello.environment.AWS_LAMBDA_X: AWS_LAMBDA_X is set by Lambda itself",
        "function.hello.environment.NUL: the value has a NUL character"}},
      {[&](Topology& t) {
         function(t).environment = {{"A", std::string(4096, 'a')}};
       },
       {"function.hello.environment: the environment has 4097 bytes; Lambda takes 4096"}},
      {[&](Topology& t) { t.functions.push_back(function(t)); },
       {"function.hello: another object of this kind has the same name"}},
  });
}

}  // namespace
}  // namespace inlet53::topology
