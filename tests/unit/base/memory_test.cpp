// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/memory.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53 {

namespace {

struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int value = 0;
};

TEST(SlotPool, KnowsWhichSlotsAreInUse) {
  SlotPool<Counted> pool;
  const uint32_t first = pool.acquire();
  const uint32_t second = pool.acquire();
  EXPECT_NE(first, second);
  pool[first].value = 7;
  EXPECT_EQ(pool.find(first), &pool[first]);
  EXPECT_EQ(pool.size(), 2U);
  pool.release(first);
  EXPECT_EQ(pool.find(first), nullptr);
  EXPECT_EQ(pool.find(99), nullptr);
  EXPECT_EQ(pool.size(), 1U);
}

TEST(SlotPool, CountsTheUsesOfASlot) {
  SlotPool<Counted> pool;
  const uint32_t slot = pool.acquire();
  const uint32_t uses = pool.uses(slot);
  pool.release(slot);
  ASSERT_EQ(pool.acquire(), slot);
  EXPECT_EQ(pool.uses(slot), uses + 1);
}

TEST(SlotPool, ReusesObjectsUnderASteadyLoad) {
  SlotPool<Counted> pool;
  const uint32_t slot = pool.acquire();
  pool[slot].value = 7;
  pool.release(slot);
  EXPECT_EQ(pool[pool.acquire()].value, 7);
}

TEST(SlotPool, GivesMemoryBackAfterAPeak) {
  SlotPool<Counted> pool;
  std::vector<uint32_t> taken(10'000);
  for (uint32_t& each : taken) each = pool.acquire();
  const Counted* const kept = pool.find(taken[5000]);
  for (size_t i = 0; i < taken.size(); ++i) {
    if (i != 5000) pool.release(taken[i]);
  }
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_LE(Counted::alive, static_cast<int>(2 + SlotPool<Counted>::kSpare));
  EXPECT_EQ(pool.find(taken[5000]), kept) << "what is in use stays where it is";
  EXPECT_EQ(pool.slots(), 10'000U);
}

struct Both {
  std::string text;
  std::vector<int> numbers;
};

TEST(ReleaseMemory, GivesBuffersBack) {
  std::string text(100'000, 'x');
  release_memory(text);
  EXPECT_EQ(text.capacity(), std::string().capacity());
  std::vector<int> numbers(1000);
  release_memory(numbers);
  EXPECT_EQ(numbers.capacity(), 0U);
  Both both{std::string(100'000, 'x'), std::vector<int>(1000)};
  release_memory(both);
  EXPECT_EQ(both.text.capacity(), std::string().capacity());
  EXPECT_EQ(both.numbers.capacity(), 0U);
}

}  // namespace

}  // namespace inlet53
