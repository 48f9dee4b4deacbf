// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/api_values.h"

#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

TEST(ResourcePath, HasSegments) {
  const auto parse = [](std::string_view path) {
    return parse_resource_path(path).value_or(std::vector<PathSegment>{{SegmentKind::Static, "?"}});
  };
  using Segments = std::vector<PathSegment>;
  EXPECT_EQ(parse("/"), Segments{});
  EXPECT_EQ(parse("/hello"), (Segments{{SegmentKind::Static, "hello"}}));
  EXPECT_EQ(parse("/a-b/{pet_Id.1}/{proxy+}"), (Segments{{SegmentKind::Static, "a-b"},
                                                         {SegmentKind::Variable, "pet_Id.1"},
                                                         {SegmentKind::Greedy, "proxy"}}));
  EXPECT_EQ(to_text(parse("/{proxy+}").at(0)), "{proxy+}");
  EXPECT_EQ(to_text(parse("/{id}").at(0)), "{id}");
}

TEST(ResourcePath, IsRefusedWithTheReason) {
  const auto error = [](std::string_view path) { return parse_resource_path(path).error(); };
  const std::string variable =
      " is no variable; one is letters, digits, _, - and . in braces, as in \"{petId}\", with a + "
      "at the end of the last, as in \"{proxy+}\"";
  const std::string text =
      " has something other than letters, digits and _ - . , : ~ $; a variable is a whole segment, "
      "as in \"/pets/{petId}\"";
  EXPECT_EQ(error(""), "a path begins with a slash");
  EXPECT_EQ(error("/a/"), "a path has no slash at its end; calls may have one");
  EXPECT_EQ(error("/a//b"), "there is nothing between two slashes");
  EXPECT_EQ(error("/a b"), "\"a b\"" + text);
  EXPECT_EQ(error("/a%20b"), "\"a%20b\"" + text);
  EXPECT_EQ(error("/pre{id}"), "\"pre{id}\"" + text);
  EXPECT_EQ(error("/{id}post"), "\"{id}post\" has a brace without its pair");
  EXPECT_EQ(error("/{id"), "\"{id\" has a brace without its pair");
  EXPECT_EQ(error("/{}"), "\"{}\"" + variable);
  EXPECT_EQ(error("/{+}"), "\"{+}\"" + variable);
  EXPECT_EQ(error("/{a/b}"), "\"{a\" has a brace without its pair");
  EXPECT_EQ(error("/{a b}"), "\"{a b}\"" + variable);
  EXPECT_EQ(error("/{proxy+}/x"), "{proxy+} takes all that is left; nothing follows it");
  EXPECT_EQ(error("/{a}/b/{a+}"), "the variable \"a\" is there twice");
}

TEST(MockTemplate, ChoosesAStatus) {
  for (const char* text : {
           R"({"statusCode": 404})",
           R"( { statusCode : 404 } )",
           R"({'statusCode':404,'a':'}'})",
           R"({"a":{"statusCode":500},"b":[1,{"c":[]},"]"],"statusCode":404})",
           R"({"statusCode":500,"statusCode":404})",
           "{\n\t\"statusCode\": 404,\n\"x\": \"a\\\"b\", y: null, z: -1.5e+3}",
       }) {
    EXPECT_EQ(mock_status_code(text).value_or(0), 404) << text;
  }
}

TEST(MockTemplate, IsRefusedWithTheReason) {
  const auto error = [](std::string_view text) { return mock_status_code(text).error(); };
  const std::string no_object = "this is no JSON object, as in {\"statusCode\": 200}";
  for (const char* text : {"", "200", "[]", "{", "{\"statusCode\": 200", "{\"statusCode\" 200}",
                           "{\"statusCode\": 200} x", "{\"a\": \"b}", "{,}", "{\"a\":}",
                           "{\"a\": [1, }", "{\"a\": {]}", "{\"a\\"}) {
    EXPECT_EQ(error(text), no_object) << text;
  }
  EXPECT_EQ(error("{\"a\":" + std::string(100000, '[')), no_object);
  EXPECT_EQ(error("{}"), "the object has no statusCode");
  EXPECT_EQ(error("{\"statuscode\": 200}"), "the object has no statusCode");
  const auto wrong = [](const std::string& written) {
    return "statusCode is " + written + "; it is a whole number from 200 to 599";
  };
  for (const char* value : {"\"200\"", "200.5", "199", "600", "99999999", "-200", "null", "abc"}) {
    EXPECT_EQ(error(std::string("{\"statusCode\": ") + value + "}"), wrong(value));
  }
}

TEST(GatewayResponseType, HasANameForEach) {
  EXPECT_EQ(gateway_response_types().size(), kGatewayResponseTypes);
  for (size_t i = 0; i < kGatewayResponseTypes; ++i) {
    const auto type = static_cast<GatewayResponseType>(i);
    EXPECT_EQ(parse_gateway_response_type(to_text(type)), type);
  }
  EXPECT_EQ(to_text(GatewayResponseType::Default5xx), "DEFAULT_5XX");
  EXPECT_EQ(to_text(GatewayResponseType::WafFiltered), "WAF_FILTERED");
  EXPECT_FALSE(parse_gateway_response_type("throttled"));
}

}  // namespace
}  // namespace inlet53::topology
