// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_table.h"

#include <map>

#include "test_zone.h"

namespace inlet53::zone {
namespace {

using dns::RRType;

Octets address(uint8_t last) { return {192, 0, 2, last}; }

TEST(ZoneTable, AnswersANameInAnyLetterCase) {
  const auto table = TestZone("Example.").soa().a("wWw.exAMple.", 1).build();
  const Outcome outcome = find(*table, "WWW.example.", RRType::A);
  EXPECT_EQ(outcome.found, Found::Answer);
  EXPECT_EQ(outcome.type, 1);
  EXPECT_EQ(outcome.ttl, 300U);
  EXPECT_EQ(outcome.rdata, Rdata{address(1)});
  EXPECT_EQ(outcome.owner, "www.example.");
  EXPECT_EQ(table->apex().to_text(), "example.");
}

TEST(ZoneTable, DistinguishesNoDataAndNXDomain) {
  const auto table = TestZone("example.").soa().a("a.b.example.", 1).build();
  EXPECT_EQ(find(*table, "a.b.example.", RRType::AAAA).found, Found::NoData);
  EXPECT_EQ(find(*table, "b.example.", RRType::A).found, Found::NoData);  // empty non-terminal
  EXPECT_EQ(find(*table, "b.example.", RRType::ANY).found, Found::NoData);
  EXPECT_EQ(find(*table, "example.", RRType::A).found, Found::NoData);
  EXPECT_EQ(find(*table, "c.example.", RRType::A).found, Found::NXDomain);
  EXPECT_EQ(find(*table, "x.a.b.example.", RRType::A).found, Found::NXDomain);
  EXPECT_EQ(find(*table, "x.y.z.a.b.example.", RRType::A).found, Found::NXDomain);
  EXPECT_EQ(find(*table, "example.", RRType::SOA).found, Found::Answer);
}

// RFC 2308 §3.
TEST(ZoneTable, NegativeAnswersHaveTheLowerOfTtlAndMinimum) {
  const auto low_ttl = TestZone("example.").soa(900, 86400).build();
  const Outcome outcome = find(*low_ttl, "x.example.", RRType::A);
  EXPECT_EQ(outcome.soa_ttl, 900U);
  EXPECT_EQ(outcome.apex, "example.");
  const auto low_minimum = TestZone("example.").soa(3600, 60).build();
  EXPECT_EQ(find(*low_minimum, "x.example.", RRType::A).soa_ttl, 60U);
  EXPECT_EQ(find(*low_minimum, "example.", RRType::A).soa_ttl, 60U);
  EXPECT_EQ(find(*low_minimum, "example.", RRType::SOA).ttl,
            3600U);  // an explicit query for the SOA gets its own TTL
}

TEST(ZoneTable, AnswersWithoutSoa) {
  const auto table = TestZone("example.").a("www.example.", 1).build();
  const Outcome outcome = find(*table, "x.example.", RRType::A);
  EXPECT_EQ(outcome.found, Found::NXDomain);
  EXPECT_EQ(outcome.apex, "");
}

TEST(ZoneTable, ServesTheRootZone) {
  const auto table =
      TestZone(".").soa().a("www.example.", 1).points(".", RRType::NS, "ns.").build();
  EXPECT_EQ(find(*table, "www.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, ".", RRType::NS).found, Found::Answer);
  EXPECT_EQ(find(*table, ".", RRType::NS, {.refer = true}).found, Found::Answer);
  EXPECT_EQ(find(*table, "example.", RRType::A).found, Found::NoData);
  EXPECT_EQ(find(*table, "org.", RRType::A).found, Found::NXDomain);
  EXPECT_EQ(find(*table, "org.", RRType::A).apex, ".");
}

TEST(ZoneTable, ReturnsACnameWithoutFollowingIt) {
  const auto table = TestZone("example.")
                         .soa()
                         .points("alias.example.", RRType::CNAME, "www.example.")
                         .add("alias.example.", RRType::NSEC, wire("b.example."))
                         .build();
  const Outcome alias = find(*table, "alias.example.", RRType::A);
  EXPECT_EQ(alias.found, Found::Alias);
  EXPECT_EQ(alias.type, 5);
  EXPECT_EQ(alias.owner, "alias.example.");
  EXPECT_EQ(alias.rdata, Rdata{wire("www.example.")});
  EXPECT_EQ(find(*table, "alias.example.", RRType::CNAME).found, Found::Answer);
  // RFC 4035 §2.5: an NSEC may be beside a CNAME and is answered itself.
  EXPECT_EQ(find(*table, "alias.example.", RRType::NSEC).found, Found::Answer);
}

// RFC 8482 §4.1.
TEST(ZoneTable, ReturnsOneRRsetForAny) {
  const auto table = TestZone("example.")
                         .soa()
                         .points("example.", RRType::NS, "ns.example.")
                         .txt("multi.example.", "text")
                         .add("multi.example.", RRType::AAAA, Octets(16))
                         .a("multi.example.", 1)
                         .a("multi.example.", 2)
                         .add("signed.example.", RRType::RRSIG, Octets(30))
                         .add("signed.example.", RRType::NSEC, Octets(30))
                         .add("signed.example.", RRType::URI, Octets(30))
                         .points("alias.example.", RRType::CNAME, "www.example.")
                         .build();
  const Outcome multi = find(*table, "multi.example.", RRType::ANY);
  EXPECT_EQ(multi.found, Found::Answer);
  EXPECT_EQ(multi.type, 1);
  EXPECT_EQ(multi.rdata.size(), 2U);
  EXPECT_EQ(find(*table, "signed.example.", RRType::ANY).type, 256);
  const Outcome alias = find(*table, "alias.example.", RRType::ANY);
  EXPECT_EQ(alias.found, Found::Answer);
  EXPECT_EQ(alias.type, 5);
  EXPECT_EQ(find(*table, "none.example.", RRType::ANY).found, Found::NXDomain);
}

TEST(ZoneTable, KeepsEveryTypeApart) {
  TestZone zone("example.");
  for (unsigned type = 1; type < 400; ++type) {
    zone.add("x.example.", RRType{static_cast<uint16_t>(type)}, {1, static_cast<uint8_t>(type)});
  }
  const auto table = zone.build();
  EXPECT_EQ(table->record_count(), 399U);
  for (unsigned type = 1; type < 400; ++type) {
    if (type == static_cast<unsigned>(RRType::ANY)) continue;
    const Outcome outcome = find(*table, "x.example.", RRType{static_cast<uint16_t>(type)});
    EXPECT_EQ(outcome.found, Found::Answer);
    EXPECT_EQ(outcome.type, type);
    EXPECT_EQ(outcome.rdata, (Rdata{{1, static_cast<uint8_t>(type)}}));
  }
}

TEST(ZoneTable, RotatesAddressesEvenly) {
  const auto table =
      TestZone("example.").a("www.example.", 1).a("www.example.", 2).a("www.example.", 3).build();
  std::map<Octets, int> first;
  for (uint16_t rotation = 0; rotation < 30; ++rotation) {
    const Outcome outcome = find(*table, "www.example.", RRType::A, {.rotation = rotation});
    ASSERT_EQ(outcome.rdata.size(), 3U);
    ++first[outcome.rdata[0]];
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(outcome.rdata[i], address(static_cast<uint8_t>((rotation + i) % 3 + 1)));
      const std::string text = "192.0.2." + std::to_string((rotation + i) % 3 + 1);
      EXPECT_EQ(outcome.json.find(text), i * (outcome.json.size() + 1) / 3 + 10) << outcome.json;
    }
  }
  EXPECT_EQ(first, (std::map<Octets, int>{{address(1), 10}, {address(2), 10}, {address(3), 10}}));
}

TEST(ZoneTable, RendersTheJsonOfEachRotation) {
  const auto element = [](std::string_view text, std::string_view type) {
    return R"({"Rdata":")" + std::string(text) + R"(","Type":")" + std::string(type) +
           R"(","Class":"IN"})";
  };
  TestZone zone("example.");
  zone.a("www.example.", 1).a("www.example.", 200).a("one.example.", 7).txt("www.example.", "t");
  zone.add("www.example.", RRType::AAAA, Octets(16))
      .add("www.example.", RRType::AAAA, Octets(16, 1));
  const auto table = zone.build();
  const std::string one = element("192.0.2.1", "A");
  const std::string two = element("192.0.2.200", "A");
  EXPECT_EQ(find(*table, "www.example.", RRType::A).json, one + "," + two);
  EXPECT_EQ(find(*table, "www.example.", RRType::A, {.rotation = 1}).json, two + "," + one);
  EXPECT_EQ(find(*table, "www.example.", RRType::A, {.rotation = 65535}).json, two + "," + one);
  EXPECT_EQ(find(*table, "www.example.", RRType::AAAA, {.rotation = 1}).json,
            element("101:101:101:101:101:101:101:101", "AAAA") + "," + element("::", "AAAA"));
  EXPECT_EQ(find(*table, "one.example.", RRType::A).json, element("192.0.2.7", "A"));

