// SPDX-License-Identifier: Apache-2.0
#include "lambda_event.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inlet53::gateway {
namespace {

using Json = nlohmann::ordered_json;

// Call of the AWS blog post on private APIs. Tests change it before they compose the event.
struct Sample {
  Sample() {
    call.request.fields = {{"Host", "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"},
                           {"user-agent", "curl/7.76.1"},
                           {"accept", "*/*"}};
    call.path.path = "/hello";
    call.tls_version = "TLSv1.2";
    call.cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
    CallContext& context = call.context;
    context.http_method = "GET";
    context.account_id = "123456789012";
    context.api_id = "dligg9dxuk";
    context.stage = "DemoStage";
    context.deployment_id = "a1b2c3";
    context.resource_id = "mm6l6n";
    context.resource_path = "/hello";
    context.domain_name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com";
    context.domain_prefix = "dligg9dxuk";
    context.path = "/DemoStage/hello";
    context.ids.request_id = "8f5a6c1e-2b7d-4c3a-9e10-5d6f7a8b9c0d";
    context.ids.extended_request_id = "OjvBvF2VZPgFQFw=";
    context.request_time_ms = 1619354254123;
    context.source_ip = "172.31.6.137";
    context.user_agent = "curl/7.76.1";
    context.vpc_id = "vpc-0c00ca6aa29c8472f";
    context.vpc_endpoint_id = "vpce-0ac1f3d5a8b6c9e24";
  }

  std::string event() {
    StageState stage_state;
    stage_state.stage = &stage;
    const ApiState api_state(api);
    call.stage = &stage_state;
    call.api = &api_state;
    return compose_lambda_event(call);
  }
  Json json() { return Json::parse(event()); }
  http::Fields& fields() { return call.request.fields; }

