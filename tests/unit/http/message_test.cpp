// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/message.h"

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

TEST(FieldName, LetterCaseOfAsciiDoesNotCount) {
  EXPECT_TRUE(same_field_name("Content-Type", "content-TYPE"));
  EXPECT_TRUE(same_field_name("", ""));
  EXPECT_FALSE(same_field_name("content-type", "content-typ"));
  EXPECT_FALSE(same_field_name("a@", "a`"));  // 0x40 and 0x60 differ only in the bit of letter case
}

TEST(FieldName, TheFirstOfSeveralIsFound) {
  const Fields fields{{"A", "1"}, {"b", "2"}, {"B", "3"}};
  ASSERT_NE(find_field(fields, "B"), nullptr);
  EXPECT_EQ(find_field(fields, "B")->value, "2");
  EXPECT_EQ(find_field(fields, "c"), nullptr);
}

TEST(FieldName, IsAToken) {
  for (const char* name : {"a", "X-Amz-Date", "!#$%&'*+-.^_`|~09"}) {
    EXPECT_TRUE(is_field_name(name)) << name;
  }
  for (const char* name : {"", "a b", "a:", "a\n", "a\x7f", "\xc3\xa4", "(a)", "a\"", ":path"}) {
    EXPECT_FALSE(is_field_name(name)) << name;
  }
  EXPECT_FALSE(is_field_name(std::string_view("a\0", 2)));
}

TEST(FieldValue, HoldsNoControlOctetsAndNoSpaceAroundIt) {
  for (const char* value : {"", "a", "a b", "a\tb", "\xc3\xa4", "\"q\""}) {
    EXPECT_TRUE(is_field_value(value)) << value;
  }
  for (const char* value :
       {" a", "a ", "\ta", "a\t", "a\rb", "a\nb", "a\r\nB: c", "a\x1b", "\x7f"}) {
    EXPECT_FALSE(is_field_value(value)) << value;
  }
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace inlet53::http
