#include "inlet53/gateway/lambda_event.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inlet53::gateway {
namespace {

using Json = nlohmann::ordered_json;

// The call of the blog that the project began with, and how it came in.
struct Call {
  Call() {
    call.http_method = "GET";
    call.path = "/hello";
    call.fields = &fields;
    call.account_id = "123456789012";
    call.api_id = "dligg9dxuk";
    call.stage = "DemoStage";
    call.deployment_id = "a1b2c3";
    call.resource_id = "mm6l6n";
    call.resource_path = "/hello";
    call.binary_media_types = &binary_media_types;
    call.domain_name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com";
    call.domain_prefix = "dligg9dxuk";
    call.request_path = "/DemoStage/hello";
    call.request_id = "8f5a6c1e-2b7d-4c3a-9e10-5d6f7a8b9c0d";
    call.extended_request_id = "OjvBvF2VZPgFQFw=";
    call.request_time = "25/Apr/2021:12:37:34 +0000";
    call.request_time_ms = 1619354254123;
    call.source_ip = "172.31.6.137";
    call.user_agent = "curl/7.76.1";
    call.vpc_id = "vpc-0c00ca6aa29c8472f";
    call.vpc_endpoint_id = "vpce-0ac1f3d5a8b6c9e24";
    call.cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
    call.tls_version = "TLSv1.2";
  }

  std::string event() const { return compose_lambda_event(call); }
  Json json() const { return Json::parse(event()); }

  http::Fields fields{{"Host", "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"},
                      {"user-agent", "curl/7.76.1"},
                      {"accept", "*/*"}};
  std::vector<std::string> binary_media_types;
  ProxyCall call;
};

// Compares with the golden file; writes it instead when INLET53_REGENERATE is set.
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

TEST(LambdaEvent, OfASimpleCall) { expect_golden("event_get.json", Call().event()); }

TEST(LambdaEvent, OfACallWithEverything) {
  Call call;
  const PathParameter parameters[] = {{"pet", "a%20b"}, {"proxy", "x//y+z"}};
  const std::vector<topology::NamedText> variables{{"table", "pets \"1\""}};
  call.call.http_method = "POST";
  call.call.path = "/pets/a%20b/x//y+z";
  call.call.request_path = "/DemoStage/pets/a%20b/x//y+z";
  call.call.resource_path = "/pets/{pet}/{proxy+}";
  call.call.query = "one=1&two=a+b&one=%C3%A9;flag&bad=%zz%4&=nameless&&plus=%2B";
  call.call.path_parameters = parameters;
  call.call.stage_variables = variables;
  call.call.trace_id = "Root=1-60856a4e-0123456789abcdef01234567";
  call.call.body = "{\"name\": \"\xC3\xA9\\u00e9\n\"}";
  call.fields = {{"Host", "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"},
                 {"authorization", "Bearer 123"},
                 {"X-Many", "1"},
                 {"x-many", "2"},
                 {"content-type", "application/json"},
                 {"X-Forwarded-For", "10.0.0.1"},
                 {"x-apigw-api-id", "dligg9dxuk"}};
  expect_golden("event_post.json", call.event());
}

TEST(LambdaEvent, LeavesOutWhatBelongsToOneConnection) {
  Call call;
  for (const char* name : {"Connection", "Content-Length", "Content-MD5", "Expect", "Max-Forwards",
                           "Proxy-Authenticate", "Server", "TE", "Transfer-Encoding", "trailer",
                           "UPGRADE", "WWW-Authenticate"}) {
    call.fields.push_back({name, "x"});
  }
  call.fields.push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=…"});
  EXPECT_EQ(call.event(), Call().event());
}

TEST(LambdaEvent, BelievesNoClientThatSpeaksForTheEndpoint) {
  Call call;
  call.fields.push_back({"X-Amzn-Vpce-Id", "vpce-forged"});
  call.fields.push_back({"x-amzn-vpc-id", "vpc-forged"});
  call.fields.push_back({"x-amzn-vpce-policy-url", "forged"});
  call.fields.push_back({"x-amzn-tls-version", "TLSv9"});
  EXPECT_EQ(call.event(), Call().event());
}

TEST(LambdaEvent, HasNoEndpointWhenThereWasNone) {
  Call call;
  call.call.vpc_id = {};
  call.call.vpc_endpoint_id = {};
  call.call.user_agent = {};
  const Json json = call.json();
  EXPECT_FALSE(json["headers"].contains("x-amzn-vpce-id"));
  EXPECT_FALSE(json["headers"].contains("x-amzn-vpce-config"));
  const Json& identity = json["requestContext"]["identity"];
  EXPECT_FALSE(identity.contains("vpceId"));
  EXPECT_FALSE(identity.contains("vpcId"));
  EXPECT_TRUE(identity["userAgent"].is_null());
}

TEST(LambdaEvent, PassesATraceOfTheClientsOn) {
  Call call;
  call.fields.push_back({"x-amzn-trace-id", "Root=mine"});
  EXPECT_EQ(call.json()["headers"]["x-amzn-trace-id"], "Root=mine");
  call.call.trace_id = "Root=ours";
  EXPECT_EQ(call.json()["headers"]["X-Amzn-Trace-Id"], "Root=ours");
  EXPECT_FALSE(call.json()["headers"].contains("x-amzn-trace-id"));
}

TEST(LambdaEvent, SendsBinaryBodiesInBase64) {
  Call call;
  call.call.http_method = "POST";
  call.call.body = std::string_view("\x89PNG\0", 5);
  call.fields.push_back({"Content-Type", "image/png; x=y"});
  EXPECT_EQ(call.json()["isBase64Encoded"], false);
  EXPECT_EQ(call.json()["body"], std::string("\xEF\xBF\xBDPNG\0", 7));
  call.binary_media_types = {"image/png"};
  EXPECT_EQ(call.json()["isBase64Encoded"], true);
  EXPECT_EQ(call.json()["body"], "iVBORwA=");
  call.call.body = {};
  EXPECT_EQ(call.json()["isBase64Encoded"], false);
  EXPECT_TRUE(call.json()["body"].is_null());
}

}  // namespace
}  // namespace inlet53::gateway
