// SPDX-License-Identifier: Apache-2.0
#include "inlet53/cache/cache.h"

#include <cstring>

#include "test_response.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_writer.h"

namespace inlet53::cache {
namespace {

using dns::Rcode;
using dns::RRType;

TEST(Cache, ReturnsStoredResponses) {
  Cache cache({});
  const TestKey key("www.corp.test.");
  TestResponse response;
  response.cname("www.corp.test.", 300, "web.corp.test.")
      .answer("web.corp.test.", RRType::A, {{60, "\x0A\1\2\3"}, {60, "\x0A\1\2\4"}}, "two");
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));

  const auto hit = cache.find(key.get(), 0);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->freshness, Freshness::Fresh);
  EXPECT_FALSE(hit->refresh_due);
  EXPECT_EQ(hit->response.rcode(), Rcode::NoError);
  EXPECT_EQ(hit->response.ede(), std::nullopt);
  EXPECT_FALSE(hit->response.has_authority());
  ASSERT_EQ(hit->response.answer_count(), 2U);
  const ReceivedResponse given = response.get();
  for (size_t i = 0; i < 2; ++i) {
    const CachedRRset kept = hit->response.answer(i, key.name());
    EXPECT_TRUE(kept.owner.equals(given.answers[i].owner));
    EXPECT_EQ(kept.wire.type, given.answers[i].wire.type);
    EXPECT_EQ(kept.wire.count, given.answers[i].wire.count);
    EXPECT_EQ(as_text(kept.wire.records), as_text(given.answers[i].wire.records));
    EXPECT_EQ(kept.text, given.answers[i].text);
  }
}

TEST(Cache, ReturnsTheQueriedNameAsTheOwner) {
  Cache cache({});
  const TestKey key("www.corp.test.");
  TestResponse response;
  response.a("wWw.Corp.test.", 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
  const dns::Name asked = name("WWW.corp.test.");
  const auto hit = cache.find(key.get(), 0);
  EXPECT_EQ(hit->response.answer(0, asked.view()).owner.data(), asked.view().data());
}

TEST(Cache, DistinguishesNamesTypesAndScopes) {
  Cache cache({});
  TestResponse response;
  response.a("a.test.", 60);
  ASSERT_TRUE(cache.insert(TestKey("a.test.").get(), response.get(), 0));
  EXPECT_TRUE(cache.find(TestKey("a.test.").get(), 0));
  EXPECT_FALSE(cache.find(TestKey("b.test.").get(), 0));
  EXPECT_FALSE(cache.find(TestKey("a.test.", RRType::AAAA).get(), 0));
  EXPECT_FALSE(cache.find(TestKey("a.test.", RRType::A, 2).get(), 0));

  // Also with colliding hashes.
  const TestKey other("b.test.");
  CacheKey collides = other.get();
  collides.hash = TestKey("a.test.").get().hash;
  EXPECT_FALSE(cache.find(collides, 0));
}

TEST(Cache, AgesByWholeSecondsAndExpiresWithTheLowestTtl) {
  Cache cache({.max_stale = 0});
  const TestKey key("www.test.");
  TestResponse response;
  response.cname("www.test.", 300, "web.test.").a("web.test.", 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 500));
  EXPECT_EQ(cache.find(key.get(), 500)->ttl.age, 0U);
  EXPECT_EQ(cache.find(key.get(), 1499)->ttl.age, 0U);
  EXPECT_EQ(cache.find(key.get(), 1500)->ttl.age, 1U);
  EXPECT_EQ(cache.find(key.get(), 60 * kSecond + 499)->ttl.age, 59U);
  EXPECT_FALSE(cache.find(key.get(), 60 * kSecond + 500));
}

TEST(Cache, UnchangedTimeGivesNoAge) {
  Cache cache({});
  const TestKey key("www.test.");
  TestResponse response;
  response.a("www.test.", 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 5000));
  EXPECT_EQ(cache.find(key.get(), 4999)->ttl.age, 0U);
}

