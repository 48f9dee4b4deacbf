// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::server {

inline constexpr zone::HashSeed kSeed = 53;

/// State whose addresses answer `name.test.` with `address` and `big.test.` with 100 addresses.
inline std::shared_ptr<const resolver::ResolverState> make_state(
    const std::vector<SocketAddress>& listens, const std::string& address) {
  std::string text = "$TTL 60\n@ SOA a b 1 2 3 4 5\nname A " + address + "\nwww CNAME name\n";
  for (int i = 0; i < 100; ++i) text += "big A 10.0.0." + std::to_string(i) + "\n";
  const auto apex = dns::Name::parse_text("test.");
  const auto data = zone::load_zone_text(text, "test.zone", apex->view());
  auto zones = std::make_shared<const zone::ZoneIndex>(
      std::vector<zone::ZoneIndex::Entry>{
          {zone::ZoneKind::HostedZone, zone::ZoneTable::build(data->data, kSeed, {})}},
      kSeed);

  topology::Vpc vpc;
  vpc.id = "vpc-1";
  vpc.region = "eu-west-1";
  vpc.account_id = "123456789012";
  topology::ResolverEndpoint endpoint;
  endpoint.id = "rslvr-in-1";
  topology::ResolverEndpointIp ip;
  ip.id = "rni-1";

  auto state = std::make_shared<resolver::ResolverState>();
  for (const SocketAddress& listen : listens) {
    resolver::EndpointAddress served;
    served.listen = listen;
    served.udp_sources = CidrSet({*Cidr::parse("127.0.0.0/16")});
    served.tcp_sources = served.udp_sources;
    served.fragments = record::render_endpoint_fragments(vpc, endpoint, ip);
    served.zones = zones;
    state->addresses.push_back(std::move(served));
  }
  return state;
}

/// Composes a query, with an OPT of `udp_size` unless that is 0.
inline std::vector<uint8_t> make_query(std::string_view qname, uint16_t qtype, uint16_t udp_size) {
  const dns::Name owned = *dns::Name::parse_text(qname);
  const Bytes name = owned.view().bytes();
  std::vector<uint8_t> out(12 + name.size() + 4 + (udp_size == 0 ? 0 : 11));
  store_be16(&out[0], 0x1234);
  store_be16(&out[2], 0x0100);
  store_be16(&out[4], 1);
  store_be16(&out[10], udp_size == 0 ? 0 : 1);
  std::copy(name.begin(), name.end(), out.begin() + 12);
  uint8_t* tail = &out[12 + name.size()];
  store_be16(tail, qtype);
  store_be16(tail + 2, 1);
  if (udp_size != 0) {
    store_be16(tail + 5, 41);
    store_be16(tail + 7, udp_size);
  }
  return out;
}

/// Forwarder whose queries wait until a test answers them.
struct TestForwarder final : QueryForwarder {
  void enqueue(const ReplyTo& to, Bytes message, const resolver::ForwardQuestion&) override {
    waiting.push_back({to, {message.begin(), message.end()}});
    if (at_once) at_once();
  }
  void refresh(const resolver::ForwardQuestion&) override {}
  void cancel(const Replier&) override {}

  /// Answers the oldest waiting query with its own message.
  void answer_first() {
    const auto [to, message] = std::exchange(waiting.front(), {});
    waiting.pop_front();
    to.replier->reply(to, message);
  }

  std::deque<std::pair<ReplyTo, std::vector<uint8_t>>> waiting;
  std::function<void()> at_once;  // called for each query; may be empty
};

}  // namespace inlet53::server
