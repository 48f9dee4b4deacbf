// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/child_process.h"

#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>

#include "net_support.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace inlet53::net {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
  Descriptor read_end;
  Descriptor write_end;
};

// Reads until `wanted` has arrived or the pipe has ended; fails after the time limit.
std::string read_until(const Descriptor& pipe, std::string_view wanted) {
  std::string text;
  while (text.find(wanted) == std::string::npos) {
    pollfd looked{pipe.get(), POLLIN, 0};
    if (poll(&looked, 1, static_cast<int>(kPatienceMs)) != 1) {
      ADD_FAILURE() << "nothing more comes after: " << text;
      return text;
    }
    char bytes[256];
    const ssize_t count = read(pipe.get(), bytes, sizeof bytes);
    if (count <= 0) return text;
    text.append(bytes, static_cast<size_t>(count));
  }
  return text;
}

// Starts a shell script and runs the loop until it has ended.
ChildExit run_script(const std::string& script, int signal = 0) {
  Loop loop;
  std::optional<ChildExit> exit;
  auto child = ChildProcess::start(loop, {.arguments = {"sh", "-c", script}},
                                   [&](ChildExit how) { exit = how; });
  EXPECT_TRUE(child) << child.error();
  if (signal != 0) (*child)->kill(signal);
  EXPECT_TRUE(run_until(loop, [&] { return exit.has_value(); }));
  (*child)->kill(SIGTERM);  // reaches no process
  return exit.value_or(ChildExit{-1, -1});
}

TEST(ChildProcess, ReportsHowItEnded) {
  EXPECT_EQ(run_script("exit 0").status, 0);
  EXPECT_EQ(run_script("exit 4").status, 4);
  EXPECT_EQ(run_script("kill -9 $$").signal, SIGKILL);
  const ChildExit killed = run_script("while :; do sleep 0.01; done", SIGTERM);
  EXPECT_EQ(killed.signal, SIGTERM);
  EXPECT_EQ(killed.status, 0);
}

TEST(ChildProcess, RunsInAGroupOfItsOwnWithoutInput) {
  EXPECT_EQ(run_script("test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$").status, 0);
  EXPECT_EQ(run_script("read line && exit 1; exit 0").status, 0);
}

TEST(ChildProcess, ReportsWhyAProgramCannotStart) {
  Loop loop;
  const auto missing =
      ChildProcess::start(loop, {.arguments = {"/nonexistent/inlet53d"}}, [](ChildExit) {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "/nonexistent/inlet53d: No such file or directory");
  const auto folder = ChildProcess::start(loop, {.arguments = {"/tmp"}}, [](ChildExit) {});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error(), "/tmp: Permission denied");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no zombie is left
}

TEST(ChildProcess, MayBeDestroyedWhenItHasEnded) {
  Loop loop;
  bool ended = false;
  std::unique_ptr<ChildProcess> child;
  auto started = ChildProcess::start(loop, {.arguments = {"true"}}, [&](ChildExit) {
    child.reset();
    ended = true;
  });
  ASSERT_TRUE(started) << started.error();
  child = std::move(*started);
  EXPECT_GT(child->pid(), 0);
  EXPECT_TRUE(run_until(loop, [&] { return ended; }));
  EXPECT_EQ(child, nullptr);
}

// Returns the output of a child after its end.
std::string output_of(ChildOptions options) {
  Loop loop;
  std::string text;
  auto pipe = OutputPipe::open(loop, [&](Bytes bytes) { text += as_text(bytes); });
  EXPECT_TRUE(pipe) << pipe.error();
  options.output = (*pipe)->write_end();
  bool ended = false;
  const auto child = ChildProcess::start(loop, options, [&](ChildExit) { ended = true; });
  EXPECT_TRUE(child) << child.error();
  (*pipe)->close_write_end();
  EXPECT_TRUE(run_until(loop, [&] { return ended; }));
  (*pipe)->drain();
  return text;
}

