// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/domain_set.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(DomainSet, ADomainMatchesOnlyThatName) {
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

TEST(DomainSet, AnAsteriskLabelMatchesNamesBelowButNotTheApex) {
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

TEST(DomainSet, AnAsteriskMatchesEveryName) {
  expect({
      {{"*"}, "example.com.", true},
      {{"*"}, ".", true},
      {{"*"}, "a.b.c.d.", true},
      {{"example.org", "*"}, "example.com.", true},
  });
}

TEST(DomainSet, AnAsteriskBeforeANameMatchesTheEndOfTheText) {
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

TEST(DomainSet, DistinguishesUnusualBytesOfNames) {
  expect({
      {{"*.example.com"}, "\\000.example.com.", true},
      {{"*.example.com"}, "a\\.b.example.com.", true},
      {{"a.b.example.com"}, "a\\.b.example.com.", false},
  });
}

TEST(DomainSet, MatchesNamesOfAnyDepthAndLength) {
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

size_t count_of(std::string_view text) {
  const auto loaded = load_domain_list_text(text, "list.txt");
  EXPECT_TRUE(loaded) << loaded.error().to_text();
  return loaded ? loaded->build(1)->size() : 0;
}

std::string error_of(std::string_view text) {
  const auto loaded = load_domain_list_text(text, "list.txt");
  return loaded ? "none" : loaded.error().to_text();
}

TEST(DomainListFile, ReadsOneDomainPerLine) {
  EXPECT_EQ(count_of(""), 0U);
  EXPECT_EQ(count_of("example.com"), 1U);
  EXPECT_EQ(count_of("example.com\n*.example.com\n"), 2U);
  EXPECT_EQ(count_of("\xEF\xBB\xBF"
                     "# head\r\n\r\n  example.com \t# why\r\n\t*.example.com\r\n*\n#"),
            3U);
  EXPECT_EQ(count_of("a.com\na.com\nA.COM.\n"), 1U);
}

TEST(DomainListFile, ReportsTheLineOfAFault) {
  EXPECT_EQ(error_of("a.com\n\n# b\nexa mple.com\n"),
            "list.txt:4: \"exa mple.com\" is no domain of a list: a label has letters, digits and "
            "- only, and * stands at the beginning only");
  EXPECT_EQ(error_of("0.0.0.0 ads.example.com"),
            "list.txt:1: \"0.0.0.0 ads.example.com\" is no domain of a list: a label has letters, "
            "digits and - only, and * stands at the beginning only");
  EXPECT_EQ(error_of("a..b\n"),
            "list.txt:1: \"a..b\" is no domain of a list: there is an empty label");
  EXPECT_EQ(error_of(std::string(256, 'a')),
            "list.txt:1: \"" + std::string(80, 'a') +
                "…\" is no domain of a list: it has 255 bytes at most");
  EXPECT_EQ(error_of(std::string("a.com\n\0b\x1b[0m\n", 13)),
            "list.txt:2: \"?b?[0m\" is no domain of a list: a label has letters, digits and - "
            "only, and * stands at the beginning only");
}

class ListFiles : public ::testing::Test {
 protected:
  ListFiles() {
    char name[] = "/tmp/inlet53-lists-XXXXXX";
    folder = mkdtemp(name);
  }
  ~ListFiles() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

TEST_F(ListFiles, ReadsAFile) {
  std::ofstream(folder / "list") << "example.com\n";
  const auto loaded = load_domain_list_file(folder / "list");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->build(1)->size(), 1U);
}

TEST_F(ListFiles, HasNoLineForAFileThatCannotBeRead) {
  const auto missing = load_domain_list_file(folder / "none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().line, 0U);
  EXPECT_EQ(missing.error().message, "cannot read the file: No such file or directory");
  const auto directory = load_domain_list_file(folder);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "cannot read the file: it is not a regular file");
  std::ofstream(folder / "wrong") << "a.com\n*\n**\n";
  const auto wrong = load_domain_list_file(folder / "wrong");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().line, 3U);
}

}  // namespace
}  // namespace inlet53::resolver
