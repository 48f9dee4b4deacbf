// SPDX-License-Identifier: Apache-2.0

// DNAME (RFC 6672) and zone cuts (RFC 1034 §4.3.2 step 3b).

#include "test_zone.h"

#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {
namespace {

using dns::RRType;

std::shared_ptr<const ZoneTable> dname_zone() {
  return TestZone("example.")
      .soa()
      .points("old.example.", RRType::DNAME, "new.example.")
      .a("old.example.", 1)
      .a("hidden.old.example.", 2)
      .points("under.old.example.", RRType::DNAME, "elsewhere.")
      .txt("*.old.example.", "hidden too")
      .txt("*.example.", "wildcard")
      .build();
}

TEST(ZoneTableDname, RedirectsWhatIsBelowIt) {
  const auto table = dname_zone();
  for (const char* qname : {"x.old.example.", "a.b.old.example.", "hidden.old.example.",
                            "x.hidden.old.example.", "x.under.old.example.", "*.old.example."}) {
    const Outcome outcome = find(*table, qname, RRType::A);
    EXPECT_EQ(outcome.found, Found::SubtreeAlias) << qname;
    EXPECT_EQ(outcome.type, 39) << qname;
    EXPECT_EQ(outcome.owner, "old.example.") << qname;
    EXPECT_EQ(outcome.rdata, Rdata{wire("new.example.")}) << qname;
    EXPECT_EQ(find(*table, qname, RRType::DNAME).found, Found::SubtreeAlias) << qname;
  }
}

// RFC 6672 §2.3: "the DNAME owner name itself is not redirected".
TEST(ZoneTableDname, DoesNotRedirectItsOwner) {
  const auto table = dname_zone();
  EXPECT_EQ(find(*table, "old.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, "old.example.", RRType::DNAME).found, Found::Answer);
  EXPECT_EQ(find(*table, "old.example.", RRType::MX).found, Found::NoData);
  EXPECT_EQ(find(*table, "xold.example.", RRType::TXT).found,
            Found::Answer);  // matched by the wildcard
}

TEST(ZoneTableDname, RedirectsAWholeZoneFromItsApex) {
  const auto table =
      TestZone("example.").soa().points("example.", RRType::DNAME, "example.net.").build();
  EXPECT_EQ(find(*table, "www.example.", RRType::A).owner, "example.");
  EXPECT_EQ(find(*table, "www.example.", RRType::A).found, Found::SubtreeAlias);
  EXPECT_EQ(find(*table, "example.", RRType::SOA).found, Found::Answer);
  EXPECT_EQ(find(*table, "example.", RRType::A).found, Found::NoData);
}

std::shared_ptr<const ZoneTable> cut_zone() {
  return TestZone("example.")
      .soa()
      .points("example.", RRType::NS, "ns.example.")
      .points("sub.example.", RRType::NS, "ns.sub.example.")
      .add("sub.example.", RRType::DS, Octets(36))
      .a("sub.example.", 1)
      .a("ns.sub.example.", 53)
      .points("deep.sub.example.", RRType::NS, "ns.elsewhere.")
      .add("deep.sub.example.", RRType::DS, Octets(36))
      .points("d.sub.example.", RRType::DNAME, "elsewhere.")
      .points("plain.example.", RRType::NS, "ns.elsewhere.")
      .points("moved.example.", RRType::DNAME, "elsewhere.")
      .points("cut.moved.example.", RRType::NS, "ns.elsewhere.")
      .build();
}

TEST(ZoneTableCut, RefersAtAndBelowACut) {
  const auto table = cut_zone();
  for (const char* qname :
       {"sub.example.", "ns.sub.example.", "none.sub.example.", "x.y.none.sub.example.",
        "deep.sub.example.", "x.deep.sub.example.", "x.d.sub.example."}) {
    for (const RRType qtype : {RRType::A, RRType::NS, RRType::MX, RRType::ANY, RRType::SOA}) {
      const Outcome outcome = find(*table, qname, qtype, {.refer = true});
      EXPECT_EQ(outcome.found, Found::Referral) << qname;
      EXPECT_EQ(outcome.owner, "sub.example.") << qname;
      EXPECT_EQ(outcome.rdata, Rdata{wire("ns.sub.example.")}) << qname;
    }
  }
}

// RFC 4035 §3.1.4.1: the parent answers for the DS of a cut, and for no other type.
TEST(ZoneTableCut, AnswersForDsItself) {
  const auto table = cut_zone();
  const Ask refer{.refer = true};
  EXPECT_EQ(find(*table, "sub.example.", RRType::DS, refer).found, Found::Answer);
  EXPECT_EQ(find(*table, "plain.example.", RRType::DS, refer).found, Found::NoData);
  EXPECT_EQ(find(*table, "deep.sub.example.", RRType::DS, refer).found, Found::Referral);
  EXPECT_EQ(find(*table, "x.sub.example.", RRType::DS, refer).found, Found::Referral);
}

TEST(ZoneTableCut, IsNotAtTheApex) {
  const auto table = cut_zone();
  const Ask refer{.refer = true};
  EXPECT_EQ(find(*table, "example.", RRType::NS, refer).found, Found::Answer);
  EXPECT_EQ(find(*table, "example.", RRType::A, refer).found, Found::NoData);
  EXPECT_EQ(find(*table, "none.example.", RRType::A, refer).found, Found::NXDomain);
}

TEST(ZoneTableCut, IsPlainDataOtherwise) {
  const auto table = cut_zone();
  EXPECT_EQ(find(*table, "sub.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, "sub.example.", RRType::NS).found, Found::Answer);
  EXPECT_EQ(find(*table, "ns.sub.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, "none.sub.example.", RRType::A).found, Found::NXDomain);
  EXPECT_EQ(find(*table, "x.d.sub.example.", RRType::A).owner, "d.sub.example.");
}

// The redirection nearest to the apex decides.
TEST(ZoneTableCut, YieldsToADnameAbove) {
  const auto table = cut_zone();
  const Outcome outcome = find(*table, "x.cut.moved.example.", RRType::A, {.refer = true});
  EXPECT_EQ(outcome.found, Found::SubtreeAlias);
  EXPECT_EQ(outcome.owner, "moved.example.");
}

}  // namespace
}  // namespace inlet53::zone
