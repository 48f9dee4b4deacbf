// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/url.h"

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

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
