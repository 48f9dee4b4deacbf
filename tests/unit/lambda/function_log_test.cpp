// SPDX-License-Identifier: Apache-2.0
#include "function_log.h"

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

size_t count_of(const std::string& text, std::string_view words) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(words, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(RefusalLog, TellsTheFirstAtOnceAndCountsTheOthers) {
  net::Loop loop;
  RefusalLog refusals(loop, "hello", 1);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) refusals.add(i < 999 ? "no place" : "still no place");
  net::Timer later(loop, [&] { loop.stop(); });
  later.start(20);
  loop.run();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count_of(said, "function hello"), 2U) << said;
  EXPECT_EQ(count_of(said, "function hello: an invocation is refused: no place"), 1U) << said;
  EXPECT_EQ(
      count_of(said, "function hello: 999 more invocations were refused, the last one: still"), 1U)
      << said;
}

}  // namespace
}  // namespace inlet53::lambda
