// SPDX-License-Identifier: Apache-2.0
#include "named_values.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

// Formats `name=value,value|name=…`.
std::string text(const std::vector<NamedValues>& all) {
  std::string out;
  for (const NamedValues& one : all) {
    if (!out.empty()) out += '|';
    out += one.name + '=';
    for (size_t i = 0; i < one.values.size(); ++i) out += (i == 0 ? "" : ",") + one.values[i];
  }
  return out;
}

TEST(QueryParameters, AreDecodedInOrder) {
  const std::vector<std::pair<std::string_view, std::string>> cases{
      {"", ""},
      {"a=b", "a=b"},
      {"a=1&b=2&a=3", "a=1,3|b=2"},
      {"a=1;b=2", "a=1|b=2"},
      {"a=1&A=2", "a=1|A=2"},
      {"a", "a="},
      {"a=", "a="},
      {"&&a&", "a="},
      {"a=b=c", "a=b=c"},
      {"test%2Balias=a+b%20c", "test+alias=a b c"},
      {"a=%", "a=%"},
      {"a=%4", "a=%4"},
      {"a=%zz%41", "a=%zzA"},
      {"a=%4g+", "a=%4g "},
      {"a%3Db=c%26d%3Be", "a=b=c&d;e"},
      {"a=%c3%A9", "a=\xc3\xa9"},
      {"a=%00", std::string("a=\0", 3)},
  };
  for (const auto& [query, parameters] : cases) {
    EXPECT_EQ(text(query_parameters(query)), parameters) << query;
  }
}

}  // namespace
}  // namespace inlet53::gateway
