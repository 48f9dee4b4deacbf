// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_text.h"

#include <gtest/gtest.h>

namespace inlet53::policy {
namespace {

PolicyText text(std::string_view source) {
  const auto parsed = PolicyText::parse(source, Wildcards::Special, Variables::Special);
  EXPECT_TRUE(parsed) << source;
  return parsed.value_or(PolicyText{});
}

std::string fault(std::string_view source) {
  const auto parsed = PolicyText::parse(source, Wildcards::Special, Variables::Special);
  return parsed ? "" : parsed.error();
}

PolicyRequest asked() {
  PolicyRequest request;
  request.keys.add("aws:SourceVpc", "vpc-0a");
  request.keys.add("aws:UserAgent", "");
  return request;
}

TEST(PolicyText, MatchesWildcards) {
  struct Row {
    const char* pattern;
    const char* subject;
    bool matches;
  };
  for (const Row& row : {
           Row{"", "", true},
           Row{"", "a", false},
           Row{"*", "", true},
           Row{"*", "anything/at:all", true},
           Row{"?", "", false},
           Row{"?", "a", true},
           Row{"?", "ab", false},
           Row{"a*", "a", true},
           Row{"a*", "ba", false},
           Row{"*a", "bba", true},
           Row{"*a", "bab", false},
           Row{"a*b*c", "abbc", true},
           Row{"a*b*c", "acb", false},
           Row{"*ab*ab", "abab", true},
           Row{"*ab*ab", "aab", false},
           Row{"a**b", "ab", true},
           Row{"a?*b", "ab", false},
           Row{"a?*b", "axyb", true},
           Row{"*?", "", false},
           Row{"*?*", "x", true},
           Row{"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
           Row{"abc", "ABC", false},
           Row{"$", "$", true},
           Row{"a$b{}", "a$b{}", true},
       }) {
    EXPECT_EQ(text(row.pattern).matches(row.subject, {}), row.matches)
        << row.pattern << " over " << row.subject;
  }
  EXPECT_TRUE(text("AbC*").matches("aBcDe", {}, LetterCase::Ignored));
}

TEST(PolicyText, LeavesToTextsWhatIsNotSpecial) {
  const auto plain = PolicyText::parse("a*${x}?", Wildcards::Literal, Variables::Literal);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->matches("a*${x}?", {}));
  EXPECT_FALSE(plain->matches("abc${x}d", {}));
  EXPECT_EQ(plain->text(), "a*${x}?");
  EXPECT_FALSE(plain->has_variables());
}

TEST(PolicyText, ReplacesVariables) {
  EXPECT_TRUE(text("x-${aws:SourceVpc}-y").matches("x-vpc-0a-y", asked()));
  EXPECT_TRUE(text("${aws:sourcevpc}${aws:SOURCEVPC}").matches("vpc-0avpc-0a", asked()));
  EXPECT_TRUE(text("${ aws:username , 'no one' }").matches("no one", asked()));
  EXPECT_TRUE(text("${aws:username, 'a}b'}").matches("a}b", asked()));
  EXPECT_TRUE(text("${aws:username, ''}").matches("", asked()));
  EXPECT_TRUE(text("<${aws:UserAgent}>").matches("<>", asked()));
  EXPECT_FALSE(text("${aws:username}*").matches("anything", asked()));
  EXPECT_FALSE(text("${aws:username}").expand(asked()));
  EXPECT_TRUE(text("${aws:PrincipalTag/team, 'red'}").matches("red", asked()));
}

TEST(PolicyText, SaysWhatIsWrongWithVariables) {
  EXPECT_EQ(fault("a${aws:x"), "\"${aws:x\" lacks the } of its variable");
  EXPECT_EQ(fault("${}"), "the variable ${} names no condition key, as in ${aws:SourceVpc}");
  EXPECT_EQ(fault("${aws}"), "the variable ${aws} names no condition key, as in ${aws:SourceVpc}");
  EXPECT_NE(fault("${:x}"), "");
  EXPECT_NE(fault("${aws:}"), "");
  EXPECT_NE(fault("${aws:a b}"), "");
  EXPECT_EQ(fault("${aws:x, y}"),
            "the variable ${aws:x, y} has a default that is not in single quotes, as in "
            "${aws:username, 'unknown'}");
  EXPECT_NE(fault("${aws:x, 'y}"), "");
}

}  // namespace
}  // namespace inlet53::policy
