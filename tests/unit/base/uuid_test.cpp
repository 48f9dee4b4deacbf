#include "inlet53/base/uuid.h"

#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(Uuid, IsRandomAndOfVersion4) {
  const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_TRUE(std::regex_match(uuid, shape)) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomHex, HasTheDigitsAskedFor) {
  EXPECT_EQ(random_hex(0), "");
  for (const size_t digits : {1U, 24U, 32U, 64U}) {
    const std::string hex = random_hex(digits);
    EXPECT_EQ(hex.size(), digits);
    EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

}  // namespace
}  // namespace inlet53
