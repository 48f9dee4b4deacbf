// SPDX-License-Identifier: Apache-2.0

// A message takes the complete path of a query; the response must be a valid one to it.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "fuzz.h"

#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_view.h"
#include "inlet53/server/responder.h"
#include "inlet53/zone/generated_zones.h"
#include "inlet53/zone/zone_loader.h"

namespace {

using namespace inlet53;

constexpr std::string_view kZone = R"($TTL 300
@       SOA  ns hostmaster 1 7200 900 1209600 86400
@       NS   ns
@       MX   10 mail
ns      A    10.0.0.2
app     A    10.0.0.3
app     A    10.0.0.4
www     CNAME app
*.apps  TXT  "wild"
old     DNAME apps
loop    CNAME loop
sub     NS   ns.sub
ns.sub  AAAA fd00::1
)";

constexpr zone::HashSeed kSeed = 1;

/// A VPC with its own names, and rules about names of the zone.
topology::Topology make_topology() {
  using topology::BlockResponse;
  using topology::FirewallAction;
  topology::Topology t;
  t.vpcs.resize(1);
  t.vpcs[0].region = "us-east-1";
  t.vpcs[0].cidr_blocks = {*Cidr::parse("10.0.0.0/23")};
  t.vpcs[0].firewall_rule_groups = {{"", "g", 100}};
  t.firewall_domain_lists = {{"", "override", {"*.b", "c"}, ""}, {"", "alert", {"*.a"}, ""}};
  topology::FirewallRule rule;
  rule.domain_list = "override";
  rule.block_response = BlockResponse::Override;
  rule.block_override_domain = "sink.example";
  t.firewall_rule_groups = {{"", "g", {rule}}};
  rule = {};
  rule.priority = 1;
  rule.domain_list = "alert";
  rule.action = FirewallAction::Alert;
  t.firewall_rule_groups[0].rules.push_back(rule);
  return t;
}

resolver::EndpointAddress make_address(bool delegation) {
  const auto apex = dns::Name::parse_text("a.");
  const auto data = zone::load_zone_text(kZone, "fuzz.zone", apex->view());
  FUZZ_CHECK(data.has_value());
  resolver::EndpointAddress address;
  address.delegation = delegation;
  address.udp_sources = CidrSet({*Cidr::parse("0.0.0.0/0")});
  std::vector<zone::ZoneIndex::Entry> entries = {
      {zone::ZoneKind::HostedZone, zone::ZoneTable::build(data->data, kSeed, {})}};
  const topology::Topology topology = make_topology();
  for (const zone::GeneratedZone& made : zone::vpc_zones(topology, topology.vpcs[0])) {
    entries.push_back({zone::ZoneKind::VpcNames, zone::ZoneTable::build(made.data, kSeed, {}),
                       made.address_names});
  }
  address.zones = std::make_shared<const zone::ZoneIndex>(std::move(entries), kSeed);
  const auto lists = resolver::load_firewall_lists(topology, kSeed);
  FUZZ_CHECK(lists.has_value());
  address.firewall = resolver::Firewall::build(topology, topology.vpcs[0], *lists);
  return address;
}

void check_response(Bytes query, Bytes response) {
  const auto parsed = dns::parse_response(response);
  FUZZ_CHECK(parsed.has_value());
  FUZZ_CHECK(parsed->id == load_be16(query.data()));
  FUZZ_CHECK((parsed->flags & 0x8000) != 0);
  FUZZ_CHECK((parsed->flags & 0x7900) == (load_be16(query.data() + 2) & 0x7900));
  FUZZ_CHECK((parsed->flags & 0x0060) == 0);
  dns::QueryView view;
  static_cast<void>(dns::parse_query(query, view));
  FUZZ_CHECK(parsed->has_question == view.has_question);
  if (!view.has_question) return;
  const size_t size = view.question_end - dns::kHeaderSize;
  FUZZ_CHECK(
      std::memcmp(response.data() + dns::kHeaderSize, query.data() + dns::kHeaderSize, size) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array addresses{make_address(false), make_address(true)};
  static server::WorkerCounts counts;
  static const server::Responder::Options options = [] {
    server::Responder::Options all;
    all.settings.edns.nsid = "fuzz";
    all.settings.edns.client_subnet = settings::ClientSubnet::Answer;
    all.settings.server.version = "fuzz";
    return all;
  }();
  static const auto responder =
      std::make_unique<server::Responder>(options, nullptr, nullptr, counts);
  static std::array<uint8_t, 65535> buffer;

  for (const auto& address : addresses) {
    for (const auto transport : {record::Transport::Udp, record::Transport::Tcp}) {
      const size_t capacity = transport == record::Transport::Udp ? 4096 : buffer.size();
      if (size > capacity) continue;
      std::copy_n(data, size, buffer.begin());
      const SocketAddress source{*IpAddress::parse("127.0.0.1"), 53};
      const size_t answered =
          responder->answer({address, transport, {}}, source, {buffer.data(), capacity}, size).size;
      if (answered == 0) continue;
      FUZZ_CHECK(answered <= (transport == record::Transport::Udp ? 1232U : buffer.size()));
      check_response({data, size}, {buffer.data(), answered});
    }
  }
  return 0;
}
