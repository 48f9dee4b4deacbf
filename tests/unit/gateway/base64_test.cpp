// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

TEST(Base64, GoesBothWays) {
  // Source: RFC 4648 §10.
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {std::string("\0\xff\xfe\x80", 4), "AP/+gA=="},
  };
  for (const auto& [octets, text] : vectors) {
    std::string out = "before ";
    append_base64(out, octets);
    EXPECT_EQ(out, "before " + text);
    EXPECT_EQ(decode_base64(text), octets);
  }
}

TEST(Base64, TakesMissingPaddingAndLineEnds) {
  EXPECT_EQ(decode_base64("Zg"), "f");
  EXPECT_EQ(decode_base64("Zm8"), "fo");
  EXPECT_EQ(decode_base64("Zm9v\r\nYmFy\n"), "foobar");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Zg===", "=", "Zm=v", "Z-8=", "Zm9v ", "Zm9v="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace inlet53::gateway
