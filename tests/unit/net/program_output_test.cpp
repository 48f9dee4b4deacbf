// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/program_output.h"

#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

TEST(ProgramOutput, IsWhatAProgramWrites) {
  const auto output = program_output({"sh", "-c", "echo out; echo err >&2; cat"}, 60'000);
  EXPECT_EQ(output.value_or("?"), "out\nerr\n");
  EXPECT_EQ(program_output({"/bin/sh", "-c", "exit 3"}, 60'000).value_or("?"), "");
}

TEST(ProgramOutput, IsBounded) {
  const auto output = program_output({"sh", "-c", "head -c 100000 /dev/zero"}, 60'000);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->size(), kMaxProgramOutput);
}

TEST(ProgramOutput, EndsAProgramThatClosesItsOutput) {
  const auto output =
      program_output({"sh", "-c", "echo out; exec >&- 2>&-; exec tail -f /dev/null"}, 60'000);
  EXPECT_EQ(output.value_or("?"), "out\n");
}

TEST(ProgramOutput, TellsWhatCannotBeRun) {
  const auto output = program_output({"no-such-program-here"}, 60'000);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error(), "no-such-program-here: No such file or directory");
}

TEST(ProgramOutput, EndsAProgramThatHangs) {
  const auto output = program_output({"sh", "-c", "cat /dev/zero & exec tail -f /dev/null"}, 50);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error(), "sh: does not end within 50 ms");
}

}  // namespace
}  // namespace inlet53::net
