// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/domain_list_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace inlet53::resolver {
namespace {

size_t count_of(std::string_view text) {
  const auto loaded = load_domain_list_text(text, "list.txt");
  EXPECT_TRUE(loaded) << loaded.error().to_text();
  return loaded ? loaded->build(1)->size() : 0;
}

std::string error_of(std::string_view text) {
  const auto loaded = load_domain_list_text(text, "list.txt");
  return loaded ? "none" : loaded.error().to_text();
}

TEST(DomainListFile, TakesOneDomainALine) {
  EXPECT_EQ(count_of(""), 0U);
  EXPECT_EQ(count_of("example.com"), 1U);
  EXPECT_EQ(count_of("example.com\n*.example.com\n"), 2U);
  EXPECT_EQ(count_of("\xEF\xBB\xBF"
                     "# head\r\n\r\n  example.com \t# why\r\n\t*.example.com\r\n*\n#"),
            3U);
  EXPECT_EQ(count_of("a.com\na.com\nA.COM.\n"), 1U);
}

TEST(DomainListFile, SaysInWhichLineAFaultIs) {
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
                "…\" is no domain of a list: it has 255 octets at most");
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
  EXPECT_EQ(missing.error().message, "can't read it: No such file or directory");
  const auto directory = load_domain_list_file(folder);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().message, "can't read it: it is no regular file");
  std::ofstream(folder / "wrong") << "a.com\n*\n**\n";
  const auto wrong = load_domain_list_file(folder / "wrong");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().line, 3U);
}

}  // namespace
}  // namespace inlet53::resolver