TEST(Cache, DropsEntriesOlderThanACounterOfMilliseconds) {
  Cache cache({});
  const TestKey key("www.test.");
  TestResponse response;
  response.a("www.test.", 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
  EXPECT_FALSE(cache.find(key.get(), (uint64_t{1} << 32) + 1));
}

TEST(Cache, KeepsAnRRsetWithItsLowestTtl) {
  Cache cache({});
  const TestKey key("www.test.");
  TestResponse response;
  response.answer("www.test.", RRType::A, {{90, "\x0A\1\2\3"}, {30, "\x0A\1\2\4"}});
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
  const CachedRRset kept = cache.find(key.get(), 0)->response.answer(0, key.name());
  EXPECT_EQ(load_be32(&kept.wire.records[6]), 30U);
  EXPECT_EQ(load_be32(&kept.wire.records[16 + 6]), 30U);
}

TEST(Cache, LimitsTtlsToItsCaps) {
  Cache cache({.min_ttl = 20, .max_ttl = 100});
  const TestKey key("www.test.");
  TestResponse response;
  response.cname("www.test.", 1000, "web.test.").a("web.test.", 5);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
  const auto hit = cache.find(key.get(), 19 * kSecond);
  ASSERT_TRUE(hit);
  EXPECT_EQ(ttl_of(hit->response.answer(0, key.name())), 100U);
  EXPECT_EQ(ttl_of(hit->response.answer(1, key.name())), 20U);
}

TEST(Cache, DoesNotKeepATtlOfZeroWhateverTheCap) {
  Cache cache({.min_ttl = 20});
  const TestKey key("www.test.");
  TestResponse kept;
  kept.a("www.test.", 60);
  TestResponse zero;
  zero.a("www.test.", 0);
  TestResponse highest_bit;  // RFC 2181 §8
  highest_bit.a("www.test.", 0x80000000);
  for (const TestResponse* response : {&zero, &highest_bit}) {
    ASSERT_TRUE(cache.insert(key.get(), kept.get(), 0));
    EXPECT_FALSE(cache.insert(key.get(), response->get(), 1));
    EXPECT_FALSE(cache.find(key.get(), 1)) << "what was kept before is outdated";
  }
}

TEST(Cache, KeepsNoDataForTheTypeWithItsSoa) {
  Cache cache({.max_stale = 0});
  const TestKey key("www.corp.test.", RRType::AAAA);
  TestResponse response;
  response.soa("corp.test.", 900, 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
  const auto hit = cache.find(key.get(), 10 * kSecond);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->response.rcode(), Rcode::NoError);
  EXPECT_EQ(hit->response.answer_count(), 0U);
  ASSERT_TRUE(hit->response.has_authority());
  const CachedRRset soa = hit->response.authority(key.name());
  EXPECT_TRUE(soa.owner.equals(name("corp.test.").view()));
  EXPECT_EQ(ttl_of(soa), 60U) << "RFC 2308 §5: the negative TTL";
  EXPECT_EQ(soa.text, "soa");
  EXPECT_FALSE(cache.find(TestKey("www.corp.test.").get(), 10 * kSecond));
  EXPECT_FALSE(cache.find(key.get(), 60 * kSecond));
}

TEST(Cache, KeepsNXDomainForTheNameWhateverTheType) {
  Cache cache({});
  TestResponse denial(Rcode::NXDomain);
  denial.soa("test.", 900, 60);
  ASSERT_TRUE(cache.insert(TestKey("no.test.").get(), denial.get(), 0));
  for (const RRType qtype : {RRType::A, RRType::AAAA, RRType::HTTPS, RRType{0}}) {
    const auto hit = cache.find(TestKey("no.test.", qtype).get(), 0);
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->response.rcode(), Rcode::NXDomain);
  }
  EXPECT_FALSE(cache.find(TestKey("below.no.test.").get(), 0));
  EXPECT_FALSE(cache.find(TestKey("no.test.", RRType::A, 2).get(), 0));
}

TEST(Cache, KeepsADenialAfterAChainForTheTypeOnly) {
  Cache cache({});
  TestResponse denial(Rcode::NXDomain);
  denial.cname("www.test.", 300, "no.test.").soa("test.", 900, 60);
  ASSERT_TRUE(cache.insert(TestKey("www.test.").get(), denial.get(), 0));
  EXPECT_TRUE(cache.find(TestKey("www.test.").get(), 0));
  EXPECT_FALSE(cache.find(TestKey("www.test.", RRType::CNAME).get(), 0)) << "the name exists";
}

TEST(Cache, TreatsAnAnswerAsProofThatTheNameExists) {
  Cache cache({});
  TestResponse denial(Rcode::NXDomain);
  denial.soa("test.", 900, 60);
  ASSERT_TRUE(cache.insert(TestKey("www.test.").get(), denial.get(), 0));
  TestResponse answer;
  answer.a("www.test.", 60);
  ASSERT_TRUE(cache.insert(TestKey("www.test.").get(), answer.get(), 0));
  EXPECT_EQ(cache.find(TestKey("www.test.").get(), 0)->response.rcode(), Rcode::NoError);
  EXPECT_FALSE(cache.find(TestKey("www.test.", RRType::AAAA).get(), 0));
}

