// SPDX-License-Identifier: Apache-2.0
#include "source_filter.h"

#include <array>
#include <map>
#include <random>

#include "net_support.h"
#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

CidrSet blocks(std::initializer_list<const char*> texts) {
  std::vector<Cidr> out;
  for (const char* text : texts) out.push_back(*Cidr::parse(text));
  return CidrSet(out);
}

// Interprets the classic BPF instructions of a source filter, on a segment from `source`.
bool accepts(const std::vector<sock_filter>& program, const IpAddress& source) {
  const uint32_t header = static_cast<uint32_t>(SKF_NET_OFF) + (source.is_v4() ? 12U : 8U);
  std::array<uint32_t, BPF_MEMWORDS> memory{};
  uint32_t a = 0;
  for (size_t at = 0;; ++at) {
    const sock_filter& step = program.at(at);
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        a = load_be32(source.bytes().subspan(step.k - header, 4).data());
        break;
      case BPF_LD | BPF_MEM:
        a = memory.at(step.k);
        break;
      case BPF_ST:
        memory.at(step.k) = a;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += a == step.k ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k != 0;
      default:
        ADD_FAILURE() << "unknown instruction " << step.code;
        return false;
    }
  }
}

// Addresses near blocks matter most, so the top bits come from a small set.
IpAddress random_address(IpFamily family, std::mt19937& random) {
  std::array<uint8_t, 16> octets{};
  for (uint8_t& byte : octets) byte = static_cast<uint8_t>(random());
  octets[0] = static_cast<uint8_t>(10 + octets[0] % 2);
  octets[1] = static_cast<uint8_t>(octets[1] % 4);
  if (family == IpFamily::V6 && octets[15] % 2 == 0)
    std::fill_n(octets.begin() + 2, 12, uint8_t{0});
  return IpAddress::from_bytes({octets.data(), family == IpFamily::V4 ? size_t{4} : size_t{16}});
}

Cidr random_block(IpFamily family, std::mt19937& random) {
  const IpAddress address = random_address(family, random);
  const auto length = 12 + random() % (family == IpFamily::V4 ? 21 : 117);
  const std::string text = address.to_text() + '/' + std::to_string(length);
  const auto exact = Cidr::parse(text);
  if (exact) return *exact;
  // The error ends with the probable block.
  return *Cidr::parse(std::string_view(exact.error()).substr(exact.error().rfind(' ') + 1));
}

TEST(ComposeSourceFilter, AgreesWithTheSetItWasMadeFrom) {
  std::mt19937 random(53);
  for (const IpFamily family : {IpFamily::V4, IpFamily::V6}) {
    size_t accepted = 0;
    for (int round = 0; round < 40; ++round) {
      std::vector<Cidr> chosen;
      for (int i = 0; i < round; ++i) chosen.push_back(random_block(family, random));
      const CidrSet set(chosen);
      const auto program = compose_source_filter(set, family);
      ASSERT_TRUE(program);
      for (int i = 0; i < 100; ++i) {
        const IpAddress source = i % 4 == 0 && !chosen.empty()
                                     ? chosen[random() % chosen.size()].network
                                     : random_address(family, random);
        ASSERT_EQ(accepts(*program, source), set.contains(source)) << source.to_text();
        accepted += set.contains(source) ? 1 : 0;
      }
    }
    EXPECT_GT(accepted, 500U);
  }
}

TEST(ComposeSourceFilter, KnowsTheEdgesOfABlock) {
  const auto v4 = compose_source_filter(blocks({"172.31.0.0/16", "10.1.2.3/32"}), IpFamily::V4);
  const std::map<const char*, bool> expected_v4{{"172.31.0.0", true},      {"172.31.255.255", true},
                                                {"172.30.255.255", false}, {"172.32.0.0", false},
                                                {"10.1.2.3", true},        {"10.1.2.2", false}};
  for (const auto& [text, inside] : expected_v4) {
    EXPECT_EQ(accepts(*v4, *IpAddress::parse(text)), inside) << text;
  }
  const auto v6 = compose_source_filter(blocks({"fd00:0:0:8000::/49", "::1/128"}), IpFamily::V6);
  const std::map<const char*, bool> expected_v6{{"fd00:0:0:8000::", true},
                                                {"fd00:0:0:ffff:ffff::", true},
                                                {"fd00:0:0:7fff::", false},
                                                {"fd00:0:1:8000::", false},
                                                {"::1", true},
                                                {"::2", false}};
  for (const auto& [text, inside] : expected_v6) {
    EXPECT_EQ(accepts(*v6, *IpAddress::parse(text)), inside) << text;
  }
}

