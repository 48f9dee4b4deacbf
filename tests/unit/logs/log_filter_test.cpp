// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_filter.h"

#include <gtest/gtest.h>

namespace inlet53::logs {
namespace {

TEST(MatchPattern, LetsStarStandForAnyOctets) {
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
