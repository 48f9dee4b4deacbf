// SPDX-License-Identifier: Apache-2.0
#include "test_response.h"
#include <gtest/gtest.h>

#include "inlet53/cache/cache.h"

namespace inlet53::cache {
namespace {

using dns::RRType;

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

TEST_F(CacheFlush, ForgetsANameInAllTypesAndScopesAndChains) {
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

TEST_F(CacheFlush, ForgetsASubtreeAtItsLabels) {
  EXPECT_EQ(cache_.flush_subtree(name("corp.test.").view()), 6U);
  EXPECT_FALSE(has("corp.test."));
  EXPECT_FALSE(has("b.a.corp.test."));
  EXPECT_FALSE(has("alias.test."));
  EXPECT_TRUE(has("xcorp.test."));
  EXPECT_EQ(cache_.counts().entries, 1U);
}

TEST_F(CacheFlush, ForgetsEverythingAndGoesOn) {
  cache_.flush_all();
  EXPECT_FALSE(has("xcorp.test."));
  EXPECT_EQ(cache_.counts().entries, 0U);
  EXPECT_EQ(cache_.counts().octets, 0U);
  keep("xcorp.test.", RRType::A, 1);
  EXPECT_TRUE(has("xcorp.test."));
}

TEST_F(CacheFlush, TakesTheRootForEverything) {
  EXPECT_EQ(cache_.flush_subtree(dns::NameView()), 7U);
  EXPECT_EQ(cache_.counts().entries, 0U);
}

}  // namespace
}  // namespace inlet53::cache
