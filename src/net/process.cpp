// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <unordered_set>

#include <fcntl.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

constexpr uint64_t kAgainMs = 10;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe, std::string> open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Unexpected(std::string(std::strerror(errno)));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Runs in the child, where no allocation is permitted. Reports why the program did not start.
[[noreturn]] void become(char* const* arguments, int output, int failure) noexcept {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(output, STDERR_FILENO) >= 0) {
    execvp(arguments[0], arguments);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &error, sizeof error);
  _exit(127);
}

// Reads until every writer has closed the pipe. Returns false when the time ends earlier.
bool read_all(int pipe, uint64_t due_ms, std::string& out) {
  for (;;) {
    const uint64_t now_ms = monotonic_microseconds() / 1000;
    if (now_ms >= due_ms) return false;
    pollfd waiting{pipe, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(due_ms - now_ms));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char bytes[1024];
    const ssize_t count = read(pipe, bytes, sizeof bytes);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count < 0) continue;
    out.append(bytes, std::min(static_cast<size_t>(count), kMaxProgramOutput - out.size()));
  }
}

constexpr int kMaxReaped = 1000;

// Fork and wait happen under the mutex: a child is known before it can be seen, and its number
// belongs to no other process before it is unknown.
struct KnownChildren {
  std::mutex mutex;
  std::unordered_set<pid_t> pids;
};

KnownChildren& known() {
  static KnownChildren all;
  return all;
}

}  // namespace

void deny_tracing() noexcept { prctl(PR_SET_DUMPABLE, 0); }

// Sets the group first, because CAP_SETGID is lost with root's rights. The destructor uses the
// reverse order.
FileSystemUser::FileSystemUser(uint32_t id) noexcept : group_(setfsgid(id)), user_(setfsuid(id)) {}

FileSystemUser::~FileSystemUser() {
  setfsuid(static_cast<uid_t>(user_));
  setfsgid(static_cast<gid_t>(group_));
}

StrayChildren::StrayChildren(Loop& loop)
    : again_(loop, [this] { reap(); }), ended_(loop, SIGCHLD, [this] { reap(); }) {
  again_.start(0);  // children that ended before
}

void StrayChildren::reap() {
  if (reap_strays()) again_.start(kAgainMs);
}

pid_t fork_known() {
  KnownChildren& children = known();
  const std::lock_guard lock(children.mutex);
  children.pids.reserve(children.pids.size() + 1);
  const pid_t child = fork();
  if (child > 0) children.pids.insert(child);
  return child;
}

bool reap_known(pid_t child, siginfo_t& how) noexcept {
  KnownChildren& children = known();
  const std::lock_guard lock(children.mutex);
  how = {};
  if (waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOHANG) != 0 || how.si_pid == 0) {
    return false;
  }
  children.pids.erase(child);
  return true;
}

void wait_for_known(pid_t child) noexcept {
  siginfo_t how{};
  while (waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  reap_known(child, how);
}

void forget_known(pid_t child) noexcept {
  KnownChildren& children = known();
  const std::lock_guard lock(children.mutex);
  children.pids.erase(child);
}

bool reap_strays() noexcept {
  KnownChildren& children = known();
  for (int i = 0; i < kMaxReaped; ++i) {
    const std::lock_guard lock(children.mutex);
    siginfo_t seen{};
    if (waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 || seen.si_pid == 0) {
      return false;
    }
    if (children.pids.contains(seen.si_pid)) return true;
    waitid(P_PID, static_cast<id_t>(seen.si_pid), &seen, WEXITED | WNOHANG | __WALL);
  }
  return true;
}

Result<std::string, std::string> program_output(const std::vector<std::string>& arguments,
                                                uint64_t timeout_ms) {
  const std::string& name = arguments.front();
  const auto failed = [&name](std::string_view why) { return Unexpected(concat(name, ": ", why)); };
  auto output = open_pipe();
  auto failure = open_pipe();
  if (!output) return failed(output.error());
  if (!failure) return failed(failure.error());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));  // execvp does not write to it
  }
  pointers.push_back(nullptr);

  const pid_t child = fork_known();
  if (child < 0) return failed(std::strerror(errno));
  if (child == 0) become(pointers.data(), output->write_end.get(), failure->write_end.get());
  output->write_end.reset();
  failure->write_end.reset();
  std::string text;
  const uint64_t due_ms = monotonic_microseconds() / 1000 + timeout_ms;
  const bool is_whole = read_all(output->read_end.get(), due_ms, text);
  // The program may have closed its output and continue. The child may not have its own group yet.
  if (kill(-child, SIGKILL) != 0) kill(child, SIGKILL);
  wait_for_known(child);
  int error = 0;
  if (read(failure->read_end.get(), &error, sizeof error) == sizeof error) {
    return failed(std::strerror(error));
  }
  if (!is_whole) return failed(concat("does not end within ", timeout_ms, " ms"));
  return text;
}

}  // namespace inlet53::net
