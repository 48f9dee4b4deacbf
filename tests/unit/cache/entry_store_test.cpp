// SPDX-License-Identifier: Apache-2.0
#include "cache/entry_store.h"

#include <algorithm>
#include <deque>
#include <new>
#include <random>
#include <vector>

#include "cache/entry.h"
#include "test_response.h"
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace inlet53::cache {

namespace {

constexpr size_t kPage = 4096;

bool is_zero(const MemoryMapping& memory) {
  return std::all_of(memory.data(), memory.data() + memory.size(),
                     [](uint8_t octet) { return octet == 0; });
}

TEST(MemoryMapping, IsZeroAtFirstAndWhenItWasCleared) {
  MemoryMapping memory(4 * kPage);
  EXPECT_TRUE(is_zero(memory));
  std::fill_n(memory.data(), memory.size(), uint8_t{1});
  memory.clear();
  EXPECT_TRUE(is_zero(memory));
}

// madvise(2) rejects locked pages, and a system call filter may reject all calls.
TEST(MemoryMapping, IsClearedWhenTheSystemTakesNoPagesBack) {
  MemoryMapping memory(4 * kPage);
  std::fill_n(memory.data(), memory.size(), uint8_t{1});
  // Calls mlock as a system call, because the address sanitizer intercepts the function.
  ASSERT_EQ(syscall(SYS_mlock, memory.data(), memory.size()), 0);
  ASSERT_NE(madvise(memory.data(), memory.size(), MADV_DONTNEED), 0);
  memory.clear();
  EXPECT_TRUE(is_zero(memory));
}

TEST(MemoryMapping, ThrowsWhenThereIsNoMemory) {
  EXPECT_THROW(MemoryMapping memory(size_t{1} << 62), std::bad_alloc);
}

constexpr size_t kRoom = 1024;

class EntryRingTest : public testing::Test {
 protected:
  /// Appends an entry of `octets` bytes with `number` in its head and at its end.
  bool append(size_t octets, uint32_t number) {
    uint8_t* const room = ring_.append(octets);
    if (room == nullptr) return false;
    EXPECT_GE(room, memory_.data());
    EXPECT_LE(room + octets, memory_.data() + kRoom);
    auto* const head = new (room) EntryHead{};
    head->octets = static_cast<uint32_t>(octets);
    head->scope = number;
    room[octets - 1] = static_cast<uint8_t>(number);
    return true;
  }
  std::vector<uint32_t> numbers() {
    std::vector<uint32_t> found;
    ring_.for_each([&](const uint8_t* entry) {
      const EntryHead& head = entry_head(entry);
      EXPECT_EQ(entry[head.octets - 1], static_cast<uint8_t>(head.scope));
      found.push_back(head.scope);
    });
    return found;
  }

  alignas(kUnit) std::array<uint8_t, kRoom> memory_{};
  EntryRing ring_{memory_.data(), kRoom};
};

TEST_F(EntryRingTest, FillsUpToTheLastByte) {
  EXPECT_EQ(ring_.oldest(), nullptr);
  for (uint32_t i = 0; i < 16; ++i) EXPECT_TRUE(append(64, i));
  EXPECT_FALSE(append(64, 16));
  EXPECT_NE(ring_.oldest(), nullptr);
  ring_.drop_oldest();
  EXPECT_TRUE(append(64, 16));
  EXPECT_FALSE(append(64, 17));
  EXPECT_EQ(numbers().front(), 1U);
  EXPECT_EQ(numbers().back(), 16U);
}

TEST_F(EntryRingTest, RenewsItsOnlyEntry) {
  ASSERT_TRUE(append(kRoom, 1));
  EXPECT_EQ(entry_head(ring_.renew_oldest()).scope, 1U);
  EXPECT_EQ(numbers(), std::vector<uint32_t>{1});
}

TEST_F(EntryRingTest, EqualsAQueueForAllSizes) {
  std::mt19937 random(53);
  std::deque<std::pair<uint32_t, size_t>> model;
  for (uint32_t step = 0; step < 20'000; ++step) {
    const size_t octets = 64 + random() % 40 * kUnit;
    const auto what = random() % 8;
    if (what < 4) {
      while (!append(octets, step)) {
        ASSERT_FALSE(model.empty()) << "an empty ring has room";
        ring_.drop_oldest();
        model.pop_front();
      }
      model.emplace_back(step, octets);
    } else if (!model.empty() && what < 7) {
      const uint8_t* const renewed = ring_.renew_oldest();
      ASSERT_NE(renewed, nullptr);
      EXPECT_EQ(entry_head(renewed).scope, model.front().first);
      model.push_back(model.front());
      model.pop_front();
    } else if (!model.empty()) {
      ring_.drop_oldest();
      model.pop_front();
    }
    std::vector<uint32_t> expected;
    for (const auto& [number, size] : model) expected.push_back(number);
    ASSERT_EQ(numbers(), expected) << step;
  }
}

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

TEST(KeepPlan, KeepsADenialAfterAChainForTheLowestOfAll) {
  TestResponse response;
  response.cname("a.test.", 30, "b.test.").soa("test.", 900, 60);
  const KeepPlan plan = plan_keeping(response.get(), kSettings);
  EXPECT_EQ(plan.lifetime, 30U);
  EXPECT_EQ(plan.negative_ttl, 60U);
  EXPECT_FALSE(plan.all_types);
}

TEST(KeepPlan, DetectsFailures) {
  for (const Rcode rcode : {Rcode::ServFail, Rcode::Refused, Rcode::FormErr, Rcode::NotImp}) {
    const KeepPlan plan = plan_keeping(TestResponse(rcode).get(), kSettings);
    EXPECT_TRUE(plan.failure);
    EXPECT_EQ(plan.lifetime, 5U);
  }
}

}  // namespace

}  // namespace inlet53::cache
