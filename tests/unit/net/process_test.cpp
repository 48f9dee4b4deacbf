// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "net_support.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/net/child_process.h"
#include "inlet53/net/confinement.h"

namespace inlet53::net {

namespace {

// Returns false for a zombie, which still has its number.
bool is_gone(pid_t process) { return kill(process, 0) != 0 && errno == ESRCH; }

// Makes a child of this process that is unknown to it and ends soon.
pid_t make_stray(int status = 0) {
  const pid_t child = fork();
  if (child == 0) _exit(status);
  return child;
}

TEST(StrayChildren, AreReaped) {
  Loop loop;
  const pid_t before = make_stray();
  const StrayChildren strays(loop);
  EXPECT_TRUE(run_until(loop, [&] { return is_gone(before); }));
  std::vector<pid_t> all;
  for (int i = 0; i < 50; ++i) all.push_back(make_stray(i));
  for (const pid_t one : all) EXPECT_TRUE(run_until(loop, [&] { return is_gone(one); }));
}

// A function can do this: its child creates a child of the daemon.
TEST(StrayChildren, AreReapedAlsoWhenAChildMadeThem) {
  Loop loop;
  const StrayChildren strays(loop);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor read_end(ends[0]);
  const Descriptor write_end(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    const auto made = static_cast<pid_t>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
    if (made == 0) _exit(3);
    _exit(write(write_end.get(), &made, sizeof made) == sizeof made ? 0 : 1);
  }
  pid_t made = 0;
  ASSERT_EQ(read(read_end.get(), &made, sizeof made), static_cast<ssize_t>(sizeof made));
  ASSERT_GT(made, 0);
  EXPECT_TRUE(run_until(loop, [&] { return is_gone(made) && is_gone(child); }));
}

TEST(StrayChildren, TakeNoExitStatusOfOurChildren) {
  Loop loop;
  const StrayChildren strays(loop);
  std::map<int, int64_t> ended;
  std::vector<std::unique_ptr<ChildProcess>> children;
  std::vector<pid_t> unknown;
  for (int i = 1; i <= 40; ++i) {
    auto child = ChildProcess::start(
        loop, {.arguments = {"sh", "-c", "exit " + std::to_string(i)}},
        [&ended, i](ChildExit how) { ended[i] = how.signal == 0 ? how.status : -1; });
    ASSERT_TRUE(child) << child.error();
    children.push_back(std::move(*child));
    unknown.push_back(make_stray());
  }
  EXPECT_TRUE(try_confinement({}));
  EXPECT_TRUE(run_until(loop, [&] { return ended.size() == children.size(); }));
  for (const auto& [i, status] : ended) EXPECT_EQ(status, i);
  for (const pid_t one : unknown) EXPECT_TRUE(run_until(loop, [&] { return is_gone(one); }));
  // The status of a known child stays until its owner reads it.
  auto last = ChildProcess::start(loop, {.arguments = {"sh", "-c", "exit 7"}}, [](ChildExit) {});
  ASSERT_TRUE(last) << last.error();
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>((*last)->pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(reap_strays());
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>((*last)->pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, 7);
  // A child that its owner forgets is unknown.
  const pid_t forgotten = (*last)->pid();
  last->reset();
  EXPECT_FALSE(reap_strays());
  EXPECT_TRUE(is_gone(forgotten));
}

TEST(ProgramOutput, IsTheOutputOfAProgram) {
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

TEST(ProgramOutput, ReportsAProgramThatCannotRun) {
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
