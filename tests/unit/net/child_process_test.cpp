#include "inlet53/net/child_process.h"

#include <array>
#include <csignal>
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

// Reads until `wanted` has come or the pipe has ended; fails when patience runs out.
std::string read_until(const Descriptor& pipe, std::string_view wanted) {
  std::string text;
  while (text.find(wanted) == std::string::npos) {
    pollfd looked{pipe.get(), POLLIN, 0};
    if (poll(&looked, 1, static_cast<int>(kPatienceMs)) != 1) {
      ADD_FAILURE() << "nothing more comes after: " << text;
      return text;
    }
    char octets[256];
    const ssize_t count = read(pipe.get(), octets, sizeof octets);
    if (count <= 0) return text;
    text.append(octets, static_cast<size_t>(count));
  }
  return text;
}

// Starts a shell script and runs the loop until it has ended.
ChildExit run_script(const std::string& script, int signal = 0) {
  Loop loop;
  std::optional<ChildExit> exit;
  auto child = ChildProcess::start(loop, {"sh", "-c", script}, [&](ChildExit how) { exit = how; });
  EXPECT_TRUE(child) << child.error();
  if (signal != 0) (*child)->kill(signal);
  EXPECT_TRUE(run_until(loop, [&] { return exit.has_value(); }));
  (*child)->kill(SIGTERM);  // nobody is hit
  return exit.value_or(ChildExit{-1, -1});
}

TEST(ChildProcess, TellsHowItEnded) {
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

TEST(ChildProcess, SaysWhyAProgramCannotBeStarted) {
  Loop loop;
  const auto missing = ChildProcess::start(loop, {"/nonexistent/inlet53d"}, [](ChildExit) {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "/nonexistent/inlet53d: No such file or directory");
  const auto folder = ChildProcess::start(loop, {"/tmp"}, [](ChildExit) {});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error(), "/tmp: Permission denied");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no zombie is left
}

TEST(ChildProcess, MayBeDestroyedWhenItHasEnded) {
  Loop loop;
  bool ended = false;
  std::unique_ptr<ChildProcess> child;
  auto started = ChildProcess::start(loop, {"true"}, [&](ChildExit) {
    child.reset();
    ended = true;
  });
  ASSERT_TRUE(started) << started.error();
  child = std::move(*started);
  EXPECT_GT(child->pid(), 0);
  EXPECT_TRUE(run_until(loop, [&] { return ended; }));
  EXPECT_EQ(child, nullptr);
}

// The process that calls this becomes a supervisor, whose child writes into `output`.
[[noreturn]] void supervise(const Descriptor& output) {
  dup2(output.get(), STDOUT_FILENO);
  Loop loop;
  const auto child = ChildProcess::start(
      loop,
      {"sh", "-c", "trap 'echo terminated; exit' TERM; echo ready; while :; do sleep 0.05; done"},
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
