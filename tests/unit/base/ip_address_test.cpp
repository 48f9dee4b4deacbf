// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/ip_address.h"

#include <random>

#include <gtest/gtest.h>

namespace inlet53 {

namespace {

TEST(IpAddress, IsUnspecifiedWhenAllBitsAreZero) {
  for (const char* const text : {"0.0.0.0", "::"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_unspecified()) << text;
  }
  for (const char* const text : {"0.0.0.1", "127.0.0.1", "::1", "8000::", "::ffff:0.0.0.0"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_unspecified()) << text;
  }
}

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0", "10.0.140.226", "255.255.255.255", "100.9.99.199",
                           "::", "::1", "2a02:cf40:f1::1", "fd00:ec2::253", "::ffff:10.0.0.1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_text(), text);
  }
  EXPECT_EQ(IpAddress::parse("2A02:0:0::1")->to_text(), "2a02::1");
}

TEST(IpAddress, RejectsOtherTexts) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "010.0.0.1x", "::1%eth0",
                           ":::", "1.2.3.4.5", "12345::", "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, IsUnspecifiedWhereAllBitsAre0) {
  for (const char* text : {"0.0.0.0", "::"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_unspecified()) << text;
  }
  for (const char* text : {"0.0.0.1", "1.0.0.0", "::1", "1::", "::ffff:0.0.0.0"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_unspecified()) << text;
  }
}

TEST(SocketAddress, ReadsAndWritesOneString) {
  for (const char* text : {"127.0.53.1:5300", "[::1]:5300", "0.0.0.0:0", "[fd00::1]:65535"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_text(), text);
  }
}

TEST(SocketAddress, RejectsOtherTexts) {
  for (const char* text : {"127.0.0.1", "::1:53", "[127.0.0.1]:53", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "[::1]53", ":53", "127.0.0.1:5 3"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, SurvivesTheSocketCallForm) {
  for (const char* text : {"127.0.53.1:5300", "[2a02:cf40:f1::1]:53"}) {
    sockaddr_storage storage;
    const auto address = SocketAddress::parse(text);
    const socklen_t size = address->to_sockaddr(storage);
    EXPECT_EQ(size, address->address.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)), *address);
  }
}

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

TEST(Cidr, ReportsTheProblem) {
  EXPECT_EQ(Cidr::parse("10.0.0.0").error(),
            "\"10.0.0.0\" is not a CIDR block: it lacks a prefix length (as in /32)");
  EXPECT_EQ(Cidr::parse("10.0.0/8").error(),
            "\"10.0.0/8\" is not a CIDR block: no IP address before /");
  EXPECT_EQ(Cidr::parse("10.0.0.0/33").error(),
            "\"10.0.0.0/33\" is not a CIDR block: the prefix length goes from 0 to 32");
  EXPECT_EQ(Cidr::parse("::/129").error(),
            "\"::/129\" is not a CIDR block: the prefix length goes from 0 to 128");
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
    uint8_t bytes[4];
    // Inside 10.0.0.0/14, so that blocks overlap, touch and nest; short prefixes stay rare.
    store_be32(bytes, (0x0A000000U | (random() & 0x3FFFFU)) & mask);
    if (length < 14) continue;
    blocks.push_back({IpAddress::from_bytes(bytes), length});
  }
  blocks.push_back(cidr("2001:db8::/32"));
  blocks.push_back(cidr("2001:db8:1::/48"));
  const CidrSet set(blocks);
  for (int i = 0; i < 20000; ++i) {
    uint8_t bytes[4];
    store_be32(bytes, 0x0A000000U | (random() & 0x7FFFFU));
    const IpAddress address = IpAddress::from_bytes(bytes);
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