TEST(Cache, KeepsFreshButNotExpiredAnswersBesideADenial) {
  Cache cache({});
  const TestKey lasting("www.test.", RRType::TXT);
  const TestKey ending("www.test.", RRType::A);
  TestResponse lasting_answer;
  lasting_answer.answer("www.test.", RRType::TXT, {{300, "\1x"}});
  TestResponse ending_answer;
  ending_answer.a("www.test.", 10);
  ASSERT_TRUE(cache.insert(lasting.get(), lasting_answer.get(), 0));
  ASSERT_TRUE(cache.insert(ending.get(), ending_answer.get(), 0));
  TestResponse denial(Rcode::NXDomain);
  denial.soa("test.", 60, 60);
  ASSERT_TRUE(cache.insert(TestKey("www.test.", RRType::AAAA).get(), denial.get(), 20 * kSecond));
  EXPECT_EQ(cache.find(lasting.get(), 20 * kSecond)->response.rcode(), Rcode::NoError);
  EXPECT_EQ(cache.find(ending.get(), 20 * kSecond)->response.rcode(), Rcode::NXDomain);
  EXPECT_EQ(cache.find(ending.get(), 100 * kSecond)->response.rcode(), Rcode::NXDomain)
      << "the newer of two stale ones";
}

TEST(Cache, RenewsAnExpiredDenial) {
  Cache cache({});
  TestResponse denial(Rcode::NXDomain);
  denial.soa("test.", 60, 60);
  ASSERT_TRUE(cache.insert(TestKey("no.test.").get(), denial.get(), 0));
  ASSERT_TRUE(cache.insert(TestKey("no.test.", RRType::TXT).get(), denial.get(), 90 * kSecond));
  const auto hit = cache.find(TestKey("no.test.").get(), 100 * kSecond);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->freshness, Freshness::Fresh);
  EXPECT_EQ(cache.counts().entries, 1U);
}

TEST(Cache, ReplacesAnEntryInPlaceOrElsewhere) {
  Cache cache({});
  const TestKey key("www.test.");
  // Shorter, equally long, longer than its space, and so short that the space would be wasted.
  for (const size_t octets : {100, 90, 100, 3000, 4, 500, 4}) {
    const std::string rdata(octets, static_cast<char>(octets));
    TestResponse response;
    response.answer("www.test.", RRType::TXT, {{60, rdata}});
    ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));
    ASSERT_TRUE(cache.find(key.get(), 0));
    EXPECT_EQ(rdata_of(*cache.find(key.get(), 0), key.name()), rdata);
    EXPECT_EQ(cache.counts().entries, 1U);
  }
  EXPECT_EQ(cache.counts().inserted, 7U);
}

TEST(Cache, KeepsAnExtendedError) {
  Cache cache({});
  const TestKey key("www.test.");
  TestResponse failure(Rcode::ServFail);
  const std::string text = "no target has answered";
  failure.ede({dns::Ede::NoReachableAuthority, text});
  ASSERT_TRUE(cache.insert(key.get(), failure.get(), 0));
  const dns::ExtendedError expected{dns::Ede::NoReachableAuthority, "no target has answered"};
  EXPECT_EQ(cache.find(key.get(), 0)->response.ede(), expected);
  // Without a text, and with one that is too long for an entry.
  for (const std::string& none : {std::string(), std::string(256, 'x')}) {
    failure.ede({dns::Ede::NetworkError, none});
    ASSERT_TRUE(cache.insert(key.get(), failure.get(), 0));
    EXPECT_EQ(cache.find(key.get(), 0)->response.ede(), dns::ExtendedError{dns::Ede::NetworkError});
  }
}

