// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_context.h"

#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/gateway/text_template.h"

namespace inlet53::gateway {

namespace {

TEST(RequestIds, HaveTheShapesOfApiGateway) {
  RequestIdSource source;
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::regex extended("[A-Za-z0-9_-]{15}=");
  const std::regex trace("Root=1-60856233-[0-9a-f]{24}");
  for (int i = 0; i < 1000; ++i) {
    const RequestIds ids = source.next(0x60856233);
    EXPECT_TRUE(std::regex_match(ids.request_id, uuid)) << ids.request_id;
    EXPECT_TRUE(std::regex_match(ids.extended_request_id, extended)) << ids.extended_request_id;
    EXPECT_TRUE(std::regex_match(ids.trace_id, trace)) << ids.trace_id;
  }
}

TEST(RequestIds, DoNotComeTwice) {
  RequestIdSource one;
  RequestIdSource other;
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    for (RequestIdSource* source : {&one, &other}) {
      const RequestIds ids = source->next(0);
      EXPECT_TRUE(seen.insert(ids.request_id).second);
      EXPECT_TRUE(seen.insert(ids.extended_request_id).second);
      EXPECT_TRUE(seen.insert(ids.trace_id).second);
    }
  }
}

CallContext context() {
  CallContext context;
  context.ids.request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
  context.request_time_ms = 1619354254123;
  context.http_method = "GET";
  context.source_ip = "172.31.6.137";
  context.status = 403;
  context.response_length = 42;
  context.error_message = "No \"hello\"\n";
  context.user_agent = "curl \"7\"\n\x01";
  context.stage = "DemoStage";
  return context;
}

std::string body(std::string_view text) {
  const std::vector<topology::NamedText> variables = {{"greeting", "hello"}};
  std::string out;
  TextTemplate::parse(text).append_body(out, context(), variables);
  return out;
}

std::string line(std::string_view text) {
  std::string out;
  TextTemplate::parse(text).append_line(out, context());
  return out;
}

TEST(TextTemplate, PutsValuesIntoBodies) {
  EXPECT_EQ(body(""), "");
  EXPECT_EQ(body("plain"), "plain");
  EXPECT_EQ(body("$context.httpMethod"), "GET");
  EXPECT_EQ(body("[$context.stage/$context.status]"), "[DemoStage/403]");
  EXPECT_EQ(body("$stageVariables.greeting, $stageVariables.none!"), "hello, !");
  EXPECT_EQ(body("$context.identity.sourceIp."), "172.31.6.137.");
  EXPECT_EQ(body("$context.error.message"), "No \"hello\"\n");
  EXPECT_EQ(body("$context.error.messageString"), R"("No \"hello\"\n")");
  EXPECT_EQ(body("$context.integration.status|"), "|");
  EXPECT_EQ(body("$context.nonsense|"), "|");
  EXPECT_EQ(body("$ $$ $context $context. $util.x"), "$ $$ $context  $util.x");
}

TEST(TextTemplate, KeepsALogLineOneLine) {
  EXPECT_EQ(line("$context.identity.userAgent"), R"(curl \"7\"\n\u0001)");
  EXPECT_EQ(line("$context.error.messageString"), R"("No \"hello\"\n")");
  EXPECT_EQ(line("$context.error.message"), R"(No \"hello\"\n)");
}

TEST(TextTemplate, KeepsXmlXml) {
  CallContext context;
  context.user_agent = "a<b> & \"c\"\n";
  std::string out;
  TextTemplate::parse("<agent v=\"$context.identity.userAgent\"/>").append_line(out, context);
  EXPECT_EQ(out, R"(<agent v="a&lt;b&gt; &amp; \&quot;c\&quot;\n"/>)");
}

TEST(TextTemplate, MarksMissingValues) {
  EXPECT_EQ(line("$context.identity.caller $context.integration.status $context.nonsense"),
            "- - -");
}

TEST(TextTemplate, WritesTheCommonLogFormat) {
  EXPECT_EQ(line("$context.identity.sourceIp $context.identity.caller $context.identity.user "
                 "[$context.requestTime] \"$context.httpMethod $context.resourcePath "
                 "$context.protocol\" $context.status $context.responseLength $context.requestId "
                 "$context.extendedRequestId"),
            "172.31.6.137 - - [25/Apr/2021:12:37:34 +0000] \"GET - HTTP/1.1\" 403 42 "
            "c6af9ac6-7b61-11e6-9a41-93e8deadbeef -");
}

TEST(TextTemplate, ReturnsUnknownNames) {
  EXPECT_EQ(
      TextTemplate::parse("$context.requestId $context.requestid $context.a.b").unknown_names(),
      (std::vector<std::string>{"requestid", "a.b"}));
}

}  // namespace

}  // namespace inlet53::gateway
