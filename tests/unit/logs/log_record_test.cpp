// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_record.h"

#include "logs_support.h"
#include <gtest/gtest.h>

namespace inlet53::logs {
namespace {

TEST(RecordParser, ReadsEveryField) {
  RecordParser parser;
  const auto record = parser.parse(test::line_for("dligg9dxuk.execute-api.example."));
  ASSERT_TRUE(record.has_value()) << record.error();
  EXPECT_EQ((*record)->version, "1.100000");
  EXPECT_EQ((*record)->account_id, "123456789012");
  EXPECT_EQ((*record)->region, "eu-west-1");
  EXPECT_EQ((*record)->vpc_id, "vpc-0c00ca6aa29c8472f");
  EXPECT_EQ((*record)->query_timestamp, "2021-04-25T12:37:34Z");
  EXPECT_EQ((*record)->query_name, "dligg9dxuk.execute-api.example.");
  EXPECT_EQ((*record)->query_type, "A");
  EXPECT_EQ((*record)->query_class, "IN");
  EXPECT_EQ((*record)->rcode, "NOERROR");
  ASSERT_EQ((*record)->answers.size(), 1U);
  EXPECT_EQ((*record)->answers[0].rdata, "10.0.140.226");
  EXPECT_EQ((*record)->answers[0].type, "A");
  EXPECT_EQ((*record)->answers[0].rrclass, "IN");
  EXPECT_EQ((*record)->srcaddr, "172.31.6.137");
  EXPECT_EQ((*record)->srcport, "32843");
  EXPECT_EQ((*record)->transport, "UDP");
  EXPECT_EQ((*record)->resolver_endpoint, "rslvr-in-a7dd746257784e148");
  EXPECT_EQ((*record)->resolver_network_interface, "rni-3a4a0caca1d0412ab");
  EXPECT_EQ((*record)->instance, "");
  EXPECT_EQ((*record)->firewall_rule_action, "");
}

// Record of another kind of source, in another order, with fields of a later version.
constexpr std::string_view kForeign =
    R"({"srcaddr":"10.0.0.9","additional_properties":{"is_delayed":true,"list":[1,{"a":null}]},)"
    R"("vpc_id":"vpc-1","answers":[],"firewall_rule_group_id":"rslvr-frg-1","query_class":"IN",)"
    R"("firewall_rule_action":"BLOCK","query_name":"bad.example.","region":"us-east-1",)"
    R"("query_type":"A","srcids":{"instance":"i-0abc","later":7},"srcport":"53","later":1.5e3,)"
    R"("transport":"UDP","rcode":"NXDOMAIN","account_id":"1","version":"1.200000",)"
    R"("query_timestamp":"2026-01-01T00:00:00Z","firewall_domain_list_id":"rslvr-fdl-1"})";

TEST(RecordParser, LeavesUnknownFieldsAlone) {
  RecordParser parser;
  const auto record = parser.parse(kForeign);
  ASSERT_TRUE(record.has_value()) << record.error();
  EXPECT_EQ((*record)->instance, "i-0abc");
  EXPECT_EQ((*record)->resolver_endpoint, "");
  EXPECT_EQ((*record)->firewall_rule_action, "BLOCK");
  EXPECT_EQ((*record)->firewall_rule_group_id, "rslvr-frg-1");
  EXPECT_EQ((*record)->firewall_domain_list_id, "rslvr-fdl-1");
  EXPECT_TRUE((*record)->answers.empty());
}

TEST(RecordParser, KeepsNothingOfTheRecordBefore) {
  RecordParser parser;
  ASSERT_TRUE(parser.parse(kForeign).has_value());
  const auto record = parser.parse(test::Line{}.text());
  ASSERT_TRUE(record.has_value()) << record.error();
  EXPECT_EQ((*record)->instance, "");
  EXPECT_EQ((*record)->firewall_rule_action, "");
  EXPECT_EQ((*record)->answers.size(), 1U);
}

TEST(RecordParser, UnescapesTexts) {
  RecordParser parser;
  const auto record = parser.parse(test::Line{.name = R"(a\\\"b\\000\u001b.example.)"}.text());
  ASSERT_TRUE(record.has_value()) << record.error();
  EXPECT_EQ((*record)->query_name, "a\\\"b\\000\x1b.example.");
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text = test::Line{}.text();
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(RecordParser, SaysWhatIsWrong) {
  const std::string whole = test::Line{}.text();
  const struct {
    std::string line;
    std::string_view complaint;
  } rows[] = {
      {"", "it is no JSON"},
      {"garbage", "it is no JSON"},
      {whole.substr(0, whole.size() / 2), "it is no JSON"},
      {whole.substr(0, whole.size() - 1), "it is no JSON"},
      {whole + "}", "it is no JSON"},
      {whole + whole, "it is no JSON"},
      {std::string(5000, '['), "it is no JSON"},
      {replaced("example", "ex\x80mple"), "it is no JSON"},
      {"[]", "it is no JSON object"},
      {"null", "it is no JSON object"},
      {"{}", "it has no version"},
      {replaced(R"("rcode")", R"("r")"), "it has no rcode"},
      {replaced(R"("answers")", R"("a")"), "it has no answers"},
      {replaced(R"("srcport":"32843")", R"("srcport":32843)"), "its srcport is no string"},
      {replaced(R"("Rdata")", R"("rdata")"), "it has no Rdata"},
      {replaced(R"({"Rdata")", R"(7,{"Rdata")"), "its answers is no array of objects"},
      {replaced(R"("srcids":{)", R"("srcids":[],"x":{)"), "its srcids is no object"},
  };
  RecordParser parser;
  for (const auto& row : rows) {
    const auto record = parser.parse(row.line);
    ASSERT_FALSE(record.has_value()) << row.line;
    EXPECT_TRUE(record.error().starts_with(row.complaint)) << record.error() << " of " << row.line;
  }
  // An invalid line has no effect on the next one.
  EXPECT_TRUE(parser.parse(whole).has_value());
}

TEST(MatchPattern, LetsStarStandForAnyBytes) {
  const struct {
    std::string_view pattern, text;
    bool matches;
  } rows[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a.b.", true},
      {"a*", "a", true},
      {"a*c", "abc", true},
      {"a*c", "abcc", true},
      {"a*c", "abcb", false},
      {"*.example.", "www.example.", true},
      {"*.example.", "a.b.EXAMPLE.", true},
      {"*.example.", "example.", false},
      {"*.example.", "www.example.org.", false},
      {"*a*b*", "xaxxbx", true},
      {"*a*b*", "xbxxax", false},
      {"**b", "aab", true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(match_pattern(row.pattern, row.text), row.matches) << row.pattern << ' ' << row.text;
  }
}

// A backtracking matcher would take exponential time for this pattern.
TEST(MatchPattern, TakesNoTimeForManyStars) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(match_pattern(pattern + "b", std::string(1000, 'a')));
}

LogRecord record() {
  LogRecord record;
  record.query_name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.";
  record.query_type = "AAAA";
  record.rcode = "NXDOMAIN";
  record.srcaddr = "172.31.6.137";
  return record;
}

TEST(LogFilter, MatchesEachCondition) {
  const struct {
    LogFilterOptions options;
    bool matches;
  } rows[] = {
      {{}, true},
      {{.name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com."}, true},
      {{.name = "DLIGG9DXUK.execute-api.eu-west-1.amazonaws.com"}, true},
      {{.name = "execute-api.eu-west-1.amazonaws.com"}, false},
      {{.name = "*.amazonaws.com"}, true},
      {{.name = "*.amazonaws.com."}, true},
      {{.name = "dligg*"}, true},
      {{.name = "*.example.com"}, false},
      {{.name = "."}, false},
      {{.client = "172.31.6.137"}, true},
      {{.client = "172.31.6.138"}, false},
      {{.client = "172.31.0.0/16"}, true},
      {{.client = "10.0.0.0/8"}, false},
      {{.client = "::/0"}, false},
      {{.type = "aaaa"}, true},
      {{.type = "A"}, false},
      {{.rcode = "NXDomain"}, true},
      {{.rcode = "NOERROR"}, false},
      {{.name = "dligg*", .client = "172.31.6.137", .type = "AAAA", .rcode = "NXDOMAIN"}, true},
      {{.name = "dligg*", .client = "172.31.6.137", .type = "AAAA", .rcode = "REFUSED"}, false},
  };
  for (const auto& row : rows) {
    const auto filter = LogFilter::parse(row.options);
    ASSERT_TRUE(filter.has_value()) << filter.error();
    EXPECT_EQ(filter->matches(record()), row.matches)
        << row.options.name << row.options.client << row.options.type << row.options.rcode;
  }
}

TEST(LogFilter, LetsNoBrokenAddressPass) {
  LogRecord broken = record();
  broken.srcaddr = "not an address";
  EXPECT_FALSE(LogFilter::parse({.client = "0.0.0.0/0"})->matches(broken));
  EXPECT_TRUE(LogFilter().matches(broken));
}

TEST(LogFilter, ComparesAddressesAndNotTexts) {
  LogRecord six = record();
  six.srcaddr = "2001:db8::35";
  EXPECT_TRUE(LogFilter::parse({.client = "2001:0DB8:0::35"})->matches(six));
  EXPECT_TRUE(LogFilter::parse({.client = "2001:db8::/32"})->matches(six));
}

TEST(LogFilter, RefusesWhatIsNoClient) {
  for (const char* client : {"example.com", "172.31.6", "10.0.0.0/33", "10.0.0.1/8", "/8"}) {
    const auto filter = LogFilter::parse({.client = client});
    ASSERT_FALSE(filter.has_value()) << client;
    EXPECT_NE(filter.error().find(client), std::string::npos) << filter.error();
  }
}

TEST(LogFilter, AsksForWhatTheFirewallDid) {
  const auto passes = [](const char* asked, const char* logged) {
    LogRecord one = record();
    one.firewall_rule_action = logged;
    return LogFilter::parse({.firewall = asked})->matches(one);
  };
  EXPECT_TRUE(passes("", ""));
  EXPECT_TRUE(passes("", "BLOCK"));
  EXPECT_TRUE(passes("block", "BLOCK"));
  EXPECT_FALSE(passes("block", "ALERT"));
  EXPECT_FALSE(passes("block", ""));
  EXPECT_TRUE(passes("*", "ALERT"));
  EXPECT_FALSE(passes("*", ""));
  const auto wrong = LogFilter::parse({.firewall = "ALLOW"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(),
            "\"ALLOW\" is no action that is logged; they are BLOCK, ALERT and * for both");
}

TEST(LogFilter, RefusesTypesAndResponseCodesThatDoNotExist) {
  for (const char* type : {"AAAA", "https", "TYPE65280"}) {
    EXPECT_TRUE(LogFilter::parse({.type = type})) << type;
  }
  for (const char* rcode : {"NOERROR", "nxdomain", "BADCOOKIE"}) {
    EXPECT_TRUE(LogFilter::parse({.rcode = rcode})) << rcode;
  }
  const auto type = LogFilter::parse({.type = "AAA"});
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error(), "\"AAA\" is no type; A, AAAA and TYPE65280 are");
  const auto rcode = LogFilter::parse({.rcode = "NXDOMAN"});
  ASSERT_FALSE(rcode);
  EXPECT_EQ(rcode.error(), "\"NXDOMAN\" is no response code; NOERROR and NXDOMAIN are");
}

}  // namespace
}  // namespace inlet53::logs