TEST(Cache, RejectsTooLargeResponsesAndRemovesTheFormerOne) {
  Cache cache({.octets = kMinOctets});
  const TestKey key("www.test.");
  TestResponse small;
  small.a("www.test.", 60);
  TestResponse large;
  large.answer("www.test.", RRType::TXT, {{60, std::string(60'000, 'x')}});
  TestResponse long_chain;
  for (size_t i = 0; i <= kMaxCachedAnswers; ++i) long_chain.a("www.test.", 60);
  for (const TestResponse* response : {&large, &long_chain}) {
    ASSERT_TRUE(cache.insert(key.get(), small.get(), 0));
    EXPECT_FALSE(cache.insert(key.get(), response->get(), 0));
    EXPECT_FALSE(cache.find(key.get(), 0));
  }
}

TEST(Cache, WorksWithTheResponseWriter) {
  Cache cache({});
  const TestKey key("www.test.");
  TestResponse response;
  response.cname("www.test.", 300, "web.test.").a("web.test.", 60);
  ASSERT_TRUE(cache.insert(key.get(), response.get(), 0));

  std::vector<uint8_t> slot = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  slot.insert(slot.end(), key.name().data(), key.name().data() + key.name().size());
  slot.insert(slot.end(), {0, 1, 0, 1});
  const size_t received = slot.size();
  slot.resize(512);
  dns::QueryView query;
  ASSERT_EQ(dns::parse_query({slot.data(), received}, query), dns::QueryVerdict::Accept);
  const auto compose = [&](uint64_t now) {
    const auto hit = cache.find(key.get(), now);
    dns::ResponseWriter writer(slot, query, slot.size());
    for (size_t i = 0; i < hit->response.answer_count(); ++i) {
      const CachedRRset rrset = hit->response.answer(i, query.qname);
      EXPECT_TRUE(writer.add_aged(dns::Section::Answer, rrset.owner, rrset.wire, hit->ttl));
    }
    return writer.finish({}, hit->response.rcode(), {});
  };
  compose(10 * kSecond);
  const size_t cname_ttl = received + 6;
  const size_t a_ttl = cname_ttl + 6 + 6 + 6;  // the CNAME's target is `web` and a pointer
  EXPECT_EQ(load_be32(&slot[cname_ttl]), 290U);
  EXPECT_EQ(load_be32(&slot[a_ttl]), 50U);
  compose(100 * kSecond);
  EXPECT_EQ(load_be32(&slot[cname_ttl]), 30U) << "stale";
  EXPECT_EQ(load_be32(&slot[a_ttl]), 30U);
}

class CacheFlush : public testing::Test {
 protected:
  CacheFlush() {
    for (const char* owner : {"corp.test.", "a.corp.test.", "b.a.corp.test.", "xcorp.test."}) {
      keep(owner, RRType::A, 1);
    }
    keep("a.corp.test.", RRType::TXT, 1);
    keep("a.corp.test.", RRType::A, 2);
    TestResponse chain;
    chain.cname("alias.test.", 60, "a.corp.test.").a("a.corp.test.", 60);
    EXPECT_TRUE(cache_.insert(TestKey("alias.test.").get(), chain.get(), 0));
  }

  void keep(const char* owner, RRType qtype, uint32_t scope) {
    TestResponse response;
    response.answer(owner, qtype, {{60, "\3abc"}});
    EXPECT_TRUE(cache_.insert(TestKey(owner, qtype, scope).get(), response.get(), 0));
  }
  bool has(const char* owner, RRType qtype = RRType::A, uint32_t scope = 1) {
    return cache_.find(TestKey(owner, qtype, scope).get(), 0).has_value();
  }

  Cache cache_{{}};
};

TEST_F(CacheFlush, RemovesANameInAllTypesAndScopesAndChains) {
  EXPECT_EQ(cache_.flush_name(name("A.corp.TEST.").view()), 4U);
  EXPECT_FALSE(has("a.corp.test."));
  EXPECT_FALSE(has("a.corp.test.", RRType::TXT));
  EXPECT_FALSE(has("a.corp.test.", RRType::A, 2));
  EXPECT_FALSE(has("alias.test."));
  EXPECT_TRUE(has("corp.test."));
  EXPECT_TRUE(has("b.a.corp.test."));
  EXPECT_EQ(cache_.counts().entries, 3U);
  EXPECT_EQ(cache_.flush_name(name("a.corp.test.").view()), 0U);
}

TEST_F(CacheFlush, RemovesASubtreeAtItsLabels) {
  EXPECT_EQ(cache_.flush_subtree(name("corp.test.").view()), 6U);
  EXPECT_FALSE(has("corp.test."));
  EXPECT_FALSE(has("b.a.corp.test."));
  EXPECT_FALSE(has("alias.test."));
  EXPECT_TRUE(has("xcorp.test."));
  EXPECT_EQ(cache_.counts().entries, 1U);
}

TEST_F(CacheFlush, RemovesEverythingAndContinues) {
  cache_.flush_all();
  EXPECT_FALSE(has("xcorp.test."));
  EXPECT_EQ(cache_.counts().entries, 0U);
  EXPECT_EQ(cache_.counts().octets, 0U);
  keep("xcorp.test.", RRType::A, 1);
  EXPECT_TRUE(has("xcorp.test."));
}

TEST_F(CacheFlush, RemovesEverythingForTheRoot) {
  EXPECT_EQ(cache_.flush_subtree(dns::NameView()), 7U);
  EXPECT_EQ(cache_.counts().entries, 0U);
}

}  // namespace
}  // namespace inlet53::cache
