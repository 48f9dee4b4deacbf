// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "inlet53/config/config.h"

/// Tests of the keys for HTTPS: REST APIs, functions, policies, [gateway] and [lambda].
namespace inlet53::config {
namespace {

using Errors = std::vector<std::string>;

constexpr std::string_view kOwner = "region = 'eu-west-1'\naccount_id = '123456789012'\n";

/// Temporary directory for each test, with a function's code and policies.
class GatewayConfig : public ::testing::Test {
 protected:
  GatewayConfig() {
    std::string name = (std::filesystem::temp_directory_path() / "inlet53-config-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(folder_ / "code");
  }
  ~GatewayConfig() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder_ / name).string();
  }

  [[nodiscard]] Config read(const std::string& toml) const {
    auto config = parse_config(std::string(kOwner) + toml, file("x.toml"));
    if (!config) {
      for (const ConfigError& error : config.error()) ADD_FAILURE() << error.to_text();
      return {};
    }
    return *std::move(config);
  }

  /// Returns the errors, without the file's name. Lines count from 3, after the owner.
  [[nodiscard]] Errors errors_of(const std::string& toml) const {
    Errors errors;
    const auto config = parse_config(std::string(kOwner) + toml, file("x.toml"));
    if (config) return errors;
    for (const ConfigError& error : config.error()) {
      errors.push_back(error.to_text().substr(file("x.toml").size() + 1));
    }
    return errors;
  }

  std::filesystem::path folder_;
};

constexpr const char* kWhole = R"([function.hello]
runtime = 'python3.11'
handler = 'app.handler'
code = 'code'
timeout = '5 s'
memory_size = 256
reserved_concurrency = 0
environment = { B = '1', A = '2' }
[rest_api.hello]
id = 'dligg9dxuk'
policy_file = 'policy.json'
binary_media_types = ['*/*']
[rest_api.hello.stage.DemoStage]
variables = { z = '1', a = '2' }
access_log = { file = 'access.log' }
execution_log = '../execution.log'
throttling_rate_limit = 10
[rest_api.hello.stage.DemoStage.method_settings.'GET /hello']
throttling_rate_limit = 0.5
throttling_burst_limit = 3
[rest_api.hello.stage.other]
access_log = { file = 'access.log', format = 'CLF' }
[rest_api.hello.resource.'/hello'.GET]
integration = { type = 'aws_proxy', function = 'hello', timeout = '500 ms' }
[rest_api.hello.resource.'/hello'.POST]
authorization_type = 'none'
api_key_required = false
integration = { type = 'HTTP_PROXY', uri = 'http://127.0.0.1:8080/', connection_type = 'INTERNET' }
[rest_api.hello.resource.'/'.ANY.integration]
type = 'MOCK'
request_template = '{statusCode: 204}'
responses = [{ status_code = 204, headers = { X-A = 'b' }, template = '$context.stage' }]
[rest_api.hello.gateway_response.THROTTLED]
status_code = 503
headers = { Retry-After = '1' }
template = 'slow down'
)";

TEST_F(GatewayConfig, ReadsAWholeApi) {
  write("policy.json", "{ }");
  const topology::Topology t = read(kWhole).topology;
  const topology::Function& function = t.functions.at(0);
  EXPECT_EQ(function.id, "arn:aws:lambda:eu-west-1:123456789012:function:hello");
  EXPECT_EQ(function.code, file("code"));
  EXPECT_EQ(function.timeout_seconds, 5U);
  EXPECT_EQ(function.reserved_concurrency, 0U);
  EXPECT_EQ(function.environment.at(0).name, "B") << "in the order of the file";

  const topology::RestApi& api = t.rest_apis.at(0);
  EXPECT_EQ(api.policy, "{ }");
  EXPECT_EQ(api.policy_file, file("policy.json"));
  const topology::Stage& stage = api.stages.at(0);
  EXPECT_EQ(stage.variables.at(0).name, "z");
  EXPECT_EQ(stage.deployment_id, "1wgq5r") << "the same in every run";
  EXPECT_EQ(stage.access_log.file, file("access.log"));
  EXPECT_TRUE(stage.access_log.format.starts_with("{ \"requestId\":\"$context.requestId\", "));
  EXPECT_EQ(stage.execution_log, (folder_.parent_path() / "execution.log").string());
  ASSERT_EQ(stage.method_settings.size(), 2U);
  EXPECT_EQ(stage.method_settings[0].resource_path, "*");
  EXPECT_EQ(stage.method_settings[0].throttling_rate_limit, 10.0);
  EXPECT_EQ(stage.method_settings[0].throttling_burst_limit, std::nullopt);
  EXPECT_EQ(stage.method_settings[1].http_method, "GET");
  EXPECT_EQ(stage.method_settings[1].resource_path, "/hello");
  EXPECT_EQ(stage.method_settings[1].throttling_rate_limit, 0.5);
  EXPECT_TRUE(api.stages.at(1).access_log.format.starts_with("$context.identity.sourceIp "));

  const topology::Resource& hello = api.resources.at(0);
  EXPECT_EQ(hello.id.size(), 6U);
  EXPECT_EQ(hello.methods.at(0).integration.function, function.id);
  EXPECT_EQ(hello.methods.at(0).integration.timeout_ms, 500U);
  EXPECT_EQ(hello.methods.at(1).http_method, "POST");
  EXPECT_EQ(hello.methods.at(1).integration.type, topology::IntegrationType::HttpProxy);
  const topology::Integration& mock = api.resources.at(1).methods.at(0).integration;
  EXPECT_EQ(mock.responses.at(0).headers.at(0).name, "X-A");
  EXPECT_EQ(mock.responses.at(0).template_text, "$context.stage");
  EXPECT_EQ(api.gateway_responses.at(0).status_code, 503);
}

