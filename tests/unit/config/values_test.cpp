// SPDX-License-Identifier: Apache-2.0
#include "values.h"

#include <string>

#include <gtest/gtest.h>

namespace inlet53::config {
namespace {

// Returns the text that toml++ reads from a TOML string.
std::string parsed(const std::string& text) {
  return toml::parse("key = " + text)["key"].value_or<std::string>("no string");
}

TEST(QuotedText, IsATomlStringWithTheSameContent) {
  struct Case {
    std::string text;
    std::string quoted;
  };
  const Case cases[] = {
      {"", "\"\""},
      {"plain text", "\"plain text\""},
      {"it's", "\"it's\""},
      {"say \"hi\"", "'say \"hi\"'"},
      {"C:\\zones", "'C:\\zones'"},
      {"it's \"C:\\\"", "\"it's \\\"C:\\\\\\\"\""},
      {"Zürich", "\"Zürich\""},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(quoted_text(each.text), each.quoted);
    EXPECT_EQ(parsed(each.quoted), each.text) << each.quoted;
  }
}

}  // namespace
}  // namespace inlet53::config
