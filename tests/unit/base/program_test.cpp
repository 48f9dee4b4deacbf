// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/program.h"

#include <cstdlib>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "inlet53/base/check.h"

namespace inlet53 {
namespace {

TEST(Program, ReturnsTheCodeOfItsRun) {
  EXPECT_EXIT(std::_Exit(run_program("test", [] { return 42; })), testing::ExitedWithCode(42), "");
}

TEST(Program, ReportsAnExceptionAndFails) {
  const auto run_throwing = [](const auto& error) {
    std::_Exit(run_program("test", [&]() -> int { throw error; }));
  };
  EXPECT_EXIT(run_throwing(std::runtime_error("no such luck")),
              testing::ExitedWithCode(kExitFailure), "test: ended by a failure: no such luck");
  EXPECT_EXIT(run_throwing(std::bad_alloc()), testing::ExitedWithCode(kExitFailure),
              "ended by a failure: not enough memory");
}

TEST(Program, ReportsAnExceptionThatLeavesAThread) {
  const auto run = [] {
    std::thread thread = start_thread([] { throw std::runtime_error("no such luck"); });
    thread.join();
    return 0;
  };
  EXPECT_EXIT(std::_Exit(run_program("test", run)), testing::ExitedWithCode(kExitFailure),
              "ended by a failure: no such luck");
}

TEST(Program, FailsWhenItsOutputIsLost) {
  const auto run = [] {
    std::cout << "output";
    return 0;
  };
  const auto run_with = [&](const char* output) {
    close(STDOUT_FILENO);
    if (output != nullptr && open(output, O_WRONLY) != STDOUT_FILENO) std::_Exit(99);
    std::_Exit(run_program("test", run));
  };
  EXPECT_EXIT(run_with("/dev/null"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run_with("/dev/full"), testing::ExitedWithCode(kExitFailure),
              "test: cannot write the output");
  EXPECT_EXIT(run_with(nullptr), testing::ExitedWithCode(kExitFailure),
              "test: cannot write the output");
}

// Every set of closed streams.
class StandardStreams : public testing::TestWithParam<int> {};

TEST_P(StandardStreams, AreOpenAfterwards) {
  const auto open_after_closing = [] {
    for (int stream = 0; stream <= 2; ++stream) {
      if ((GetParam() >> stream & 1) != 0) close(stream);
    }
    if (!open_standard_streams()) std::_Exit(98);
    for (int stream = 0; stream <= 2; ++stream) {
      if (fcntl(stream, F_GETFD) != 0) std::_Exit(stream + 1);  // children must inherit it
    }
    const int next = open("/dev/null", O_RDONLY);
    std::_Exit(next > 2 ? 0 : 99);
  };
  EXPECT_EXIT(open_after_closing(), testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(Closed, StandardStreams, testing::Range(0, 8), [](const auto& test) {
  std::string closed;
  if ((test.param & 1) != 0) closed += "Input";
  if ((test.param & 2) != 0) closed += "Output";
  if ((test.param & 4) != 0) closed += "Error";
  return closed.empty() ? "None" : closed;
});

}  // namespace
}  // namespace inlet53