TEST_F(GatewayConfig, OffersTheConsolesLogFormats) {
  const auto format = [this](const std::string& word) {
    return read("[rest_api.a.stage.s]\naccess_log = { file = 'l', format = '" + word + "' }\n")
        .topology.rest_apis.at(0)
        .stages.at(0)
        .access_log.format;
  };
  EXPECT_EQ(format("clf"),
            "$context.identity.sourceIp $context.identity.caller $context.identity.user "
            "[$context.requestTime] \"$context.httpMethod $context.resourcePath "
            "$context.protocol\" $context.status $context.responseLength $context.requestId "
            "$context.extendedRequestId");
  EXPECT_EQ(format("csv"),
            "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,"
            "$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,"
            "$context.status,$context.responseLength,$context.requestId,"
            "$context.extendedRequestId");
  EXPECT_TRUE(format("XML").starts_with("<request id=\"$context.requestId\"> <extendedRequestId>"));
  EXPECT_TRUE(format("XML").ends_with("</responseLength> </request>"));
  EXPECT_EQ(format("$context.requestId x"), "$context.requestId x");
}

TEST_F(GatewayConfig, ReadsPoliciesFromFilesAndTexts) {
  write("big.json", std::string((64U << 10) + 1, ' '));
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_EQ(read("[rest_api.a]\npolicy = '{}'\n").topology.rest_apis.at(0).policy, "{}");
  EXPECT_EQ(errors_of("[rest_api.a]\npolicy = '{}'\npolicy_file = 'p'\n"),
            (Errors{"5:15: rest_api.a.policy_file: there is either policy or policy_file"}));
  EXPECT_EQ(errors_of("[rest_api.a]\npolicy_file = 'missing.json'\n"),
            (Errors{"4:15: rest_api.a.policy_file: " + file("missing.json") +
                    " can't be opened: No such file or directory"}));
  EXPECT_EQ(errors_of("[rest_api.a]\npolicy_file = 'folder'\n"),
            (Errors{"4:15: rest_api.a.policy_file: " + file("folder") +
                    " can't be read: Is a directory"}));
  EXPECT_EQ(errors_of("[rest_api.a]\npolicy_file = '/dev/zero'\n"),
            (Errors{"4:15: rest_api.a.policy_file: /dev/zero can't be read: it is no regular "
                    "file"}));
  EXPECT_EQ(
      errors_of("[rest_api.a]\npolicy_file = 'big.json'\n"),
      (Errors{"4:15: rest_api.a.policy_file: " + file("big.json") + " has more than 65536 bytes"}));
  EXPECT_EQ(errors_of("[rest_api.a]\npolicy = '" + std::string(65537, 'x') + "'\n"),
            (Errors{"4:10: rest_api.a.policy: the policy has more than 65536 bytes"}));
}

