// SPDX-License-Identifier: Apache-2.0
#include "cache/entry.h"

#include "test_response.h"
#include <gtest/gtest.h>

namespace inlet53::cache {

namespace {

using dns::Rcode;
using dns::RRType;

const settings::Cache kSettings{.max_ttl = 1000, .max_negative_ttl = 500, .failure_ttl = 5};

uint32_t lifetime(const TestResponse& response) {
  return plan_keeping(response.get(), kSettings).lifetime;
}

TEST(KeepPlan, KeepsAnAnswerForItsLowestTtl) {
  TestResponse response;
  response.cname("a.test.", 300, "b.test.").a("b.test.", 60);
  const KeepPlan plan = plan_keeping(response.get(), kSettings);
  EXPECT_EQ(plan.lifetime, 60U);
  EXPECT_FALSE(plan.negative || plan.failure || plan.all_types);
}

TEST(KeepPlan, KeepsADenialForTheLowerOfTtlAndMinimum) {
  struct Case {
    uint32_t ttl, minimum, expected;
  };
  for (const Case& c : {Case{900, 60, 60}, Case{60, 900, 60}, Case{900, 900, 500}, Case{0, 60, 0},
                        Case{60, 0, 0}, Case{60, 0xFFFFFFFF, 60}}) {
    TestResponse no_data;
    no_data.soa("test.", c.ttl, c.minimum);
    TestResponse nxdomain(Rcode::NXDomain);
    nxdomain.soa("test.", c.ttl, c.minimum);
    EXPECT_EQ(lifetime(no_data), c.expected);
    EXPECT_EQ(lifetime(nxdomain), c.expected);
  }
}

TEST(KeepPlan, DoesNotKeepADenialWithoutAnSoa) {
  EXPECT_EQ(lifetime(TestResponse()), 0U);
  EXPECT_EQ(lifetime(TestResponse(Rcode::NXDomain)), 0U);
  TestResponse chain(Rcode::NXDomain);
  chain.cname("a.test.", 300, "b.test.");
  EXPECT_EQ(lifetime(chain), 0U);
}

TEST(KeepPlan, DoesNotKeepADenialWhoseSoaIsCutOff) {
  TestResponse response;
  response.authority("test.", RRType::SOA, 60, std::string(21, '\0'));
  EXPECT_EQ(lifetime(response), 0U);
}

TEST(KeepPlan, KeepsADenialBehindAChainForTheLowestOfAll) {
  TestResponse response;
  response.cname("a.test.", 30, "b.test.").soa("test.", 900, 60);
  const KeepPlan plan = plan_keeping(response.get(), kSettings);
  EXPECT_EQ(plan.lifetime, 30U);
  EXPECT_EQ(plan.negative_ttl, 60U);
  EXPECT_FALSE(plan.all_types);
}

TEST(KeepPlan, KnowsFailures) {
  for (const Rcode rcode : {Rcode::ServFail, Rcode::Refused, Rcode::FormErr, Rcode::NotImp}) {
    const KeepPlan plan = plan_keeping(TestResponse(rcode).get(), kSettings);
    EXPECT_TRUE(plan.failure);
    EXPECT_EQ(plan.lifetime, 5U);
  }
}

}  // namespace

}  // namespace inlet53::cache
