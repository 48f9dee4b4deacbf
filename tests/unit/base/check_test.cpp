// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/check.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace inlet53 {
namespace {

TEST(SystemFailure, ReportsTheOperationAndTheReason) {
  EXPECT_NO_THROW(require_system(true, "cannot make it"));
  try {
    require_system(false, "cannot make it", EMFILE);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_STREQ(failure_text(error), "cannot make it: Too many open files");
  }
}

TEST(SystemFailure, NamesMemoryPlainly) {
  EXPECT_NO_THROW(require_memory(true));
  try {
    require_memory(false);
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_STREQ(failure_text(error), "not enough memory");
  }
  EXPECT_STREQ(failure_text(std::runtime_error("other")), "other");
}

TEST(SystemFailure, StartsThreads) {
  bool ran = false;
  start_thread([&] { ran = true; }).join();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace inlet53