TEST_F(GatewayConfig, SaysWhatIsNotSupportedYet) {
  EXPECT_EQ(errors_of(R"([rest_api.a]
body = 'api.yaml'
openapi = 'api.yaml'
[rest_api.a.authorizer.mine]
[rest_api.a.request_validator.all]
[rest_api.a.model.pet]
[rest_api.a.stage.s]
canary_settings = {}
cache_cluster_enabled = true
[rest_api.a.resource.'/x'.GET]
authorization_type = 'AWS_IAM'
api_key_required = true
authorizer = 'mine'
request_validator = 'all'
integration = { type = 'HTTP_PROXY', uri = 'http://h', connection_type = 'VPC_LINK', connection_id = 'x' }
[rest_api.a.resource.'/x'.PUT]
integration = { type = 'AWS', function = 'f' }
[rest_api.a.resource.'/x'.POST]
integration = { type = 'http', uri = 'http://h' }
[usage_plan.gold]
[api_key.k]
)"),
            (Errors{
                "4:1: rest_api.a.body: not supported yet: OpenAPI",
                "5:1: rest_api.a.openapi: not supported yet: OpenAPI",
                "6:13: rest_api.a.authorizer: not supported yet: authorizers",
                "7:13: rest_api.a.request_validator: not supported yet: request validation",
                "8:13: rest_api.a.model: not supported yet: request validation",
                "10:1: rest_api.a.stage.s.canary_settings: not supported yet: canary releases",
                "11:1: rest_api.a.stage.s.cache_cluster_enabled: not supported yet: caching",
                "13:22: rest_api.a.resource.\"/x\".GET.authorization_type: \"AWS_IAM\" is not "
                "supported yet; use \"NONE\"",
                "14:20: rest_api.a.resource.\"/x\".GET.api_key_required: not supported yet: API "
                "keys",
                "15:1: rest_api.a.resource.\"/x\".GET.authorizer: not supported yet: authorizers",
                "16:1: rest_api.a.resource.\"/x\".GET.request_validator: not supported yet: "
                "request validation",
                "17:74: rest_api.a.resource.\"/x\".GET.integration.connection_type: \"VPC_LINK\" "
                "is not supported yet; use \"INTERNET\"",
                "17:86: rest_api.a.resource.\"/x\".GET.integration.connection_id: not supported "
                "yet: VPC links",
                "19:24: rest_api.a.resource.\"/x\".PUT.integration.type: \"AWS\" is not supported "
                "yet; use \"AWS_PROXY\"",
                "21:24: rest_api.a.resource.\"/x\".POST.integration.type: \"http\" is not "
                "supported yet; use \"HTTP_PROXY\"",
                "22:2: usage_plan: not supported yet: API keys",
                "23:2: api_key: not supported yet: API keys",
            }));
}

TEST_F(GatewayConfig, NamesUnknownAndMissingKeys) {
  EXPECT_EQ(errors_of(R"([rest_api.a]
endpoint_typ = 'PRIVATE'
[rest_api.a.stage.s]
access_log = { fil = 'x' }
[rest_api.a.resource.'/x']
idd = 'x'
[rest_api.a.resource.'/x'.GET]
[rest_api.a.resource.'/x'.PUT]
integration = { typ = 'MOCK', uri = 'x' }
[rest_api.a.resource.'/x'.POST]
integration = { type = 'MOCKK' }
[rest_api.a.gateway_response.THROTTLED]
status_cod = 1
[function.f]
run_time = 'python3.11'
[gateway]
certificat = 'x'
)"),
            (Errors{
                "4:1: rest_api.a.endpoint_typ: unknown key; did you mean \"endpoint_type\"?",
                "6:14: rest_api.a.stage.s.access_log.file: this key is missing",
                "6:16: rest_api.a.stage.s.access_log.fil: unknown key; did you mean \"file\"?",
                "8:1: rest_api.a.resource.\"/x\".idd: unknown key; did you mean \"id\"?",
                "9:1: rest_api.a.resource.\"/x\".GET.integration: this key is missing",
                "11:15: rest_api.a.resource.\"/x\".PUT.integration.type: this key is missing",
                "11:17: rest_api.a.resource.\"/x\".PUT.integration.typ: unknown key; did you mean "
                "\"type\"?",
                "13:24: rest_api.a.resource.\"/x\".POST.integration.type: \"MOCKK\" is none of "
                "\"AWS_PROXY\", \"HTTP_PROXY\", \"MOCK\"; did you mean \"MOCK\"?",
                "15:1: rest_api.a.gateway_response.THROTTLED.status_cod: unknown key; did you mean "
                "\"status_code\"?",
                "16:1: function.f.runtime: this key is missing",
                "16:1: function.f.code: this key is missing",
                "17:1: function.f.run_time: unknown key; did you mean \"runtime\"?",
                "19:1: gateway.certificat: unknown key; did you mean \"certificate\"?",
            }));
}

