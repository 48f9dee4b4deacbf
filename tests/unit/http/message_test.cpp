// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/message.h"

#include <gtest/gtest.h>

#include "inlet53/http/url.h"

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

TEST(FieldValue, HasNoControlBytesAndNoSurroundingSpace) {
  for (const char* value : {"", "a", "a b", "a\tb", "\xc3\xa4", "\"q\""}) {
    EXPECT_TRUE(is_field_value(value)) << value;
  }
  for (const char* value :
       {" a", "a ", "\ta", "a\t", "a\rb", "a\nb", "a\r\nB: c", "a\x1b", "\x7f"}) {
    EXPECT_FALSE(is_field_value(value)) << value;
  }
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

TEST(Url, IsTakenApart) {
  struct Case {
    const char* text;
    Url url;
  };
  const Case cases[] = {
      {"http://a", {false, "a", 80, "/", "a"}},
      {"HTTPS://A.Example:443/P?q=%20", {true, "a.example", 443, "/P?q=%20", "a.example"}},
      {"http://a:443", {false, "a", 443, "/", "a:443"}},
      {"https://a:80?x", {true, "a", 80, "/?x", "a:80"}},
      {"http://a:/", {false, "a", 80, "/", "a"}},
      {"http://127.0.0.1:9000/x/../y", {false, "127.0.0.1", 9000, "/x/../y", "127.0.0.1:9000"}},
      {"https://[2001:DB8::1]:8443/", {true, "2001:db8::1", 8443, "/", "[2001:db8::1]:8443"}},
      {"https://[::1]", {true, "::1", 443, "/", "[::1]"}},
      {"http://a/b@c:d//e", {false, "a", 80, "/b@c:d//e", "a"}},
  };
  for (const Case& one : cases) {
    const auto url = parse_url(one.text);
    ASSERT_TRUE(url) << one.text << ": " << url.error();
    EXPECT_EQ(url->secure, one.url.secure) << one.text;
    EXPECT_EQ(url->host, one.url.host);
    EXPECT_EQ(url->port, one.url.port);
    EXPECT_EQ(url->target, one.url.target);
    EXPECT_EQ(url->authority, one.url.authority);
    EXPECT_EQ(*url, one.url);
  }
}

TEST(Url, IsRefusedWithAReason) {
  for (const char* text : {"",
                           "a",
                           "/a",
                           "//a/b",
                           "ftp://a/",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://u@a/",
                           "http://u:p@a/",
                           "http://a#f",
                           "http://a/#f",
                           "http://a b/",
                           "http://a/b c",
                           " http://a/",
                           "http://a/\n",
                           "http://a/\xc3\xa4",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:x/",
                           "http://a:-1/",
                           "http://a:80:80/",
                           "http://[::1/",
                           "http://[]/",
                           "http://::1/",
                           "http://a,b/",
                           "http://a\\b/",
                           "http://:80/",
                           "https+x://a/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_FALSE(url.error().empty());
  }
}

}  // namespace

}  // namespace inlet53::http
