#include "inlet53/base/spsc_ring.h"

#include <thread>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(SpscRing, RefusesWhenFullAndWhenEmpty) {
  SpscRing<int> ring(3);  // rounded up to 4
  int value = 0;
  EXPECT_FALSE(ring.pop(value));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(4));
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.pop(value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(ring.pop(value));
}

TEST(SpscRing, HandsOverInOrderBetweenThreads) {
  constexpr uint64_t kCount = 200'000;
  SpscRing<uint64_t> ring(16);
  std::thread producer([&] {
    for (uint64_t i = 0; i < kCount;) {
      if (ring.push(i)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (uint64_t expected = 0; expected < kCount;) {
    uint64_t value = 0;
    if (!ring.pop(value)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(value, expected);
    ++expected;
  }
  producer.join();
}

}  // namespace
}  // namespace inlet53
