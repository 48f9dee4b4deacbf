// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/release_memory.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

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
