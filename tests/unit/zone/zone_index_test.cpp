// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_index.h"

#include <set>

#include "test_zone.h"

#include "inlet53/zone/name_key.h"

namespace inlet53::zone {
namespace {

using dns::RRType;

std::shared_ptr<const ZoneTable> zone_of(std::string_view apex, std::string_view owner,
                                         uint8_t last, bool partial = false) {
  return TestZone(apex).soa().a(owner, last).build({.partial = partial});
}

Outcome ask(const ZoneIndex& index, std::string_view qname, RRType qtype = RRType::A) {
  const NameKey made = key(qname);
  return outcome_of(find_in(index, made, static_cast<uint16_t>(qtype)));
}

Rdata address(uint8_t last) { return {{192, 0, 2, last}}; }

TEST(ZoneIndex, UsesTheMostSpecificZone) {
  const ZoneIndex index({{ZoneKind::HostedZone, zone_of("example.", "www.sub.example.", 1)},
                         {ZoneKind::EndpointNames, zone_of("sub.example.", "www.sub.example.", 2)},
                         {ZoneKind::HostedZone, zone_of("other.", "www.other.", 3)}},
                        kTestSeed);
  EXPECT_EQ(ask(index, "WWW.sub.example.").rdata, address(2));
  EXPECT_EQ(ask(index, "www.other.").rdata, address(3));
  EXPECT_EQ(ask(index, "sub.example.", RRType::SOA).found, Found::Answer);
  const Outcome in_sub = ask(index, "x.y.sub.example.");
  EXPECT_EQ(in_sub.found, Found::NXDomain);
  EXPECT_EQ(in_sub.apex, "sub.example.");
  EXPECT_EQ(ask(index, "x.example.").apex, "example.");
}

TEST(ZoneIndex, CoversNoOtherName) {
  const ZoneIndex index({{ZoneKind::HostedZone, zone_of("sub.example.", "sub.example.", 1)}},
                        kTestSeed);
  for (const char* qname : {".", "example.", "xsub.example.", "sub.example.org.", "org."}) {
    EXPECT_EQ(ask(index, qname).found, Found::NotCovered) << qname;
    EXPECT_EQ(index.find_exact(key(qname), 1).wire.count, 0) << qname;
  }
  const ZoneIndex empty({}, kTestSeed);
  EXPECT_EQ(ask(empty, "www.example.").found, Found::NotCovered);
  EXPECT_EQ(empty.find_exact(key("www.example."), 1).wire.count, 0);
}

TEST(ZoneIndex, PrefersTheHostedZoneAtOneApex) {
  const auto names = zone_of("example.", "www.example.", 1);
  const auto hosted = zone_of("example.", "other.example.", 2);
  const ZoneIndex index({{ZoneKind::EndpointNames, names}, {ZoneKind::HostedZone, hosted}},
                        kTestSeed);
  EXPECT_EQ(ask(index, "www.example.").found, Found::NXDomain);
  EXPECT_EQ(ask(index, "other.example.").rdata, address(2));
  EXPECT_EQ(index.entries()[0].table, hosted);
}

TEST(ZoneIndex, ContinuesAfterAPartialZone) {
  const ZoneIndex index(
      {{ZoneKind::HostedZone, zone_of("example.", "*.example.", 1)},
       {ZoneKind::EndpointNames, zone_of("api.example.", "a.api.example.", 2, true)},
       {ZoneKind::EndpointNames, zone_of("api.example.", "b.api.example.", 3, true)}},
      kTestSeed);
  EXPECT_EQ(ask(index, "a.api.example.").rdata, address(2));
  EXPECT_EQ(ask(index, "b.api.example.").rdata, address(3));
  EXPECT_EQ(ask(index, "c.api.example.").rdata, address(1));
  EXPECT_EQ(ask(index, "api.example.").rdata, address(1));
  EXPECT_EQ(ask(index, "a.api.example.", RRType::AAAA).found, Found::NoData);
  const ZoneIndex alone(
      {{ZoneKind::EndpointNames, zone_of("api.example.", "a.api.example.", 2, true)}}, kTestSeed);
  EXPECT_EQ(ask(alone, "c.api.example.").found, Found::NotCovered);
}

TEST(ZoneIndex, ServesARootZoneLast) {
  const ZoneIndex index({{ZoneKind::HostedZone, zone_of(".", "www.example.", 1)},
                         {ZoneKind::HostedZone, zone_of("test.", "www.test.", 2)}},
                        kTestSeed);
  EXPECT_EQ(ask(index, "www.example.").rdata, address(1));
  EXPECT_EQ(ask(index, "www.test.").rdata, address(2));
  EXPECT_EQ(ask(index, "x.test.").apex, "test.");
  EXPECT_EQ(ask(index, "x.org.").apex, ".");
  EXPECT_EQ(ask(index, ".", RRType::SOA).found, Found::Answer);
}

TEST(ZoneIndex, FindsGlueInTheMostSpecificZoneOnly) {
  const ZoneIndex index({{ZoneKind::HostedZone, zone_of("example.", "ns.sub.example.", 1)},
                         {ZoneKind::HostedZone, zone_of("sub.example.", "x.sub.example.", 2)}},
                        kTestSeed);
  EXPECT_EQ(rdata_of(index.find_exact(key("x.sub.example."), 1).wire), address(2));
  EXPECT_EQ(index.find_exact(key("ns.sub.example."), 1).wire.count, 0);
}

TEST(ZoneIndex, FindsEachOfManyZones) {
  std::vector<ZoneIndex::Entry> entries;
  for (int i = 0; i < 500; ++i) {
    const std::string apex = "z" + std::to_string(i) + ".example.";
    entries.push_back(
        {ZoneKind::HostedZone, zone_of(apex, "www." + apex, static_cast<uint8_t>(i % 256))});
  }
  const ZoneIndex index(std::move(entries), kTestSeed);
  for (int i = 0; i < 500; ++i) {
    const std::string qname = "www.z" + std::to_string(i) + ".example.";
    EXPECT_EQ(ask(index, qname).rdata, address(static_cast<uint8_t>(i % 256))) << qname;
  }
  EXPECT_EQ(ask(index, "www.z500.example.").found, Found::NotCovered);
}

uint64_t hash_of(std::string_view text) {
  const NameKey made = key(text);
  return made.hash(0, made.label_count());
}

TEST(NameKey, ReturnsARangeOfLabels) {
  const NameKey made = key("A.bc.Example.");
  ASSERT_EQ(made.label_count(), 3U);
  EXPECT_EQ(as_text(made.labels(0, 2)), std::string_view("\1a\2bc"));
  EXPECT_EQ(as_text(made.labels(2, 3)), std::string_view("\7example"));
  EXPECT_TRUE(made.labels(0, 0).empty());
  EXPECT_TRUE(made.labels(3, 3).empty());
}

TEST(NameKey, HashesLabelsAtAnyPosition) {
  const NameKey longer = key("x.y.example.org.");
  EXPECT_EQ(longer.hash(2, 4), hash_of("example.org."));
  EXPECT_EQ(longer.hash(1, 2), hash_of("y."));
  EXPECT_EQ(longer.hash(4, 4), hash_of("."));
}

TEST(NameKey, FoldsLetterCaseOnly) {
  EXPECT_EQ(hash_of("WwW.eXample."), hash_of("www.example."));
  EXPECT_EQ(key("WwW.eXample.").name().view().to_text(), "www.example.");
  // '[' and '{' differ by the same bit as upper and lower case.
  EXPECT_NE(hash_of("a[.example."), hash_of("a{.example."));
}

TEST(NameKey, DistinguishesLabelBoundaries) {
  std::set<uint64_t> hashes;
  for (const char* text : {"ab.c.", "a.bc.", "abc.", "a.b.c.", "c.ab.", R"(a\.bc.)"}) {
    hashes.insert(hash_of(text));
  }
  EXPECT_EQ(hashes.size(), 6U);
}

TEST(NameKey, DependsOnTheSeed) {
  NameKey other;
  other.assign(name("www.example.").view(), kTestSeed + 1);
  EXPECT_NE(other.hash(0, 2), hash_of("www.example."));
  EXPECT_NE(other.hash(0, 1), hash_of("www."));
}

TEST(NameKey, TakesTheDeepestAndTheLongestNames) {
  std::string deepest;
  for (size_t i = 0; i < dns::kMaxLabels; ++i) deepest += "a.";
  const NameKey made = key(deepest);
  ASSERT_EQ(made.label_count(), dns::kMaxLabels);
  std::set<uint64_t> hashes;
  for (size_t label = 0; label <= dns::kMaxLabels; ++label) {
    hashes.insert(made.hash(label, dns::kMaxLabels));
  }
  EXPECT_EQ(hashes.size(), dns::kMaxLabels + 1);

  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + label.substr(2) + ".";
  EXPECT_EQ(key(longest).name().view().size(), dns::kMaxName);
}

TEST(NameKey, RandomSeedsDiffer) { EXPECT_NE(random_seed(), random_seed()); }

}  // namespace
}  // namespace inlet53::zone
