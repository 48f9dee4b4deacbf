// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/lambda_response.h"

#include <ostream>

#include <gtest/gtest.h>

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
      {R"("a string")", "502 it is no object"},
      {"[]", "502 it is no object"},
      {"null", "502 it is no object"},
      {"1", "502 it is no object"},
      {"", "502 it is no JSON"},
      {"{", "502 it is no JSON"},
      {"{'statusCode': 200}", "502 it is no JSON"},
      {"\xff", "502 it is no JSON"},
  });
}

TEST(LambdaResponse, HasAStatusCode) {
  expect_all({
      {R"({"statusCode": 599})", "599" + kJson},
      {R"({"statusCode": "404"})", "404" + kJson},
      {R"({"statusCode": 200.0})", "200" + kJson},
      {R"({"statusCode": 200.5})", "502 statusCode is no whole number"},
      {R"({"statusCode": 1e300})", "502 statusCode is no whole number"},
      {R"({"statusCode": "ok"})", "502 statusCode is no whole number"},
      {R"({"statusCode": "200 OK"})", "502 statusCode is no whole number"},
      {R"({"statusCode": ""})", "502 statusCode is no whole number"},
      {R"({"statusCode": true})", "502 statusCode is no whole number"},
      {R"({"statusCode": []})", "502 statusCode is no whole number"},
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
      {R"({"headers": []})", "502 headers is no object"},
      {R"({"headers": "x"})", "502 headers is no object"},
      {R"({"headers": {"a": ["b"]}})", "502 the value of header \"a\" is no string"},
      {R"({"headers": {"a": {}}})", "502 the value of header \"a\" is no string"},
      {R"({"headers": {"a": null}})", "502 the value of header \"a\" is no string"},
      {R"({"headers": {"a": "b\r\nSet-Cookie: c"}})",
       "502 the value of header \"a\" holds what no header may"},
      {R"({"headers": {"a b": "c"}})", "502 \"a b\" is no name of a header"},
      {R"({"headers": {"": "c"}})", "502 \"\" is no name of a header"},
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
       "502 multiValueHeaders: the value of \"a\" is no list"},
      {R"({"multiValueHeaders": {"a": [[]]}})", "502 the value of header \"a\" is no string"},
      {R"({"multiValueHeaders": []})", "502 multiValueHeaders is no object"},
      {R"({"multiValueHeaders": {"a:": ["b"]}})", "502 \"a:\" is no name of a header"},
      // A name in both maps: the list first, with its spelling, without duplicates.
      {R"({"headers": {"x-my": "solo"}, "multiValueHeaders": {"X-My": ["multi"]}})",
       "200|X-My: multi|X-My: solo" + kJson},
      {R"({"headers": {"A": "1"}, "multiValueHeaders": {"a": ["1", "2"]}})",
       "200|a: 1|a: 2" + kJson},
      {R"({"headers": {"content-type": "a/b"}, "multiValueHeaders": {"z": ["1"]}})",
       "200|z: 1|content-type: a/b|"},
  });
}

TEST(LambdaResponse, RemapsWhatTheGatewaySaysItself) {
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
      {R"({"body": {"a": 1}})", "502 body is no string"},
      {R"({"body": 1})", "502 body is no string"},
      {R"({"body": "a", "isBase64Encoded": "true"})", "502 isBase64Encoded is no boolean"},
      {R"({"body": "a", "isBase64Encoded": 1})", "502 isBase64Encoded is no boolean"},
  });
}

TEST(LambdaResponse, DecodesBase64ForThoseWhoAcceptIt) {
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
  EXPECT_EQ(read(broken, {"*/*"}), "500 body is no base64");
  EXPECT_EQ(read(broken), "200" + kJson + "not base64!");
}

TEST(LambdaResponse, EndsInTimeWhateverItsSize) {
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

}  // namespace
}  // namespace inlet53::gateway
