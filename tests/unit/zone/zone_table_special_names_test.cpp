// SPDX-License-Identifier: Apache-2.0

// DNAME (RFC 6672), zone cuts (RFC 1034 §4.3.2 step 3b) and wildcards: the zone of RFC 4592 §2.2.1
// and its queries, and cases of §3 and §4.

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

TEST(ZoneTableDname, RedirectsNamesBelowIt) {
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

TEST(ZoneTableCut, IsOrdinaryDataOtherwise) {
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

class Rfc4592 : public testing::Test {
 protected:
  Rfc4592() {
    TestZone zone("example.");
    zone.soa(3600, 300);
    zone.points("example.", RRType::NS, "ns.example.com.");
    zone.points("example.", RRType::NS, "ns.example.net.");
    zone.txt("*.example.", "this is a wildcard");
    zone.add("*.example.", RRType::MX, mail_);
    zone.txt("sub.*.example.", "this is not a wildcard");
    zone.a("host1.example.", 1);
    zone.add("_ssh._tcp.host1.example.", RRType::SRV, Octets(7));
    zone.add("_ssh._tcp.host2.example.", RRType::SRV, Octets(7));
    zone.points("subdel.example.", RRType::NS, "ns.example.com.");
    zone.points("subdel.example.", RRType::NS, "ns.example.net.");
    table_ = zone.build();
  }

  Outcome ask(std::string_view qname, RRType qtype, bool refer = true) {
    return find(*table_, qname, qtype, {.refer = refer});
  }

  Octets mail_ = {0, 10, 5, 'h', 'o', 's', 't', '1', 0};
  std::shared_ptr<const ZoneTable> table_;
};

// "The following responses would be synthesized from one of the wildcards in the zone"
TEST_F(Rfc4592, Synthesizes) {
  const Outcome mx = ask("host3.example.", RRType::MX);
  EXPECT_EQ(mx.found, Found::Answer);
  EXPECT_EQ(mx.owner, "host3.example.");
  EXPECT_EQ(mx.rdata, Rdata{mail_});
  // "the answer will reflect 'no error, but no data'"
  EXPECT_EQ(ask("host3.example.", RRType::A).found, Found::NoData);
  const Outcome txt = ask("foo.bar.example.", RRType::TXT);
  EXPECT_EQ(txt.found, Found::Answer);
  EXPECT_EQ(txt.owner, "foo.bar.example.");
}

// "The following responses would not be synthesized from any of the wildcards in the zone"
TEST_F(Rfc4592, DoesNotSynthesize) {
  EXPECT_EQ(ask("host1.example.", RRType::MX).found, Found::NoData);  // it exists
  EXPECT_EQ(ask("sub.*.example.", RRType::MX).found, Found::NoData);  // it exists
  EXPECT_EQ(ask("_telnet._tcp.host1.example.", RRType::SRV).found, Found::NXDomain);
  const Outcome referral = ask("host.subdel.example.", RRType::A);  // a zone cut
  EXPECT_EQ(referral.found, Found::Referral);
  EXPECT_EQ(referral.owner, "subdel.example.");
  EXPECT_EQ(referral.rdata.size(), 2U);
  EXPECT_EQ(ask("ghost.*.example.", RRType::MX).found, Found::NXDomain);  // `*.example` exists
}

TEST_F(Rfc4592, MatchesTheWildcardsOwnNameLiterally) {
  EXPECT_EQ(ask("*.example.", RRType::MX).rdata, Rdata{mail_});
  EXPECT_EQ(ask("*.example.", RRType::A).found, Found::NoData);
  EXPECT_EQ(ask("sub.*.example.", RRType::TXT).found, Found::Answer);
  // A `*` that is not the first label of an existing name is an ordinary label.
  EXPECT_EQ(ask("*.foo.example.", RRType::MX).owner, "*.foo.example.");
}

// §2.2.3: empty non-terminals exist, so they stop a wildcard.
TEST_F(Rfc4592, StopsAtEmptyNonTerminals) {
  EXPECT_EQ(ask("_tcp.host1.example.", RRType::MX).found, Found::NoData);
  EXPECT_EQ(ask("host2.example.", RRType::MX).found, Found::NoData);
  EXPECT_EQ(ask("x.host2.example.", RRType::MX).found, Found::NXDomain);
}

TEST_F(Rfc4592, IgnoresTheCutWhenItDoesNotRefer) {
  EXPECT_EQ(ask("host.subdel.example.", RRType::A, false).found, Found::NXDomain);
  EXPECT_EQ(ask("subdel.example.", RRType::NS, false).found, Found::Answer);
}

// §2.2.2 and §4.7: a wildcard that is an empty non-terminal is the source of synthesis too.
TEST(ZoneTableWildcard, GivesNoDataFromAnEmptyWildcard) {
  const auto table =
      TestZone("example.").soa().a("sub.*.example.", 1).a("other.example.", 1).build();
  EXPECT_EQ(find(*table, "x.example.", RRType::A).found, Found::NoData);
  EXPECT_EQ(find(*table, "x.other.example.", RRType::A).found, Found::NXDomain);
}

// §3.3.3: the CNAME of a wildcard is owned by the question's name.
TEST(ZoneTableWildcard, SynthesizesCnames) {
  const auto table =
      TestZone("example.").soa().points("*.example.", RRType::CNAME, "www.example.").build();
  const Outcome alias = find(*table, "a.b.example.", RRType::A);
  EXPECT_EQ(alias.found, Found::Alias);
  EXPECT_EQ(alias.owner, "a.b.example.");
  EXPECT_EQ(alias.rdata, Rdata{wire("www.example.")});
  EXPECT_EQ(find(*table, "a.example.", RRType::CNAME).found, Found::Answer);
  EXPECT_EQ(find(*table, "a.example.", RRType::ANY).found, Found::Answer);
}

TEST(ZoneTableWildcard, UsesTheClosestOnly) {
  const auto table = TestZone("example.")
                         .soa()
                         .txt("*.example.", "outer")
                         .a("*.sub.example.", 1)
                         .a("*.*.example.", 2)
                         .build();
  EXPECT_EQ(find(*table, "x.sub.example.", RRType::A).found, Found::Answer);
  EXPECT_EQ(find(*table, "x.sub.example.", RRType::TXT).found, Found::NoData);
  EXPECT_EQ(find(*table, "sub.example.", RRType::TXT).found, Found::NoData);
  EXPECT_EQ(find(*table, "x.*.example.", RRType::A).rdata, (Rdata{{192, 0, 2, 2}}));
  EXPECT_EQ(find(*table, "x.y.example.", RRType::A).found, Found::NoData);  // from `*.example`
}

TEST(ZoneTableWildcard, RotatesAndRendersLikeOtherNames) {
  const auto table =
      TestZone("example.").a("*.example.", 1).a("*.example.", 2).a("w.example.", 3).build();
  const Outcome even = find(*table, "x.example.", RRType::A, {.rotation = 4});
  const Outcome odd = find(*table, "y.z.example.", RRType::A, {.rotation = 5});
  EXPECT_EQ(even.rdata[0], odd.rdata[1]);
  EXPECT_EQ(even.rdata[1], odd.rdata[0]);
  EXPECT_NE(even.json, odd.json);
  EXPECT_EQ(even.json.size(), odd.json.size());
}

}  // namespace
}  // namespace inlet53::zone
