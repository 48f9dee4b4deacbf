// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/lambda_messages.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include "integrations.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inlet53::gateway {

namespace {

using Kind = LambdaResponseFaultKind;

// Returns a response as `STATUS|name: value|…|body`, a fault as `502 reason` or `500 reason`.
std::string read(std::string_view payload, const std::vector<std::string>& binary = {},
                 std::string_view accept = "") {
  const auto response = read_lambda_response(payload, binary, accept);
  if (!response) {
    return (response.error().kind == Kind::Malformed ? "502 " : "500 ") + response.error().reason;
  }
  std::string text = std::to_string(response->status);
  for (const http::Field& field : response->fields) text += "|" + field.name + ": " + field.value;
  return text + "|" + response->body;
}

struct Row {
  std::string payload;
  std::string expected;
};

void expect_all(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(read(row.payload), row.expected) << row.payload;
}

const std::string kJson = "|Content-Type: application/json|";

TEST(LambdaResponse, IsAnObjectOfKnownMembers) {
  expect_all({
      {"{}", "200" + kJson},
      {R"({"statusCode": 201})", "201" + kJson},
      {R"({"body": "only"})", "200" + kJson + "only"},
      {R"({"headers": {"a": "b"}})", "200|a: b" + kJson},
      {R"({"statusCode": null, "headers": null, "multiValueHeaders": null, "body": null,)"
       R"( "isBase64Encoded": null})",
       "200" + kJson},
      {R"({"statusCode": 200, "body": "x", "extra": 1})", "502 it has a member \"extra\""},
      {R"({"StatusCode": 200})", "502 it has a member \"StatusCode\""},
      {R"({"cookies": []})", "502 it has a member \"cookies\""},
      {R"("a string")", "502 it is not an object"},
      {"[]", "502 it is not an object"},
      {"null", "502 it is not an object"},
      {"1", "502 it is not an object"},
      {"", "502 it is not JSON"},
      {"{", "502 it is not JSON"},
      {"{'statusCode': 200}", "502 it is not JSON"},
      {"\xff", "502 it is not JSON"},
  });
}

TEST(LambdaResponse, HasAStatusCode) {
  expect_all({
      {R"({"statusCode": 599})", "599" + kJson},
      {R"({"statusCode": "404"})", "404" + kJson},
      {R"({"statusCode": 200.0})", "200" + kJson},
      {R"({"statusCode": 200.5})", "502 statusCode is not a whole number"},
      {R"({"statusCode": 1e300})", "502 statusCode is not a whole number"},
      {R"({"statusCode": "ok"})", "502 statusCode is not a whole number"},
      {R"({"statusCode": "200 OK"})", "502 statusCode is not a whole number"},
      {R"({"statusCode": ""})", "502 statusCode is not a whole number"},
      {R"({"statusCode": true})", "502 statusCode is not a whole number"},
      {R"({"statusCode": []})", "502 statusCode is not a whole number"},
      {R"({"statusCode": 100})", "502 statusCode 100 is not between 200 and 599"},
      {R"({"statusCode": 600})", "502 statusCode 600 is not between 200 and 599"},
      {R"({"statusCode": -200})", "502 statusCode -200 is not between 200 and 599"},
      {R"({"statusCode": 18446744073709551615})",
       "502 statusCode 9223372036854775807 is not between 200 and 599"},
  });
}

TEST(LambdaResponse, HasHeaders) {
  expect_all({
      {R"({"headers": {"b": true, "n": 7, "s": ""}})", "200|b: true|n: 7|s: " + kJson},
      {R"({"headers": {"content-type": "text/plain"}})", "200|content-type: text/plain|"},
      {R"({"headers": []})", "502 headers is not an object"},
      {R"({"headers": "x"})", "502 headers is not an object"},
      {R"({"headers": {"a": ["b"]}})", "502 the value of header \"a\" is not a string"},
      {R"({"headers": {"a": {}}})", "502 the value of header \"a\" is not a string"},
      {R"({"headers": {"a": null}})", "502 the value of header \"a\" is not a string"},
      {R"({"headers": {"a": "b\r\nSet-Cookie: c"}})",
       "502 the value of header \"a\" has characters that no header may have"},
      {R"({"headers": {"a b": "c"}})", "502 \"a b\" is not a header name"},
      {R"({"headers": {"": "c"}})", "502 \"\" is not a header name"},
  });
}

TEST(LambdaResponse, HasHeadersWithinALimit) {
  const auto headers = [](size_t name, size_t value) {
    return R"({"headers": {")" + std::string(name, 'n') + R"(": ")" + std::string(value, 'v') +
           R"("}})";
  };
  EXPECT_TRUE(read(headers(1, 65535)).starts_with("200|n: vv"));
  EXPECT_EQ(read(headers(1, 65536)), "502 headers of 65537 bytes, over 65536");
  EXPECT_EQ(read(headers(65536, 1)), "502 headers of 65537 bytes, over 65536");
}