TEST(ComposeSourceFilter, AllMeansAllAndNoneMeansNone) {
  const IpAddress v4 = *IpAddress::parse("203.0.113.9");
  const IpAddress v6 = *IpAddress::parse("2001:db8::9");
  EXPECT_TRUE(accepts(*compose_source_filter(blocks({"0.0.0.0/0"}), IpFamily::V4), v4));
  EXPECT_TRUE(accepts(*compose_source_filter(blocks({"::/0"}), IpFamily::V6), v6));
  EXPECT_FALSE(accepts(*compose_source_filter({}, IpFamily::V4), v4));
  EXPECT_FALSE(accepts(*compose_source_filter(blocks({"::/0"}), IpFamily::V4), v4));
}

// 454 of them fill a program.
CidrSet single_addresses(uint16_t count) {
  std::vector<Cidr> out;
  for (uint16_t i = 0; i < count; ++i) {
    std::array<uint8_t, 16> octets{0xFD};
    store_be16(&octets[14], i);
    out.push_back({IpAddress::from_bytes(octets), 128});
  }
  return CidrSet(out);
}

TEST(ComposeSourceFilter, IsAbsentWhenTheKernelHasNoRoom) {
  EXPECT_TRUE(compose_source_filter(single_addresses(454), IpFamily::V6));
  EXPECT_FALSE(compose_source_filter(single_addresses(455), IpFamily::V6));
  EXPECT_TRUE(compose_source_filter(single_addresses(455), IpFamily::V4));
}

//--- On real sockets

bool still_waits_for_handshake(const Descriptor& client) {
  tcp_info info{};
  socklen_t length = sizeof info;
  EXPECT_EQ(getsockopt(client.get(), IPPROTO_TCP, TCP_INFO, &info, &length), 0);
  return info.tcpi_state == TCP_SYN_SENT;
}

Descriptor knock(const SocketAddress& server, const char* from) {
  Descriptor client = client_socket(SOCK_STREAM | SOCK_NONBLOCK, server.address.family(), from);
  EXPECT_EQ(connect_to(client, server), EINPROGRESS);
  return client;
}

Descriptor listening(const char* host, const CidrSet& allowed) {
  auto server = open_tcp(local(host));
  EXPECT_TRUE(server) << server.error().message;
  EXPECT_TRUE(attach_source_filter(server->get(), allowed));
  EXPECT_EQ(listen(server->get(), 16), 0);
  return std::move(*server);
}

TEST(AttachSourceFilter, GivesNoHandshakeToUnauthorisedSources) {
  const Descriptor server = listening("127.0.0.1", blocks({"127.0.0.0/16"}));
  const SocketAddress address = bound_to(server.get());
  const Descriptor unauthorised = knock(address, "127.9.9.9");
  // Loopback delivers a SYN before connect returns, so the unauthorised one arrived before this
  // one.
  const Descriptor friendly = connected(SOCK_STREAM, address, "127.0.0.2");
  EXPECT_TRUE(still_waits_for_handshake(unauthorised));
}

TEST(AttachSourceFilter, CanBeReplacedWithoutCuttingAnybodyOff) {
  const Descriptor server = listening("127.0.0.1", blocks({"127.0.0.0/16"}));
  const SocketAddress address = bound_to(server.get());
  const Descriptor friendly = connected(SOCK_STREAM, address, "127.0.0.2");
  const Descriptor accepted(accept(server.get(), nullptr, nullptr));
  ASSERT_TRUE(accepted.valid());

  ASSERT_TRUE(attach_source_filter(server.get(), blocks({"127.9.0.0/16"})));
  const Descriptor unauthorised = knock(address, "127.0.0.2");
  const Descriptor newcomer = connected(SOCK_STREAM, address, "127.9.9.9");
  EXPECT_TRUE(still_waits_for_handshake(unauthorised));
  send_text(friendly, "still here");
  EXPECT_EQ(receive_text(accepted), "still here");
}

TEST(AttachSourceFilter, WorksForIpv6) {
  const Descriptor server = listening("::1", blocks({"::1/128", "0.0.0.0/0"}));
  const SocketAddress address = bound_to(server.get());
  const Descriptor friendly = connected(SOCK_STREAM, address);
  // ::1 is the only IPv6 source that every machine has, so it becomes the unauthorised source.
  ASSERT_TRUE(attach_source_filter(server.get(), blocks({"fd00::/8", "0.0.0.0/0"})));
  const Descriptor unauthorised = knock(address, nullptr);
  const Descriptor witness = listening("::1", blocks({"::1/128"}));
  const Descriptor welcome = connected(SOCK_STREAM, bound_to(witness.get()));
  EXPECT_TRUE(still_waits_for_handshake(unauthorised));
}

TEST(AttachSourceFilter, LeavesNoFilterWhenThereAreTooManyBlocks) {
  const Descriptor server = listening("::1", blocks({"fd00::/8"}));
  EXPECT_FALSE(attach_source_filter(server.get(), single_addresses(455)));
  const Descriptor anybody = connected(SOCK_STREAM, bound_to(server.get()));
}

}  // namespace
}  // namespace inlet53::net
