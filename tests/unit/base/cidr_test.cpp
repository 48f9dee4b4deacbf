// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/cidr.h"

#include <random>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

Cidr cidr(std::string_view text) {
  const auto parsed = Cidr::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Cidr{});
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(Cidr, ReadsAndWritesBlocks) {
  for (const char* text : {"172.31.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "fd00::/8", "::/0",
                           "2001:db8::1/128", "10.128.0.0/9"}) {
    EXPECT_EQ(cidr(text).to_text(), text);
  }
}

TEST(Cidr, SaysWhatIsWrong) {
  EXPECT_EQ(Cidr::parse("10.0.0.0").error(),
            "\"10.0.0.0\" is no CIDR block: it lacks a prefix length (as in /32)");
  EXPECT_EQ(Cidr::parse("10.0.0/8").error(),
            "\"10.0.0/8\" is no CIDR block: no IP address before /");
  EXPECT_EQ(Cidr::parse("10.0.0.0/33").error(),
            "\"10.0.0.0/33\" is no CIDR block: the prefix length goes from 0 to 32");
  EXPECT_EQ(Cidr::parse("::/129").error(),
            "\"::/129\" is no CIDR block: the prefix length goes from 0 to 128");
  EXPECT_FALSE(Cidr::parse("10.0.0.0/"));
  EXPECT_FALSE(Cidr::parse("10.0.0.0/8x"));
  EXPECT_EQ(Cidr::parse("10.0.1.0/16").error(),
            "\"10.0.1.0/16\" has bits after its prefix; the block is 10.0.0.0/16");
}

TEST(Cidr, ContainsToTheBit) {
  EXPECT_TRUE(cidr("10.0.128.0/17").contains(ip("10.0.140.226")));
  EXPECT_FALSE(cidr("10.0.128.0/17").contains(ip("10.0.127.255")));
  EXPECT_TRUE(cidr("0.0.0.0/0").contains(ip("255.255.255.255")));
  EXPECT_FALSE(cidr("0.0.0.0/0").contains(ip("::1")));
  EXPECT_TRUE(cidr("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(cidr("2001:db8::/33").contains(ip("2001:db8:8000::")));
  EXPECT_TRUE(cidr("10.0.0.0/8").contains(cidr("10.1.0.0/16")));
  EXPECT_FALSE(cidr("10.1.0.0/16").contains(cidr("10.0.0.0/8")));
  EXPECT_TRUE(cidr("10.1.0.0/16").overlaps(cidr("10.0.0.0/8")));
  EXPECT_FALSE(cidr("10.1.0.0/16").overlaps(cidr("10.2.0.0/16")));
}

TEST(CidrSet, AgreesWithItsBlocksForEveryAddress) {
  std::mt19937 random(53);
  std::vector<Cidr> blocks;
  for (int i = 0; i < 200; ++i) {
    const auto length = static_cast<uint8_t>(random() % 33);
    const uint32_t mask = length == 0 ? 0 : ~uint32_t{0} << (32 - length);
    uint8_t octets[4];
    // Inside 10.0.0.0/14, so that blocks overlap, touch and nest; short prefixes stay rare.
    store_be32(octets, (0x0A000000U | (random() & 0x3FFFFU)) & mask);
    if (length < 14) continue;
    blocks.push_back({IpAddress::from_bytes(octets), length});
  }
  blocks.push_back(cidr("2001:db8::/32"));
  blocks.push_back(cidr("2001:db8:1::/48"));
  const CidrSet set(blocks);
  for (int i = 0; i < 20000; ++i) {
    uint8_t octets[4];
    store_be32(octets, 0x0A000000U | (random() & 0x7FFFFU));
    const IpAddress address = IpAddress::from_bytes(octets);
    bool expected = false;
    for (const Cidr& block : blocks) expected = expected || block.contains(address);
    EXPECT_EQ(set.contains(address), expected) << address.to_text();
  }
  EXPECT_TRUE(set.contains(ip("2001:db8:1::1")));
  EXPECT_FALSE(set.contains(ip("2001:db9::")));
  EXPECT_LT(set.blocks().size(), blocks.size());
}

TEST(CidrSet, EmptyHoldsNothing) {
  EXPECT_FALSE(CidrSet().contains(ip("127.0.0.1")));
  EXPECT_TRUE(CidrSet(std::vector<Cidr>{}).empty());
  EXPECT_FALSE(CidrSet({cidr("::/0")}).contains(ip("127.0.0.1")));
}

}  // namespace
}  // namespace inlet53