TEST(LambdaResponse, HasHeadersWithSeveralValues) {
  expect_all({
      {R"({"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}})",
       "200|Set-Cookie: a=1|Set-Cookie: b=2" + kJson},
      {R"({"multiValueHeaders": {"a": []}})", "200" + kJson},
      {R"({"multiValueHeaders": {"a": [1, false]}})", "200|a: 1|a: false" + kJson},
      {R"({"multiValueHeaders": {"a": "b"}})",
       "502 multiValueHeaders: the value of \"a\" is not a list"},
      {R"({"multiValueHeaders": {"a": [[]]}})", "502 the value of header \"a\" is not a string"},
      {R"({"multiValueHeaders": []})", "502 multiValueHeaders is not an object"},
      {R"({"multiValueHeaders": {"a:": ["b"]}})", "502 \"a:\" is not a header name"},
      // A name in both maps: the list first, with its spelling, without duplicates.
      {R"({"headers": {"x-my": "solo"}, "multiValueHeaders": {"X-My": ["multi"]}})",
       "200|X-My: multi|X-My: solo" + kJson},
      {R"({"headers": {"A": "1"}, "multiValueHeaders": {"a": ["1", "2"]}})",
       "200|a: 1|a: 2" + kJson},
      {R"({"headers": {"content-type": "a/b"}, "multiValueHeaders": {"z": ["1"]}})",
       "200|z: 1|content-type: a/b|"},
  });
}

TEST(LambdaResponse, RemapsFieldsOfTheGateway) {
  expect_all({
      {R"({"headers": {"Connection": "close", "content-length": "9", "Date": "now",)"
       R"( "Server": "me", "Transfer-Encoding": "chunked", "WWW-Authenticate": "Basic"}})",
       "200|x-amzn-Remapped-Connection: close|x-amzn-Remapped-Date: now"
       "|x-amzn-Remapped-Server: me|x-amzn-Remapped-WWW-Authenticate: Basic"
       "|x-amzn-Remapped-content-length: 9" +
           kJson},
      {R"({"multiValueHeaders": {"server": ["one", "two"]}})",
       "200|x-amzn-Remapped-server: one|x-amzn-Remapped-server: two" + kJson},
      {R"({"headers": {"x-amzn-RequestId": "mine"}})", "200|x-amzn-RequestId: mine" + kJson},
  });
}

TEST(LambdaResponse, HasABody) {
  expect_all({
      {R"({"body": ""})", "200" + kJson},
      {R"({"body": "é\u0000\n"})", "200" + kJson + std::string("é\0\n", 4)},
      {R"({"body": {"a": 1}})", "502 body is not a string"},
      {R"({"body": 1})", "502 body is not a string"},
      {R"({"body": "a", "isBase64Encoded": "true"})", "502 isBase64Encoded is not a boolean"},
      {R"({"body": "a", "isBase64Encoded": 1})", "502 isBase64Encoded is not a boolean"},
  });
}

TEST(LambdaResponse, DecodesBase64WhenAccepted) {
  const std::string payload = R"({"body": "aGVsbG8=", "isBase64Encoded": true})";
  const std::vector<std::string> png{"image/png"};
  EXPECT_EQ(read(payload), "200" + kJson + "aGVsbG8=");
  EXPECT_EQ(read(payload, png), "200" + kJson + "aGVsbG8=");
  EXPECT_EQ(read(payload, png, "text/html, image/png"), "200" + kJson + "aGVsbG8=");
  EXPECT_EQ(read(payload, png, "IMAGE/png;q=0.9, text/html"), "200" + kJson + "hello");
  EXPECT_EQ(read(payload, {"text/css", "*/*"}, "text/html"), "200" + kJson + "hello");
  EXPECT_EQ(read(payload, {"*/*"}), "200" + kJson + "hello");
  EXPECT_EQ(read(payload, {"image/*"}, "image/png"), "200" + kJson + "aGVsbG8=");
  const std::string plain = R"({"body": "aGVsbG8=", "isBase64Encoded": false})";
  EXPECT_EQ(read(plain, {"*/*"}), "200" + kJson + "aGVsbG8=");
  const std::string broken = R"({"body": "not base64!", "isBase64Encoded": true})";
  EXPECT_EQ(read(broken, {"*/*"}), "500 body is not base64");
  EXPECT_EQ(read(broken), "200" + kJson + "not base64!");
}

TEST(LambdaResponse, EndsInTimeForAnySize) {
  std::string names = "{\"headers\": {\"h0\": \"\"";
  std::string members = "{\"m0\": 0";
  for (int i = 1; i < 300'000; ++i) {
    names += ",\"h" + std::to_string(i) + "\": \"\"";
    members += ",\"m" + std::to_string(i) + "\": 0";
  }
  EXPECT_EQ(read(names + "}}"), "502 over 1000 headers");
  EXPECT_EQ(read(members + "}"), "502 it has a member \"m0\"");
  EXPECT_EQ(read(std::string(3'000'000, '[')), "502 it nests too deeply");
  EXPECT_EQ(read(std::string(1'000'000, '[') + std::string(1'000'000, ']')),
            "502 it nests too deeply");
}

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

TEST(LambdaEvent, OmitsFieldsOfOneConnection) {
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
