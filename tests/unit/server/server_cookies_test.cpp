// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/server_cookies.h"

#include <gtest/gtest.h>

#include "inlet53/base/text.h"

namespace inlet53::server {
namespace {

std::string hex(std::string_view digits) { return parse_hex(digits).value(); }

/// Test vector of RFC 9018 appendix A.
struct Vector {
  const char* what;
  const char* secret;
  const char* previous;
  const char* client;
  uint32_t now;
  const char* sent;
  const char* answered;
  CookieProof proof;
};

constexpr const char* kSecret = "e5e973e5a6b2a43f48e7dc849e37bfcf";

TEST(ServerCookies, AreThoseOfTheRfc) {
  const Vector vectors[] = {
      {"A.1: learning a new server cookie", kSecret, "", "198.51.100.100", 1559731985,
       "2464c4abcf10c957", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", CookieProof::None},
      {"A.2: the same client learning a renewed one", kSecret, "", "198.51.100.100", 1559734385,
       "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
       "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", CookieProof::Valid},
      {"A.3: another client; older than an hour, by the RFC's own rule", kSecret, "",
       "203.0.113.203", 1559734700, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
       "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e", CookieProof::Invalid},
      {"A.4: IPv6, with a rolled over secret", "445536bcd2513298075a5d379663c962",
       "dd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
       "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
       "22681ab97d52c298010000005cf7c609a6bb79d16625507a", CookieProof::Valid},
  };
  for (const Vector& vector : vectors) {
    const ServerCookies cookies(make_cookie_secrets(hex(vector.secret), hex(vector.previous)));
    const std::string sent = hex(vector.sent);
    uint8_t out[ServerCookies::kSize];
    const CookieProof proof =
        cookies.answer(as_bytes(sent), *IpAddress::parse(vector.client), vector.now, out);
    EXPECT_EQ(proof, vector.proof) << vector.what;
    EXPECT_EQ(as_text(out), hex(vector.answered)) << vector.what;
  }
}

TEST(ServerCookies, CountReservedOctetsAsTheyCame) {
  const ServerCookies cookies(make_cookie_secrets(hex(kSecret), ""));
  const std::string sent = hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
  uint8_t out[ServerCookies::kSize];
  EXPECT_EQ(cookies.answer(as_bytes(sent), *IpAddress::parse("203.0.113.203"), 1559728000, out),
            CookieProof::Valid);
  EXPECT_EQ(as_text(out), sent);
}

class ServerCookiesTest : public testing::Test {
 protected:
  std::string answer(const std::string& sent, uint32_t now, std::string_view client = "192.0.2.1") {
    uint8_t out[ServerCookies::kSize];
    proof = cookies.answer(as_bytes(sent), *IpAddress::parse(client), now, out);
    return std::string(as_text(out));
  }
  ServerCookies cookies{make_cookie_secrets(hex(kSecret), "")};
  CookieProof proof = CookieProof::None;
  static constexpr uint32_t kNow = 1'800'000'000;
};

TEST_F(ServerCookiesTest, AreValidForAnHourAndRenewedAfterHalfOfOne) {
  const std::string cookie = answer("clientid", kNow);
  EXPECT_EQ(proof, CookieProof::None);
  EXPECT_EQ(answer(cookie, kNow + 1800), cookie);
  EXPECT_EQ(proof, CookieProof::Valid);
  EXPECT_NE(answer(cookie, kNow + 1801), cookie);
  EXPECT_EQ(proof, CookieProof::Valid);
  EXPECT_NE(answer(cookie, kNow + 3600), cookie);
  EXPECT_EQ(proof, CookieProof::Valid);
  EXPECT_NE(answer(cookie, kNow + 3601), cookie);
  EXPECT_EQ(proof, CookieProof::Invalid);
}

TEST_F(ServerCookiesTest, MayComeFiveMinutesFromTheFuture) {
  const std::string cookie = answer("clientid", kNow);
  EXPECT_EQ(answer(cookie, kNow - 300), cookie);
  EXPECT_EQ(proof, CookieProof::Valid);
  EXPECT_NE(answer(cookie, kNow - 301), cookie);
  EXPECT_EQ(proof, CookieProof::Invalid);
}

TEST_F(ServerCookiesTest, OutliveTheWrapOfSeconds) {
  const std::string cookie = answer("clientid", 0xFFFFFFFF);
  EXPECT_EQ(answer(cookie, 10), cookie);
  EXPECT_EQ(proof, CookieProof::Valid);
}

TEST_F(ServerCookiesTest, ProveNothingForOthersOrWhenAnyBitDiffers) {
  const std::string cookie = answer("clientid", kNow);
  answer(cookie, kNow, "192.0.2.2");
  EXPECT_EQ(proof, CookieProof::Invalid);
  answer(cookie, kNow, "2001:db8::1");
  EXPECT_EQ(proof, CookieProof::Invalid);
  for (size_t bit = 0; bit < cookie.size() * 8; ++bit) {
    std::string changed = cookie;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    answer(changed, kNow);
    EXPECT_EQ(proof, CookieProof::Invalid) << bit;
  }
  for (const size_t size : {size_t{16}, size_t{23}, size_t{25}, size_t{40}}) {
    std::string resized = cookie;
    resized.resize(size, 'x');
    answer(resized, kNow);
    EXPECT_EQ(proof, CookieProof::Invalid) << size;
  }
}

TEST_F(ServerCookiesTest, OfAnotherProcessProveNothing) {
  const std::string cookie = answer("clientid", kNow);
  cookies = ServerCookies(make_cookie_secrets("", ""));
  answer(cookie, kNow);
  EXPECT_EQ(proof, CookieProof::Invalid);
  EXPECT_NE(make_cookie_secrets("", "").current, make_cookie_secrets("", "").current);
}

}  // namespace
}  // namespace inlet53::server
