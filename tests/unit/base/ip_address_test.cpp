// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/ip_address.h"

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0", "10.0.140.226", "255.255.255.255", "100.9.99.199",
                           "::", "::1", "2a02:cf40:f1::1", "fd00:ec2::253", "::ffff:10.0.0.1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_text(), text);
  }
  EXPECT_EQ(IpAddress::parse("2A02:0:0::1")->to_text(), "2a02::1");
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.1 ", "010.0.0.1x", "::1%eth0",
                           ":::", "1.2.3.4.5", "12345::", "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, ReadsAndWritesOneString) {
  for (const char* text : {"127.0.53.1:5300", "[::1]:5300", "0.0.0.0:0", "[fd00::1]:65535"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_text(), text);
  }
}

TEST(SocketAddress, RefusesWhatIsNone) {
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

}  // namespace
}  // namespace inlet53