TEST_F(GatewayConfig, KeepsKeysToTheIntegrationsTheyBelongTo) {
  EXPECT_EQ(errors_of(R"([rest_api.a.resource.'/x'.GET]
integration = { type = 'MOCK', uri = 'http://h', function = 'f', timeout = '1 s' }
[rest_api.a.resource.'/x'.PUT]
integration = { type = 'AWS_PROXY', http_method = 'GET', responses = [{ status_code = 200 }] }
[rest_api.a.resource.'/x'.POST]
integration = { type = 'HTTP_PROXY', request_template = '{}' }
)"),
            (Errors{
                "4:38: rest_api.a.resource.\"/x\".GET.integration.uri: a MOCK integration has no "
                "uri",
                "4:61: rest_api.a.resource.\"/x\".GET.integration.function: a MOCK integration "
                "has no function",
                "4:76: rest_api.a.resource.\"/x\".GET.integration.timeout: a MOCK integration has "
                "no timeout",
                "6:15: rest_api.a.resource.\"/x\".PUT.integration.function: this key is missing",
                "6:51: rest_api.a.resource.\"/x\".PUT.integration.http_method: an AWS_PROXY "
                "integration has no http_method",
                "6:70: rest_api.a.resource.\"/x\".PUT.integration.responses: an AWS_PROXY "
                "integration has no responses",
                "8:15: rest_api.a.resource.\"/x\".POST.integration.uri: this key is missing",
                "8:57: rest_api.a.resource.\"/x\".POST.integration.request_template: an "
                "HTTP_PROXY integration has no request_template",
            }));
}

TEST_F(GatewayConfig, SaysWhichTypeWasWanted) {
  EXPECT_EQ(errors_of(R"([rest_api.a]
stage = 's'
[rest_api.a.resource.'/x']
GET = 'MOCK'
[rest_api.b.stage.s]
variables = { a = 1, b = 'x' }
throttling_rate_limit = 'fast'
throttling_burst_limit = 1.5
access_log = { file = 'l', format = 'jsn' }
[rest_api.b.stage.s.method_settings.'GET']
[rest_api.b.stage.s.method_settings.'/hello/GET']
[rest_api.b.resource.'/x'.GET]
integration = 'MOCK'
)"),
            (Errors{
                "4:9: rest_api.a.stage: expected a table, [rest_api.a.stage], found a text",
                "6:1: rest_api.a.resource.\"/x\".GET: unknown key",
                "8:19: rest_api.b.stage.s.variables.a: expected a text in quotes, found a whole "
                "number: write \"1\"",
                "9:25: rest_api.b.stage.s.throttling_rate_limit: expected a number, found a text",
                "10:26: rest_api.b.stage.s.throttling_burst_limit: expected a whole number, found "
                "a number with a fraction",
                "11:37: rest_api.b.stage.s.access_log.format: \"jsn\" is none of \"clf\", "
                "\"json\", \"xml\", \"csv\"; did you mean \"json\"?; a format of one's own has "
                "$context.requestId",
                "12:1: rest_api.b.stage.s.method_settings.GET: this is no method and path, as in "
                "\"GET /hello\"",
                "13:1: rest_api.b.stage.s.method_settings.\"/hello/GET\": this is no method and "
                "path, as in \"GET /hello\"",
                "15:15: rest_api.b.resource.\"/x\".GET.integration: expected a table, "
                "[rest_api.b.resource.\"/x\".GET.integration], found a text",
            }));
}