  topology::Stage stage;
  topology::RestApi api;
  Call call;
};

// Compares with the golden file; with INLET53_REGENERATE, writes the file instead.
void expect_golden(const std::string& name, const std::string& event) {
  const std::filesystem::path path = std::filesystem::path(INLET53_GOLDEN_DIR) / "gateway" / name;
  if (std::getenv("INLET53_REGENERATE") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << event << '\n';
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(event + "\n", text.str()) << path;
}

TEST(LambdaEvent, OfASimpleCall) { expect_golden("event_get.json", Sample().event()); }

TEST(LambdaEvent, OfACallWithEverything) {
  Sample sample;
  sample.call.context.http_method = "POST";
  sample.call.path.path = "/pets/a%20b/x//y+z";
  sample.call.context.path = "/DemoStage/pets/a%20b/x//y+z";
  sample.call.context.resource_path = "/pets/{pet}/{proxy+}";
  sample.call.path.query = "one=1&two=a+b&one=%C3%A9;flag&bad=%zz%4&=nameless&&plus=%2B";
  sample.call.route.parameters = {{"pet", "a%20b"}, {"proxy", "x//y+z"}};
  sample.stage.variables = {{"table", "pets \"1\""}};
  sample.call.context.ids.trace_id = "Root=1-60856a4e-0123456789abcdef01234567";
  sample.call.request.body = "{\"name\": \"\xC3\xA9\\u00e9\n\"}";
  sample.fields() = {{"Host", "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"},
                     {"authorization", "Bearer 123"},
                     {"X-Many", "1"},
                     {"x-many", "2"},
                     {"content-type", "application/json"},
                     {"X-Forwarded-For", "10.0.0.1"},
                     {"x-apigw-api-id", "dligg9dxuk"}};
  expect_golden("event_post.json", sample.event());
}

TEST(LambdaEvent, LeavesOutWhatBelongsToOneConnection) {
  Sample sample;
  for (const char* name : {"Connection", "Content-Length", "Content-MD5", "Expect", "Max-Forwards",
                           "Proxy-Authenticate", "Server", "TE", "Transfer-Encoding", "trailer",
                           "UPGRADE", "WWW-Authenticate"}) {
    sample.fields().push_back({name, "x"});
  }
  sample.fields().push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=…"});
  EXPECT_EQ(sample.event(), Sample().event());
}

TEST(LambdaEvent, BelievesNoClientThatSpeaksForTheEndpoint) {
  Sample sample;
  sample.fields().push_back({"X-Amzn-Vpce-Id", "vpce-forged"});
  sample.fields().push_back({"x-amzn-vpc-id", "vpc-forged"});
  sample.fields().push_back({"x-amzn-vpce-policy-url", "forged"});
  sample.fields().push_back({"x-amzn-tls-version", "TLSv9"});
  EXPECT_EQ(sample.event(), Sample().event());
}

TEST(LambdaEvent, HasNoEndpointWhenThereWasNone) {
  Sample sample;
  sample.call.context.vpc_id = {};
  sample.call.context.vpc_endpoint_id = {};
  sample.call.context.user_agent = {};
  const Json json = sample.json();
  EXPECT_FALSE(json["headers"].contains("x-amzn-vpce-id"));
  EXPECT_FALSE(json["headers"].contains("x-amzn-vpce-config"));
  const Json& identity = json["requestContext"]["identity"];
  EXPECT_FALSE(identity.contains("vpceId"));
  EXPECT_FALSE(identity.contains("vpcId"));
  EXPECT_TRUE(identity["userAgent"].is_null());
}

TEST(LambdaEvent, PassesATraceOfTheClientsOn) {
  Sample sample;
  sample.fields().push_back({"x-amzn-trace-id", "Root=mine"});
  EXPECT_EQ(sample.json()["headers"]["x-amzn-trace-id"], "Root=mine");
  sample.call.context.ids.trace_id = "Root=ours";
  EXPECT_EQ(sample.json()["headers"]["X-Amzn-Trace-Id"], "Root=ours");
  EXPECT_FALSE(sample.json()["headers"].contains("x-amzn-trace-id"));
}

TEST(LambdaEvent, SpellsNamesOfHttp2AsUsual) {
  Sample sample;
  sample.call.request.version = http::Version::Http2;
  sample.fields() = {{"content-type", "text/plain"},
                     {"x-a--b", "1"},
                     {"etag", "2"},
                     {"dnt", "3"},
                     {"soapaction", "4"},
                     {"x-", "5"},
                     {"sec-websocket-key", "6"},
                     {"if-none-match", "7"},
                     {"if-none-match", "8"},
                     {"x-1a", "9"}};
  const Json json = sample.json();
  for (const char* name : {"Content-Type", "X-A--B", "ETag", "DNT", "SOAPAction", "X-",
                           "Sec-WebSocket-Key", "If-None-Match", "X-1a"}) {
    EXPECT_TRUE(json["headers"].contains(name)) << name << json["headers"];
    EXPECT_TRUE(json["multiValueHeaders"].contains(name)) << name;
  }
  EXPECT_EQ(json["headers"].size(), json["multiValueHeaders"].size());
  EXPECT_EQ(json["multiValueHeaders"]["If-None-Match"], Json::array({"7", "8"}));

  sample.call.request.version = http::Version::Http11;
  EXPECT_TRUE(sample.json()["headers"].contains("content-type"));
}

TEST(LambdaEvent, SendsBinaryBodiesInBase64) {
  Sample sample;
  sample.call.context.http_method = "POST";
  sample.call.request.body = std::string("\x89PNG\0", 5);
  sample.fields().push_back({"Content-Type", "image/png; x=y"});
  EXPECT_EQ(sample.json()["isBase64Encoded"], false);
  EXPECT_EQ(sample.json()["body"], std::string("\xEF\xBF\xBDPNG\0", 7));
  sample.api.binary_media_types = {"image/png"};
  EXPECT_EQ(sample.json()["isBase64Encoded"], true);
  EXPECT_EQ(sample.json()["body"], "iVBORwA=");
  sample.call.request.body = {};
  EXPECT_EQ(sample.json()["isBase64Encoded"], false);
  EXPECT_TRUE(sample.json()["body"].is_null());
}

}  // namespace
}  // namespace inlet53::gateway