TEST(ChildProcess, GetsItsEnvironmentDirectoryInputAndOutput) {
  const std::vector<std::string> environment{"ONE=1", "TWO=zwei \"2\""};
  EXPECT_EQ(output_of({.arguments = {"env"}, .environment = environment}),
            "ONE=1\nTWO=zwei \"2\"\n");
  EXPECT_EQ(output_of({.arguments = {"env"}, .environment = std::vector<std::string>{}}), "");
  EXPECT_EQ(output_of({.arguments = {"pwd"}, .folder = "/proc/self/fdinfo/.."}).substr(0, 6),
            "/proc/");
  const std::string script = "echo out; echo err >&2; echo $0";
  EXPECT_EQ(output_of({.arguments = {"sh", "-s"}, .input = script}), "out\nerr\nsh\n");
  const std::string large(300'000, 'x');
  EXPECT_EQ(output_of({.arguments = {"wc", "-c"}, .input = large}), "300000\n");
}

TEST(ChildProcess, InheritsNoDescriptor) {
  const Descriptor open_on_exec(open("/dev/null", O_RDONLY));
  ASSERT_TRUE(open_on_exec.valid());
  // 3 is the directory that ls reads.
  EXPECT_EQ(output_of({.arguments = {"ls", "/proc/self/fd"}}), "0\n1\n2\n3\n");
}

TEST(ChildProcess, ReportsAMissingDirectory) {
  Loop loop;
  const auto child = ChildProcess::start(loop, {.arguments = {"true"}, .folder = "/nonexistent"},
                                         [](ChildExit) {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error(), "/nonexistent: No such file or directory");
}

// A shell with a child; both run until they are killed.
const std::string kFamily = "trap '' TERM; sleep 1000 & echo $! ready; wait; wait";

// Starts such a shell and calls `end`; true when all of its processes have ended.
bool ends_whole_family(const std::function<void(std::unique_ptr<ChildProcess>&)>& end) {
  Loop loop;
  std::string text;
  auto pipe = OutputPipe::open(loop, [&](Bytes bytes) { text += as_text(bytes); });
  EXPECT_TRUE(pipe) << pipe.error();
  auto child = ChildProcess::start(
      loop, {.arguments = {"sh", "-c", kFamily}, .output = (*pipe)->write_end(), .end_group = true},
      [](ChildExit) {});
  EXPECT_TRUE(child) << child.error();
  (*pipe)->close_write_end();
  EXPECT_TRUE(run_until(loop, [&] { return text.find("ready") != std::string::npos; }));
  end(*child);
  // init reaps an orphan, which may take a while; a killed process is reaped at once.
  const std::string state = "/proc/" + text.substr(0, text.find(' ')) + "/stat";
  return run_until(loop, [&] {
    std::ifstream file(state);
    std::string line;
    return !std::getline(file, line) || line.find(") Z ") != std::string::npos;
  });
}

TEST(ChildProcess, IsEndedWithItsGroup) {
  EXPECT_TRUE(ends_whole_family([](auto& child) { child->kill_group(SIGKILL); }));
  EXPECT_TRUE(ends_whole_family([](auto& child) { child->kill(SIGKILL); }));  // by end_group
  EXPECT_TRUE(ends_whole_family([](auto& child) {
    const int pid = child->pid();
    child->end_now();
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);  // already reaped
    child->end_now();
    child->kill_group(SIGKILL);
    child.reset();
  }));
}

TEST(OutputPipe, LeavesRoomForOthersInAFlood) {
  Loop loop;
  uint64_t bytes = 0;
  uint64_t turns = 0;
  auto pipe = OutputPipe::open(loop, [&](Bytes some) { bytes += some.size(); });
  ASSERT_TRUE(pipe) << pipe.error();
  Timer timer(loop, [&] { ++turns; });
  timer.start(1, 1);
  const auto child = ChildProcess::start(
      loop, {.arguments = {"head", "-c", "100000000", "/dev/zero"}, .output = (*pipe)->write_end()},
      [](ChildExit) {});
  ASSERT_TRUE(child) << child.error();
  (*pipe)->close_write_end();
  EXPECT_TRUE(run_until(loop, [&] { return bytes == 100'000'000; }));
  EXPECT_GT(turns, 1U);
}

// Turns the calling process into a supervisor, whose child writes to `output`.
[[noreturn]] void supervise(const Descriptor& output) {
  dup2(output.get(), STDOUT_FILENO);
  Loop loop;
  const auto child = ChildProcess::start(
      loop,
      {.arguments =
           {"sh", "-c",
            "trap 'echo terminated; exit' TERM; echo ready; while :; do sleep 0.05; done"}},
      [](ChildExit) {});
  if (child) loop.run();
  _exit(1);
}

TEST(ChildProcess, GetsTermWhenItsSupervisorIsKilled) {
  Pipe pipe;
  const pid_t supervisor = fork();
  ASSERT_GE(supervisor, 0);
  if (supervisor == 0) supervise(pipe.write_end);
  pipe.write_end.reset();
  EXPECT_EQ(read_until(pipe.read_end, "ready\n"), "ready\n");
  ASSERT_EQ(kill(supervisor, SIGKILL), 0);
  ASSERT_EQ(waitpid(supervisor, nullptr, 0), supervisor);
  EXPECT_EQ(read_until(pipe.read_end, "terminated\n"), "terminated\n");
}

}  // namespace
}  // namespace inlet53::net