  const auto bare = zone.build({.render_ahead_limit = 5});
  const Outcome outcome = find(*bare, "www.example.", RRType::A, {.rotation = 1});
  EXPECT_EQ(outcome.json, "");
  EXPECT_EQ(outcome.rdata, (Rdata{address(200), address(1)}));
  EXPECT_LT(bare->memory_octets(), table->memory_octets());
}

TEST(ZoneTable, KeepsTheOrderWhenItDoesNotRotate) {
  TestZone zone("example.");
  zone.a("www.example.", 9).a("www.example.", 4);
  zone.points("example.", RRType::NS, "b.example.").points("example.", RRType::NS, "a.example.");
  const auto fixed = zone.build({.rotate = false});
  EXPECT_EQ(find(*fixed, "www.example.", RRType::A, {.rotation = 1}).rdata,
            (Rdata{address(9), address(4)}));
  const auto rotating = zone.build();
  EXPECT_EQ(find(*rotating, "example.", RRType::NS, {.rotation = 1}).rdata,
            (Rdata{wire("b.example."), wire("a.example.")}));
}

// RFC 2181 §5, §5.2.
TEST(ZoneTable, UnifiesTtlsAndDropsRepeatedRecords) {
  const auto table = TestZone("example.")
                         .a("www.example.", 2, 300)
                         .a("www.example.", 1, 60)
                         .a("WWW.example.", 2, 900)
                         .a("www.example.", 1, 600)
                         .txt("www.example.", "t")
                         .build();
  const Outcome outcome = find(*table, "www.example.", RRType::A);
  EXPECT_EQ(outcome.rdata, (Rdata{address(2), address(1)}));
  EXPECT_EQ(outcome.ttl, 60U);
  EXPECT_EQ(find(*table, "www.example.", RRType::TXT).ttl, 300U);
  EXPECT_EQ(table->record_count(), 3U);
  EXPECT_EQ(table->name_count(), 2U);
}