TEST_F(GatewayConfig, PlacesWhatValidationFinds) {
  EXPECT_EQ(errors_of(R"([function.hello]
runtime = 'ruby3.3'
handler = 'app.handler'
code = 'code'
timeout = '16 min'
[rest_api.a.stage.s]
throttling_burst_limit = 2000000
variables = { 'a-b' = 'x' }
access_log = { file = 'l', format = '$context.status' }
[rest_api.a.stage.s.method_settings.'GET /hello']
[rest_api.a.resource.'/hello'.get]
integration = { type = 'AWS_PROXY', function = 'helo' }
[rest_api.a.resource.'/{x}'.GET]
integration = { type = 'MOCK', responses = [{ status_code = 20 }] }
[rest_api.a.resource.'/{y+}'.GET]
integration = { type = 'HTTP_PROXY', uri = 'http://h/{x}', timeout = 30 }
[rest_api.a.gateway_response.ACCES_DENIED]
headers = { 'X-A' = "a\nb" }
)"),
            (Errors{
                "4:11: function.hello.runtime: \"ruby3.3\" is no runtime that runs here; there are "
                "python3.x as \"python3.11\", nodejs as \"nodejs20.x\", and \"provided.al2023\" "
                "for a bootstrap of your own",
                "7:11: function.hello.timeout: 960 s is out of range: from 1 s to 15 min",
                "9:26: rest_api.a.stage.s.throttling_burst_limit: 2000000 is out of range: from 0 "
                "to 1000000",
                "10:23: rest_api.a.stage.s.variables.a-b: \"a-b\" is no name of a stage variable; "
                "one is 1 to 64 letters, digits and _",
                "11:37: rest_api.a.stage.s.access_log.format: a format has $context.requestId or "
                "$context.extendedRequestId, as AWS asks",
                "12:1: rest_api.a.stage.s.method_settings.\"GET /hello\": resource \"/hello\" has "
                "no method \"GET\"",
                "13:1: rest_api.a.resource.\"/hello\".get: \"get\" is no method of a resource; did "
                "you mean \"GET\"?",
                "14:48: rest_api.a.resource.\"/hello\".get.integration.function: no function has "
                "the name or id \"helo\"; did you mean \"hello\"?",
                "16:44: rest_api.a.resource.\"/{x}\".GET.integration.responses: request_template "
                "chooses 200, but no response has that status_code",
                "16:61: rest_api.a.resource.\"/{x}\".GET.integration.responses[0].status_code: 20 "
                "is no status of a response; one is from 200 to 599",
                "17:1: rest_api.a.resource.\"/{y+}\": another resource has {x} at the same place; "
                "there may be one variable below one parent",
                "18:44: rest_api.a.resource.\"/{y+}\".GET.integration.uri: {x} is no variable of "
                "the resource's path",
                "18:70: rest_api.a.resource.\"/{y+}\".GET.integration.timeout: 30000 ms is out of "
                "range: from 50 ms to 29 s",
                "19:1: rest_api.a.gateway_response.ACCES_DENIED: \"ACCES_DENIED\" is no type of a "
                "gateway response; did you mean \"ACCESS_DENIED\"?",
                "20:21: rest_api.a.gateway_response.ACCES_DENIED.headers.X-A: a header's value has "
                "no control characters",
            }));
}

TEST_F(GatewayConfig, WantsAFunctionsFolderToBeThere) {
  write("file", "");
  EXPECT_EQ(errors_of("[function.f]\nruntime = 'provided'\ncode = 'none'\n"),
            (Errors{"5:8: function.f.code: " + file("none") + " is no directory"}));
  EXPECT_EQ(errors_of("[function.f]\nruntime = 'provided'\ncode = 'file'\n"),
            (Errors{"5:8: function.f.code: " + file("file") + " is no directory"}));
}

TEST_F(GatewayConfig, ReadsTheSettings) {
  const settings::Settings s = read(R"([gateway]
certificate = 'gateway.pem'
key = '/etc/gateway.key'
head_timeout = '2 s'
throttling_rate_limit = 0.5
log_buffer = '2 MiB'
http2 = false
former_refusal_wording = true
[lambda]
log_folder = 'logs'
python = 'python3.11'
node = './bin/node'
max_environments = 2
idle_timeout = '1 min'
isolation = 'required'
first_user_id = 90000
)")
                                   .settings;
  EXPECT_EQ(s.https.gateway.certificate_file, file("gateway.pem"));
  EXPECT_EQ(s.https.gateway.key_file, "/etc/gateway.key");
  EXPECT_EQ(s.https.gateway.authority_folder, "");
  EXPECT_EQ(s.https.gateway.head_timeout_ms, 2000U);
  EXPECT_EQ(s.https.gateway.throttling_rate_limit, 0.5);
  EXPECT_EQ(s.https.gateway.log_buffer, 2U << 20);
  EXPECT_FALSE(s.https.gateway.http2);
  EXPECT_TRUE(s.https.gateway.former_refusal_wording);
  EXPECT_EQ(s.https.lambda.log_folder, file("logs"));
  EXPECT_EQ(s.https.lambda.python, "python3.11");
  EXPECT_EQ(s.https.lambda.node, file("bin/node"));
  EXPECT_EQ(s.https.lambda.idle_seconds, 60U);
  EXPECT_EQ(s.https.lambda.isolation, settings::Isolation::Required);
  EXPECT_EQ(s.https.lambda.first_user_id, 90000U);
  EXPECT_EQ(read("[lambda]\nisolation = 'off'\n").settings.https.lambda.isolation,
            settings::Isolation::Off);
  EXPECT_EQ(read("").settings.https.gateway.authority_folder, file("authority"));
}

}  // namespace
}  // namespace inlet53::config
