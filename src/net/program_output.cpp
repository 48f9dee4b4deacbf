// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/program_output.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"
#include "inlet53/net/stray_children.h"

namespace inlet53::net {

namespace {

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
    char octets[1024];
    const ssize_t count = read(pipe, octets, sizeof octets);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count < 0) continue;
    out.append(octets, std::min(static_cast<size_t>(count), kMaxProgramOutput - out.size()));
  }
}

}  // namespace

Result<std::string, std::string> program_output(const std::vector<std::string>& arguments,
                                                uint64_t timeout_ms) {
  const std::string& name = arguments.front();
  const auto failed = [&name](std::string_view why) { return Unexpected(concat(name, ": ", why)); };
  auto output = open_pipe();
  auto failure = open_pipe();
  if (!output) return failed(output.error());
  if (!failure) return failed(failure.error());
  std::vector<char*> pointers;
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
