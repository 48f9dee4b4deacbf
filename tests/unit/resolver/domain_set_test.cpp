// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/domain_set.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace inlet53::resolver {
namespace {

constexpr zone::HashSeed kSeed = 53;

std::shared_ptr<const DomainSet> set_of(const std::vector<std::string>& domains) {
  DomainSet::Builder builder;
  for (const std::string& text : domains) {
    const auto domain = topology::parse_firewall_domain(text);
    EXPECT_TRUE(domain) << text;
    builder.add(*domain);
  }
  return builder.build(kSeed);
}

bool contains(const DomainSet& set, std::string_view name) {
  zone::NameKey key;
  key.assign(dns::Name::parse_text(name)->view(), kSeed);
  return set.contains(key);
}

struct Case {
  std::vector<std::string> domains;
  const char* name;
  bool contained;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    std::string domains;
    for (const std::string& domain : each.domains) domains += domain + ' ';
    EXPECT_EQ(contains(*set_of(each.domains), each.name), each.contained)
        << domains << "and " << each.name;
  }
}

TEST(DomainSet, TakesADomainForThatNameAlone) {
  expect({
      {{"example.com"}, "example.com.", true},
      {{"example.com"}, "EXAMPLE.com.", true},
      {{"Example.COM."}, "example.com.", true},
      {{"example.com"}, "www.example.com.", false},
      {{"example.com"}, "com.", false},
      {{"example.com"}, ".", false},
      {{"example.com"}, "example.com.org.", false},
      {{"example.com"}, "myexample.com.", false},
      {{"example.com"}, "example\\.com.", false},
      {{"com"}, "com.", true},
      {{"com"}, "example.com.", false},
      {{}, "example.com.", false},
      {{}, ".", false},
  });
}

TEST(DomainSet, TakesAnAsteriskLabelForAllBelowButNotTheApex) {
  expect({
      {{"*.example.com"}, "www.example.com.", true},
      {{"*.example.com"}, "a.b.c.d.e.example.com.", true},
      {{"*.example.com"}, "WWW.Example.Com.", true},
      {{"*.example.com"}, "example.com.", false},
      {{"*.example.com"}, "com.", false},
      {{"*.example.com"}, "www.myexample.com.", false},
      {{"*.example.com"}, "example.com.org.", false},
      {{"*.example.com"}, "www.example.com.org.", false},
      {{"*.example.com"}, "*.example.com.", true},
      {{"*.com"}, "example.com.", true},
      {{"*.com"}, "com.", false},
      {{"*.com"}, ".", false},
      {{"example.com", "*.example.com"}, "example.com.", true},
      {{"example.com", "*.example.com"}, "www.example.com.", true},
      {{"example.com", "*.example.com"}, "wwwexample.com.", false},
      {{"www.example.com", "*.a.b.c.example.com"}, "x.example.com.", false},
      {{"www.example.com", "*.a.b.c.example.com"}, "x.a.b.c.example.com.", true},
      {{"www.example.com", "*.a.b.c.example.com"}, "a.b.c.example.com.", false},
  });
}

TEST(DomainSet, TakesAnAsteriskForEveryName) {
  expect({
      {{"*"}, "example.com.", true},
      {{"*"}, ".", true},
      {{"*"}, "a.b.c.d.", true},
      {{"example.org", "*"}, "example.com.", true},
  });
}

