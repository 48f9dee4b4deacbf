// SPDX-License-Identifier: Apache-2.0
#include "function_pool.h"

#include <vector>

#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

constexpr uint64_t kNow = 1'000'000;
constexpr uint64_t kJustNow = kNow - 1;
constexpr uint64_t kLongAgo = kNow - kKeptWarmMs;

constexpr Place kFree{PlaceKind::Free, 0};
constexpr Place kNone{PlaceKind::None, 0};
constexpr Place evict(size_t function) { return {PlaceKind::Evict, function}; }

FunctionUse uses(size_t living) { return {.living = living}; }
FunctionUse idle(size_t living, uint64_t since) {
  return {.living = living, .idle_since_ms = since};
}

Place place(const std::vector<FunctionUse>& functions, size_t max, size_t asking = 0) {
  return find_place(functions, asking, max, kNow);
}

/// Returns the number of environments that a function gets if none ends.
size_t most(std::vector<FunctionUse> functions, size_t max, size_t asking = 0) {
  while (place(functions, max, asking).kind == PlaceKind::Free) ++functions[asking].living;
  return functions[asking].living;
}

TEST(EnvironmentPlaces, GivesOneFunctionAllOfThem) {
  EXPECT_EQ(most({uses(0)}, 64), 64U);
  EXPECT_EQ(most({uses(0)}, 1), 1U);
}

TEST(EnvironmentPlaces, KeepsTheSharesOfOthersFree) {
  EXPECT_EQ(most({uses(0), uses(0)}, 64), 48U);
  EXPECT_EQ(most({uses(0), uses(0), uses(0), uses(0)}, 64), 40U);
  EXPECT_EQ(most({uses(0), uses(0)}, 4), 3U);
  EXPECT_EQ(most({uses(0), uses(0)}, 2), 1U);
  // A share in use is not reserved a second time.
  EXPECT_EQ(most({uses(0), uses(10)}, 64), 48U);
  EXPECT_EQ(most({uses(0), uses(20)}, 64), 44U);
}

TEST(EnvironmentPlaces, LetsOthersHaveTheirShareBesideOneThatTookAllItCould) {
  EXPECT_EQ(most({uses(48), uses(0)}, 64, 1), 16U);
  EXPECT_EQ(most({uses(40), uses(0), uses(8), uses(8)}, 64, 1), 8U);
  EXPECT_EQ(most({uses(3), uses(0)}, 4, 1), 1U);
}

TEST(EnvironmentPlaces, KeepsHalfOfThemForManyFunctions) {
  std::vector<FunctionUse> functions(100);
  EXPECT_EQ(most(functions, 64), 32U);
  functions[0].living = 32;
  for (size_t i = 1; i <= 32; ++i) {
    EXPECT_EQ(place(functions, 64, i), kFree) << i;
    ++functions[i].living;
    EXPECT_NE(place(functions, 64, i), kFree) << i;  // one each
  }
  EXPECT_EQ(place(functions, 64, 33), kNone);
}

TEST(EnvironmentPlaces, KeepsNoMoreThanAFunctionsConcurrency) {
  EXPECT_EQ(most({uses(0), {.living = 0, .limit = 2}}, 64), 62U);
  EXPECT_EQ(most({uses(0), {.living = 0, .limit = 0}}, 64), 64U);
  EXPECT_EQ(most({uses(0), {.living = 0, .limit = 1000}}, 64), 48U);
}

TEST(EnvironmentPlaces, EndsNoEnvironmentWithinTheShareOfAnother) {
  // The hanging function has its maximum; those of the other one are idle.
  EXPECT_EQ(place({uses(48), idle(16, kLongAgo)}, 64), kNone);
  EXPECT_EQ(place({uses(3), idle(1, kLongAgo)}, 4), kNone);
  EXPECT_EQ(place({uses(32), idle(32, kJustNow)}, 64), kNone);
}

TEST(EnvironmentPlaces, EndsSpareEnvironmentsThatAreOutOfUse) {
  EXPECT_EQ(place({uses(32), idle(32, kLongAgo)}, 64), evict(1));
  EXPECT_EQ(place({uses(47), idle(17, kLongAgo)}, 64), evict(1));
  EXPECT_EQ(place({uses(24), idle(20, kLongAgo), idle(20, kLongAgo - 1)}, 64), evict(2));
  // Refused when the place would have to be reserved for a third function.
  EXPECT_EQ(place({uses(30), idle(30, kLongAgo), uses(0)}, 60), kNone);
}

TEST(EnvironmentPlaces, MakesRoomForAFunctionWithinItsShare) {
  EXPECT_EQ(place({uses(15), idle(49, kJustNow)}, 64), evict(1));
  EXPECT_EQ(place({uses(0), idle(1, kJustNow), idle(3, kJustNow)}, 4), evict(2));
  EXPECT_EQ(place({uses(0), uses(4)}, 4), kNone);
}

TEST(EnvironmentPlaces, HasMoreFunctionsThanPlacesTakeTurns) {
  EXPECT_EQ(place({uses(0), idle(1, kJustNow)}, 1), evict(1));
  EXPECT_EQ(place({uses(0), idle(1, kJustNow), idle(1, kLongAgo)}, 2), evict(2));
  // A function with one environment ends no other.
  EXPECT_EQ(place({uses(1), idle(1, kLongAgo), uses(0)}, 2), kNone);
}

}  // namespace
}  // namespace inlet53::lambda
