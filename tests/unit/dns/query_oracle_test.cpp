// SPDX-License-Identifier: Apache-2.0

// Parses queries composed by ldns and compares the results.

#include <random>

#include "support/ldns.h"
#include <gtest/gtest.h>

#include "inlet53/dns/query_view.h"

namespace inlet53::dns {
namespace {

test::Ldns<ldns_pkt> ldns_query(const std::string& qname, uint16_t qtype, uint16_t qclass,
                                uint16_t flags) {
  ldns_pkt* packet = nullptr;
  ldns_pkt_query_new_frm_str(&packet, qname.c_str(), static_cast<ldns_rr_type>(qtype),
                             static_cast<ldns_rr_class>(qclass), flags);
  return test::Ldns<ldns_pkt>(packet);
}

TEST(LdnsQueries, AreAcceptedForEveryType) {
  for (uint32_t type = 1; type <= 65535; type += type < 300 ? 1 : 17) {
    const auto qtype = static_cast<uint16_t>(type);
    const bool refused =
        qtype == static_cast<uint16_t>(RRType::OPT) || qtype == static_cast<uint16_t>(RRType::TSIG);
    const auto packet = ldns_query("www.Example.com.", qtype, 1, LDNS_RD);
    ldns_pkt_set_id(packet.get(), qtype);
    const auto octets = test::packet_wire(packet.get());
    QueryView query;
    ASSERT_EQ(parse_query(octets, query), refused ? QueryVerdict::FormErr : QueryVerdict::Accept)
        << type;
    ASSERT_EQ(query.qtype, qtype);
    ASSERT_EQ(query.id, qtype);
  }
}

TEST(LdnsQueries, KeepTheirFieldsWithEdns) {
  std::mt19937 random(53);
  for (int i = 0; i < 2000; ++i) {
    const auto flags =
        static_cast<uint16_t>((random() % 2 ? LDNS_RD : 0) | (random() % 2 ? LDNS_CD : 0));
    const auto qclass = static_cast<uint16_t>(random() % 3 == 0 ? 255 : 1);
    const auto packet = ldns_query("a\\000b.Example.", 16, qclass, flags);
    const auto size = static_cast<uint16_t>(random());
    const bool dnssec_ok = random() % 2 != 0;
    std::vector<uint8_t> options;
    for (size_t left = random() % 5; left > 0; --left) {
      const size_t length = random() % 40;
      options.insert(options.end(),
                     {0, static_cast<uint8_t>(random()), 0, static_cast<uint8_t>(length)});
      for (size_t octet = 0; octet < length; ++octet) {
        options.push_back(static_cast<uint8_t>(random()));
      }
    }
    ldns_pkt_set_edns_udp_size(packet.get(), size);
    ldns_pkt_set_edns_do(packet.get(), dnssec_ok);
    if (!options.empty()) {
      ldns_pkt_set_edns_data(packet.get(), ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN,
                                                                 options.size(), options.data()));
    }
    const auto octets = test::packet_wire(packet.get());
    QueryView query;
    ASSERT_EQ(parse_query(octets, query), QueryVerdict::Accept);
    EXPECT_EQ(query.qname.to_text(), "a\\000b.Example.");
    EXPECT_EQ(query.qclass, qclass);
    EXPECT_EQ(query.recursion_desired(), (flags & LDNS_RD) != 0);
    EXPECT_EQ(query.checking_disabled(), (flags & LDNS_CD) != 0);
    EXPECT_EQ(query.edns.present, size != 0 || dnssec_ok || !options.empty());
    EXPECT_EQ(query.edns.udp_size, size);
    EXPECT_EQ(query.edns.dnssec_ok, dnssec_ok);
    EXPECT_TRUE(std::equal(options.begin(), options.end(), query.edns.options.begin(),
                           query.edns.options.end()));
  }
}

// The parser accepts no message that ldns rejects. It rejects more than ldns only in the listed
// cases.
TEST(LdnsQueries, AgreeOnMutatedMessages) {
  const auto packet = ldns_query("www.example.com.", 1, 1, LDNS_RD);
  ldns_pkt_set_edns_udp_size(packet.get(), 1232);
  const auto original = test::packet_wire(packet.get());
  std::mt19937 random(53);
  size_t accepted = 0;
  for (int i = 0; i < 40000; ++i) {
    auto octets = original;
    for (size_t left = 1 + random() % 3; left > 0; --left) {
      octets[random() % octets.size()] = static_cast<uint8_t>(random());
    }
    if (random() % 4 == 0) octets.resize(random() % octets.size());
    QueryView query;
    if (parse_query(octets, query) != QueryVerdict::Accept) continue;
    ++accepted;
    EXPECT_TRUE(test::parse_packet(octets));
  }
  EXPECT_GT(accepted, 500U);
}

}  // namespace
}  // namespace inlet53::dns
