// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/base64.h"

#include <utility>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

// Decodes base64url; absent for an invalid text.
std::optional<std::string> decode_url(std::string_view text) {
  std::string bytes(base64_decoded_size(text.size()), '\0');
  const MutableBytes out{reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()};
  if (!decode_base64url(text, out)) return std::nullopt;
  return bytes;
}

// Source: RFC 4648 §10.
const std::pair<std::string, std::string> kVectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {std::string("\0\xff\xfe\x80", 4), "AP/+gA=="},
};

TEST(Base64, EncodesAndDecodes) {
  for (const auto& [bytes, text] : kVectors) {
    std::string out = "before ";
    append_base64(out, bytes);
    EXPECT_EQ(out, "before " + text);
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(decode_mime_base64(text), bytes);
    std::string digits = text.substr(0, text.find('='));
    for (char& digit : digits) digit = digit == '+' ? '-' : digit == '/' ? '_' : digit;
    EXPECT_EQ(decode_url(digits), bytes);
  }
}

TEST(Base64, DecodesAllBytes) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) {
    bytes += static_cast<char>(value);
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(base64_decoded_size(text.find_last_not_of('=') + 1), bytes.size());
  }
}

TEST(Base64, RejectsInvalidTexts) {
  for (const char* text :
       {"Z", "Zg", "Zm8", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Zm=v",
        "Z-8=", "Z_8=", "Zm9v ", "Zm9v=", "Zm9v====", "Zm9v\n", "Zh==", "Zm9="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

TEST(Base64, OfMimeMayLackPaddingAndHaveLineEndsAndUnusedBits) {
  EXPECT_EQ(decode_mime_base64("Zg"), "f");
  EXPECT_EQ(decode_mime_base64("Zm8"), "fo");
  EXPECT_EQ(decode_mime_base64("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_EQ(decode_mime_base64("Zm9v\r\nYg=\n=\n"), "foob");
  EXPECT_EQ(decode_mime_base64("Zh=="), "f");
}

TEST(Base64, OfMimeRejectsInvalidTexts) {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Zm=v", "Z-8=", "Zm9v ",
                           "Zm9v=", "Zm9v===="}) {
    EXPECT_FALSE(decode_mime_base64(text)) << text;
  }
}

TEST(Base64Url, RejectsInvalidTexts) {
  for (const char* text : {"Z", "Zm9vY", "Zg==", "Zm8=", "Z+8", "Z/8", "Zm9v ", "Zh", "Zm9"}) {
    EXPECT_FALSE(decode_url(text)) << text;
  }
}

}  // namespace
}  // namespace inlet53