TEST(DomainSet, TakesABareAsteriskBeforeANameForTheEndOfTheText) {
  expect({
      {{"*example.com"}, "example.com.", true},
      {{"*example.com"}, "myexample.com.", true},
      {{"*example.com"}, "my-EXAMPLE.com.", true},
      {{"*example.com"}, "www.example.com.", true},
      {{"*example.com"}, "a.b.myexample.com.", true},
      {{"*example.com"}, "xample.com.", false},
      {{"*example.com"}, "example.org.", false},
      {{"*example.com"}, "example.com.org.", false},
      {{"*example.com"}, "ample.com.", false},
      {{"*example.com"}, "com.", false},
      {{"*example.com"}, ".", false},
      {{"*m"}, "com.", true},
      {{"*m"}, "example.com.", true},
      {{"*m"}, "example.org.", false},
      {{"*-api.example.com"}, "my-api.example.com.", true},
      {{"*-api.example.com"}, "api.example.com.", false},
      {{"*.example.com", "*xample.org"}, "example.org.", true},
      {{"*.example.com", "*xample.org"}, "example.com.", false},
      // The code of a digit is a label length too: 0x31 before the bytes of `com`.
      {{"*1com"}, "1com.", true},
      {{"*1com"}, "x1com.", true},
      {{"*1com"}, "com.", false},
      {{"*1com"}, "1.com.", false},
      // Bytes of a label that look like another label.
      {{"example.com"}, "x\\007example\\003com.", false},
      {{"*.example.com"}, "www\\007example\\003com.", false},
      {{"*ple.com"}, "ple\\003com.", false},
  });
}

TEST(DomainSet, KeepsOddOctetsOfNamesApart) {
  expect({
      {{"*.example.com"}, "\\000.example.com.", true},
      {{"*.example.com"}, "a\\.b.example.com.", true},
      {{"a.b.example.com"}, "a\\.b.example.com.", false},
  });
}

TEST(DomainSet, HoldsNamesOfAnyDepthAndLength) {
  std::string deep;
  for (int i = 0; i < 126; ++i) deep += "a.";
  const std::string label(63, 'b');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'c') + '.';
  expect({
      {{deep + "a"}, (deep + "a.").c_str(), true},
      {{deep + "a"}, deep.c_str(), false},
      {{"*." + deep}, ("a." + deep).c_str(), true},
      {{"*." + deep}, deep.c_str(), false},
      {{longest}, longest.c_str(), true},
      {{"*" + longest}, longest.c_str(), true},
      {{"*c"}, longest.c_str(), true},
  });
}

TEST(DomainSet, CountsEachDomainOnce) {
  EXPECT_EQ(set_of({})->size(), 0U);
  EXPECT_EQ(set_of({"*"})->size(), 1U);
  EXPECT_EQ(set_of({"a.com", "A.com.", "*.a.com", "*a.com", "*a.com"})->size(), 3U);
}

TEST(DomainSet, AgreesWithAPlainSearchOverManyDomains) {
  std::mt19937 random(7);
  const auto label = [&] {
    return std::string(1 + random() % 2, static_cast<char>('a' + random() % 3));
  };
  const auto name = [&] {
    std::string text = label();
    for (size_t left = random() % 4; left > 0; --left) text += "." + label();
    return text;
  };
  std::vector<std::string> domains;
  for (int i = 0; i < 300; ++i) {
    const char* const kStars[] = {"", "*.", "*"};
    domains.push_back(kStars[random() % 3] + name() + ".test");
  }
  const auto is_meant = [](const std::string& domain, const std::string& text) {
    if (domain.starts_with("*.")) return text.ends_with(domain.substr(1));
    if (domain.starts_with('*')) return text.ends_with(domain.substr(1));
    return text == domain;
  };
  size_t contained = 0;
  for (size_t few : {3, 30, 300}) {
    const std::vector<std::string> some(domains.begin(), domains.begin() + few);
    const auto set = set_of(some);
    for (int i = 0; i < 2000; ++i) {
      const std::string text = name() + ".test";
      const bool expected =
          std::any_of(some.begin(), some.end(), [&](const auto& d) { return is_meant(d, text); });
      EXPECT_EQ(contains(*set, text), expected) << text;
      contained += expected ? 1 : 0;
    }
  }
  EXPECT_GT(contained, 500U);
  EXPECT_LT(contained, 5500U);
}

}  // namespace
}  // namespace inlet53::resolver
