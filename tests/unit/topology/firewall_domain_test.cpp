#include "inlet53/topology/firewall_domain.h"

#include <gtest/gtest.h>

namespace inlet53::topology {
namespace {

TEST(FirewallDomain, IsTakenApart) {
  const struct {
    std::string text;
    DomainMatch match;
    std::string name;
  } kCases[] = {
      {"example.com", DomainMatch::Exact, "example.com"},
      {"Example.COM.", DomainMatch::Exact, "Example.COM"},
      {"com", DomainMatch::Exact, "com"},
      {"-1-.a", DomainMatch::Exact, "-1-.a"},
      {"*.example.com", DomainMatch::Below, "example.com"},
      {"*.com.", DomainMatch::Below, "com"},
      {"*example.com", DomainMatch::Ending, "example.com"},
      {"*-x.com", DomainMatch::Ending, "-x.com"},
      {"*", DomainMatch::All, ""},
  };
  for (const auto& each : kCases) {
    const auto domain = parse_firewall_domain(each.text);
    ASSERT_TRUE(domain) << domain.error();
    EXPECT_EQ(domain->match, each.match) << each.text;
    EXPECT_EQ(domain->name, each.name);
  }
}

TEST(FirewallDomain, IsRefusedWithTheReason) {
  const std::string label(63, 'a');
  const std::string too_long = label + '.' + label + '.' + label + '.' + label;
  const struct {
    std::string text;
    std::string why;
  } kCases[] = {
      {"", "it is empty"},
      {".", "there is an empty label"},
      {"*.", "there is an empty label"},
      {"*..com", "there is an empty label"},
      {".com", "there is an empty label"},
      {"a..com", "there is an empty label"},
      {"a.com..", "there is an empty label"},
      {"a.*.com", "only"},
      {"**", "only"},
      {"*.*.com", "only"},
      {"_tcp.com", "only"},
      {"a b.com", "only"},
      {"b\xC3\xBC"
       "cher.de",
       "only"},
      {"a" + label + ".com", "a label has 63 octets at most"},
      {too_long, "a name has 253 octets at most"},
      {"*." + too_long, "255 octets at most"},
  };
  for (const auto& each : kCases) {
    const auto domain = parse_firewall_domain(each.text);
    ASSERT_FALSE(domain) << each.text;
    EXPECT_TRUE(domain.error().ends_with(each.why)) << domain.error();
  }
  EXPECT_TRUE(parse_firewall_domain(too_long.substr(2)));
}

}  // namespace
}  // namespace inlet53::topology