TEST(ZoneTable, DoesNotCoverNamesThatAPartialZoneLacks) {
  const auto table = TestZone("execute-api.example.")
                         .soa(60, 60)
                         .points("execute-api.example.", RRType::NS, "ns.example.")
                         .a("one.execute-api.example.", 1)
                         .a("deep.two.execute-api.example.", 1)
                         .build({.partial = true});
  EXPECT_EQ(find(*table, "one.execute-api.example.", RRType::A).found, Found::Answer);
  const Outcome no_data = find(*table, "one.execute-api.example.", RRType::AAAA);
  EXPECT_EQ(no_data.found, Found::NoData);
  EXPECT_EQ(no_data.soa_ttl, 60U);
  EXPECT_EQ(find(*table, "none.execute-api.example.", RRType::A).found, Found::NotCovered);
  EXPECT_EQ(find(*table, "x.one.execute-api.example.", RRType::A).found, Found::NotCovered);
  // Names without data of their own: an empty non-terminal, and an apex without records.
  EXPECT_EQ(find(*table, "two.execute-api.example.", RRType::A).found, Found::NotCovered);
  EXPECT_EQ(find(*table, "execute-api.example.", RRType::A).found, Found::NotCovered);

  const auto with_apex = TestZone("execute-api.example.")
                             .soa(60, 60)
                             .a("execute-api.example.", 1)
                             .build({.partial = true});
  EXPECT_EQ(find(*with_apex, "execute-api.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*with_apex, "execute-api.example.", RRType::AAAA).found, Found::NoData);
}

TEST(ZoneTable, FindsExactRRsetsAsGlue) {
  const auto table = TestZone("example.")
                         .soa()
                         .points("sub.example.", RRType::NS, "ns.sub.example.")
                         .a("ns.sub.example.", 53)
                         .a("*.example.", 1)
                         .build();
  const record::AnswerRRset glue = table->find_exact(key("NS.sub.example."), 1);
  EXPECT_EQ(rdata_of(glue.wire), Rdata{address(53)});
  EXPECT_EQ(table->find_exact(key("ns.sub.example."), 28).wire.count, 0);
  EXPECT_EQ(table->find_exact(key("x.example."), 1).wire.count, 0);  // find_exact ignores wildcards
  EXPECT_EQ(table->find_exact(key("example."), 6).wire.count, 1);
}

TEST(ZoneTable, StoresNamesOf127Labels) {
  std::string deepest;
  for (size_t i = 0; i < dns::kMaxLabels; ++i) deepest += "a.";
  const auto table = TestZone("a.a.").soa().a(deepest, 1).a("*.x.a.a.", 2).build();
  EXPECT_EQ(table->name_count(), 126U + 2U);
  EXPECT_EQ(find(*table, deepest, RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, deepest.substr(2), RRType::A).found, Found::NoData);
  EXPECT_EQ(find(*table, "b." + deepest.substr(2), RRType::A).found, Found::NXDomain);
  std::string below_wildcard = "x.a.a.";
  for (size_t i = 3; i < dns::kMaxLabels; ++i) below_wildcard.insert(0, "b.");
  EXPECT_EQ(find(*table, below_wildcard, RRType::A).rdata, Rdata{address(2)});
}

TEST(ZoneTable, StoresNamesOfAnyBytes) {
  const std::string octets_text = R"(\000\255\.\".example.)";
  const auto table = TestZone("example.").soa().a(octets_text, 1).build();
  EXPECT_EQ(find(*table, octets_text, RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, R"(\000\255\.'.example.)", RRType::A).found, Found::NXDomain);
}

TEST(ZoneTable, StoresAnRRsetThatIsTooLargeForAMessage) {
  TestZone zone("example.");
  for (uint32_t i = 0; i < 70'000; ++i) {
    Octets rdata(4);
    store_be32(rdata.data(), i);
    zone.add("many.example.", RRType::A, rdata);
  }
  const auto table = zone.build();
  EXPECT_EQ(table->record_count(), 65535U);
  const auto found = find_in(*table, key("many.example."), 1, 7);
  EXPECT_EQ(found.rrset.wire.count, 65535U);
  EXPECT_EQ(found.rrset.wire.records.size(), 65535U * 16U);
}

// A name of a zone of a million names needs little more memory than its bytes.
TEST(ZoneTable, StoresManyNamesInLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t kNames = 100'000;
#else
  constexpr uint32_t kNames = 1'000'000;
#endif
  TestZone zone("hosts.example.test.");
  zone.soa();
  const auto owner = [](uint32_t i) {
    return std::to_string(1'000'000 + i) + ".hosts.example.test.";
  };
  for (uint32_t i = 0; i < kNames; ++i) {
    Octets rdata(4);
    store_be32(rdata.data(), i);
    zone.add(owner(i), RRType::A, rdata);
  }
  const auto table = zone.build({.render_ahead_limit = 0});
  EXPECT_EQ(table->name_count(), kNames + 1);
  EXPECT_EQ(table->record_count(), kNames + 1);
  EXPECT_LT(table->memory_octets() / kNames, 60U);
  EXPECT_TRUE(table->is_large());
  for (uint32_t i = 0; i < kNames; i += 97) {
    ZoneTable::prefetch_node(table->prefetch(key(owner(i))));
    ZoneTable::prefetch_node(table->prefetch(key(owner(kNames + i))));
    const auto lookup = find_in(*table, key(owner(i)), 1);
    ASSERT_EQ(lookup.found, Found::Answer);
    ASSERT_EQ(load_be32(&lookup.rrset.wire.records[12]), i);
    ASSERT_EQ(find_in(*table, key(owner(kNames + i)), 1).found, Found::NXDomain);
  }
}

}  // namespace
}  // namespace inlet53::zone
