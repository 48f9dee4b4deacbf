// SPDX-License-Identifier: Apache-2.0

// Parses queries composed by ldns and compares the results. Composes responses, parses them with
// ldns and with the project's parser, and compares the results with the added records.

#include <algorithm>
#include <cctype>
#include <random>

#include "prepared_rrset.h"
#include "support/ldns.h"
#include <gtest/gtest.h>

#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_view.h"
#include "inlet53/dns/response_writer.h"

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
    EXPECT_EQ((query.flags1 & 0x01) != 0, (flags & LDNS_RD) != 0);
    EXPECT_EQ((query.flags2 & 0x10) != 0, (flags & LDNS_CD) != 0);
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

class Composer {
 public:
  explicit Composer(uint32_t seed) : random_(seed) {}

  std::string random_name() {
    std::string text;
    for (size_t left = random_() % 4; left > 0; --left) {
      const char* labels[] = {"a", "B", "www", "xn--abc", "a\\.b", "\\000\\255", "a-long-label"};
      text += std::string(labels[random_() % std::size(labels)]) + '.';
    }
    const char* ends[] = {"example.com.", "Example.COM.", "sub.example.com.", "org.", "."};
    const std::string end = ends[random_() % std::size(ends)];
    return text.empty() ? end : text + (end == "." ? "" : end);
  }

  PreparedRRset random_rrset() {
    const std::string type = kTypes[random_() % std::size(kTypes)];
    std::vector<std::string> rdatas;
    for (size_t left = 1 + random_() % 5; left > 0; --left) rdatas.push_back(random_rdata(type));
    return {type, static_cast<uint32_t>(random_() >> 1), rdatas};
  }

  Name random_owner() { return Name::parse_text(random_name()).value(); }
  size_t random_up_to(size_t most) { return random_() % (most + 1); }

 private:
  static constexpr const char* kTypes[] = {"A",     "AAAA", "NS",    "CNAME", "PTR",
                                           "SOA",   "MX",   "MINFO", "TXT",   "SRV",
                                           "DNAME", "RP",   "NAPTR", "HTTPS", "TYPE65280"};

  std::string random_rdata(const std::string& type) {
    const std::string n1 = random_name();
    const std::string n2 = random_name();
    if (type == "A") return "192.0.2." + std::to_string(random_() % 256);
    if (type == "AAAA") return "2001:db8::" + std::to_string(random_() % 256);
    if (type == "SOA") return n1 + ' ' + n2 + " 1 2 3 4 5";
    if (type == "MX") return "10 " + n1;
    if (type == "MINFO" || type == "RP") return n1 + ' ' + n2;
    if (type == "TXT") return "\"some text\" \"more\"";
    if (type == "SRV") return "1 2 3 " + n1;
    if (type == "NAPTR") return "1 2 \"s\" \"x\" \"\" " + n1;
    if (type == "HTTPS") return "1 " + n1 + " alpn=h2 port=443";
    if (type == "TYPE65280") return "\\# 3 010203";
    return n1;
  }

  std::mt19937 random_;
};

struct Added {
  Name owner;
  PreparedRRset rrset;
};

// Expects the records of a prepared RRset in `section` from `at` on.
void expect_records(const Added& added, const std::vector<ResponseRecord>& section, size_t& at) {
  const uint8_t* record = added.rrset.view().records.data();
  for (size_t left = added.rrset.view().count; left > 0; --left, ++at) {
    ASSERT_LT(at, section.size());
    const ResponseRecord& found = section[at];
    EXPECT_TRUE(found.owner.view().equals(added.owner.view()));
    EXPECT_EQ(found.type, load_be16(record + 2));
    EXPECT_EQ(found.rrclass, 1);
    EXPECT_EQ(found.ttl, load_be32(record + 6));
    const size_t size = load_be16(record + 10);
    ASSERT_EQ(found.rdata.size(), size);
    // A compressed name may have the letter case of another name (RFC 4343 §4.1).
    const auto same = [](uint8_t a, uint8_t b) { return std::tolower(a) == std::tolower(b); };
    EXPECT_TRUE(std::equal(record + 12, record + 12 + size, found.rdata.begin(), same));
    record += 12 + size;
  }
}

std::string folded_text(ldns_rr* rr) {
  ldns_rr2canonical(rr);
  return test::take_text(ldns_rr2str(rr));
}

// Expects the same records from ldns and from the project's parser.
void expect_same_records(const ldns_rr_list* theirs, const std::vector<ResponseRecord>& ours) {
  ASSERT_EQ(ldns_rr_list_rr_count(theirs), ours.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    WireBytes flat;
    flat.raw(ours[i].owner.view().bytes());
    flat.record(static_cast<RRType>(ours[i].type), ours[i].rrclass, ours[i].ttl, ours[i].rdata);
    ldns_rr* rr = nullptr;
    size_t at = 0;
    ASSERT_EQ(ldns_wire2rr(&rr, flat.bytes().data(), flat.bytes().size(), &at, LDNS_SECTION_ANSWER),
              LDNS_STATUS_OK);
    const test::Ldns<ldns_rr> owned(rr);
    EXPECT_EQ(folded_text(rr), folded_text(ldns_rr_list_rr(theirs, i)));
  }
}

constexpr size_t kSections = 3;

// Adds random RRsets, owned by the question's name and by others; returns those that fit.
std::vector<Added> add_some(Composer& composer, ResponseWriter& writer, Section section,
                            NameView qname) {
  std::vector<Added> added;
  for (size_t left = composer.random_up_to(8); left > 0; --left) {
    const bool own = composer.random_up_to(2) == 0;
    Added next{own ? Name(qname) : composer.random_owner(), composer.random_rrset()};
    const bool fitted = own ? writer.add(section, next.rrset.view())
                            : writer.add(section, next.owner.view(), next.rrset.view());
    if (fitted) added.push_back(std::move(next));
  }
  return added;
}

void expect_what_was_added(const std::vector<Added> (&added)[kSections],
                           const ResponseMessage& response) {
  const std::vector<ResponseRecord>* sections[] = {&response.answer, &response.authority,
                                                   &response.additional};
  for (size_t section = 0; section < kSections; ++section) {
    size_t at = 0;
    for (const Added& each : added[section]) expect_records(each, *sections[section], at);
    EXPECT_EQ(at, sections[section]->size());
  }
}

void expect_ldns_agrees(Bytes message, const ResponseMessage& response) {
  const auto packet = test::parse_packet(message);
  ASSERT_TRUE(packet);
  // ldns also keeps the OPT out of the additional section.
  expect_same_records(ldns_pkt_answer(packet.get()), response.answer);
  expect_same_records(ldns_pkt_authority(packet.get()), response.authority);
  expect_same_records(ldns_pkt_additional(packet.get()), response.additional);
}

void compose_and_compare(uint32_t seed) {
  Composer composer(seed);
  WireBytes query = plain_query(composer.random_name(), RRType::MX, seed % 2);
  if (seed % 2 != 0) query.opt(4096);
  Slot slot(query);
  ASSERT_EQ(slot.verdict(), QueryVerdict::Accept);
  const size_t least = slot.query().question_end + 11;
  const size_t limit = seed % 3 == 0 ? kMaxMessage : least + composer.random_up_to(1400);
  ResponseWriter writer(slot.buffer(), slot.query(), limit);
  std::vector<Added> added[kSections];
  for (size_t section = 0; section < kSections; ++section) {
    added[section] = add_some(composer, writer, static_cast<Section>(section), slot.query().qname);
  }
  const size_t size =
      writer.finish({.recursion_available = true}, Rcode::NoError, {.ede = Ede::StaleAnswer});
  ASSERT_LE(size, limit);

  const auto response = parse_response(slot.first(size));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->has_opt, slot.query().edns.present);
  EXPECT_EQ(response->truncated(), writer.truncated());
  expect_what_was_added(added, *response);
  expect_ldns_agrees(slot.first(size), *response);
}

TEST(ComposedResponse, IsParsedByLdnsWithTheAddedRecords) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    compose_and_compare(seed);
    if (HasFatalFailure()) return;
  }
}

TEST(ComposedResponse, OfTheLargestSizeStaysLinear) {
  // Deep names that share only their structure are the most work for a compressor.
  std::vector<std::string> targets;
  for (unsigned i = 0; i < 220; ++i) {
    std::string text;
    for (unsigned label = 0; label < 60; ++label) {
      text += std::string(1, static_cast<char>('a' + (i + label * (1 + i / 26)) % 26)) + ".";
    }
    targets.push_back(text);
  }
  const PreparedRRset nameservers("NS", 60, targets);
  Slot slot(plain_query("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.", RRType::NS));
  ResponseWriter writer(slot.buffer(), slot.query(), kMaxMessage);
  size_t fitted = 0;
  while (writer.add(Section::Answer, nameservers.view())) ++fitted;
  EXPECT_GT(fitted, 0U);
  const size_t size = writer.finish({}, Rcode::NoError, {});
  EXPECT_EQ(parse_response(slot.first(size)).value().answer.size(), fitted * targets.size());
}

}  // namespace
}  // namespace inlet53::dns
