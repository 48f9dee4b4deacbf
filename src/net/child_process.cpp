// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "confined_child.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"
#include "inlet53/net/process.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

// uv_spawn can neither set PR_SET_PDEATHSIG nor use a pidfd for its child.

struct ChildProcess::Handle {
  Handle(Loop& loop, pid_t child, Descriptor descriptor, bool with_group,
         std::function<void(ChildExit)> callback);
  ~Handle();
  void reap();

  pid_t pid;
  Descriptor pidfd;
  bool end_group;
  std::function<void(ChildExit)> ended;
  std::optional<ReadWatcher> watcher;
};

namespace {

constexpr uint64_t kEndPatienceMs = 1000;

// Report of a child that could not execute its program.
struct StartError {
  enum class What : int { Program, Folder, Confinement };
  What what = What::Program;
  int error = 0;  // errno
  ConfinementError confinement{};
};

// Data for the child, made before the fork: no allocation is permitted after it.
struct Preparation {
  explicit Preparation(const ChildOptions& options)
      : argv(pointers(options.arguments)),
        folder(options.folder.empty() ? nullptr : options.folder.c_str()),
        output(options.output),
        death_signal(options.death_signal) {
    if (options.environment) envp = pointers(*options.environment);
    if (options.confinement) confined.emplace(*options.confinement);
  }

  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  }

  std::vector<char*> argv;
  std::optional<std::vector<char*>> envp;
  const char* folder;
  Descriptor input;
  int output;
  int death_signal;
  std::optional<ConfinedChild> confined;
  pid_t parent = getpid();
};

//--- Between fork and exec: only calls that are safe after a fork in a process with threads

[[noreturn]] void report_and_exit(int error_pipe, const StartError& error) {
  const auto written = ::write(error_pipe, &error, sizeof error);
  _exit(written == sizeof error ? 127 : 126);
}

[[noreturn]] void report_and_exit(int error_pipe,
                                  StartError::What what = StartError::What::Program) {
  report_and_exit(error_pipe, StartError{what, errno});
}

void restore_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// This program opens its descriptors close-on-exec; those of libraries and inherited ones may not
// be.
void close_the_rest_on_exec() {
  if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  // Linux before 5.11.
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (int descriptor = 3; static_cast<rlim_t>(descriptor) < limit.rlim_max; ++descriptor) {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

[[noreturn]] void become(Preparation& prepared, int error_pipe) {
  if (dup2(prepared.input.get(), STDIN_FILENO) < 0) report_and_exit(error_pipe);
  if (prepared.output >= 0 &&
      (dup2(prepared.output, STDOUT_FILENO) < 0 || dup2(prepared.output, STDERR_FILENO) < 0)) {
    report_and_exit(error_pipe);
  }
  close_the_rest_on_exec();  // before a confinement lowers the limit
  if (prepared.confined) {
    const ConfinementError failed = prepared.confined->enter();
    if (failed.error != 0) {
      report_and_exit(error_pipe, {StartError::What::Confinement, failed.error, failed});
    }
  } else {
    setpgid(0, 0);
  }
  if (prctl(PR_SET_PDEATHSIG, prepared.death_signal) != 0) report_and_exit(error_pipe);
  if (getppid() != prepared.parent) _exit(127);  // the parent died before prctl
  if (prepared.folder != nullptr && chdir(prepared.folder) != 0) {
    report_and_exit(error_pipe, StartError::What::Folder);
  }
  restore_signals();
  execvpe(prepared.argv.front(), prepared.argv.data(),
          prepared.envp ? prepared.envp->data() : environ);
  report_and_exit(error_pipe);
}

//--- In the parent

// glibc 2.36 has these two, but its header lacks extern "C".
Descriptor open_pidfd(pid_t process) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
}

void send_signal(const Descriptor& pidfd, int signal) noexcept {
  syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

// Signals may arrive meanwhile, such as SIGCHLD of other children.
void wait_for_end(const Descriptor& pidfd) noexcept {
  pollfd ending{pidfd.get(), POLLIN, 0};
  const uint64_t until_us = monotonic_microseconds() + kEndPatienceMs * 1000;
  for (uint64_t now_us = 0; (now_us = monotonic_microseconds()) < until_us;) {
    const int left_ms = static_cast<int>((until_us - now_us + 999) / 1000);
    if (poll(&ending, 1, left_ms) >= 0 || errno != EINTR) return;
  }
}

std::string failure(std::string_view program, int error) {
  return concat(program, ": ", std::generic_category().message(error));
}

std::string explain(const StartError& failed, const ChildOptions& options) {
  const std::string& program = options.arguments.front();
  switch (failed.what) {
    case StartError::What::Program:
      break;
    case StartError::What::Folder:
      return failure(options.folder, failed.error);
    case StartError::What::Confinement:
      return concat(program, ": ", to_text(failed.confinement, *options.confinement));
  }
  return failure(program, failed.error);
}

// Opens the child's stdin: /dev/null, or a file in memory. Not valid: errno has the reason.
Descriptor open_input(std::string_view text) {
  if (text.empty()) return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor file(memfd_create("stdin", MFD_CLOEXEC));
  while (file.valid() && !text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0) return {};
    text.remove_prefix(static_cast<size_t>(count));
  }
  if (file.valid()) lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Forks with all signals blocked: a signal handler of this process, running in the child, would
// write to the loop's signal pipe.
pid_t fork_blocked(Preparation& prepared, int error_pipe) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = fork_known();
  if (child == 0) become(prepared, error_pipe);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return child;
}

// Waits until the child has executed its program or reported its error; an empty error is success.
StartError read_start_error(int pipe) {
  StartError error;
  ssize_t count = 0;
  do {
    count = ::read(pipe, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : StartError{};
}

constexpr size_t kSlice = size_t{64} << 10;  // as much as a pipe holds
constexpr int kMaxDrainSlices = 4;

}  // namespace

ChildProcess::Handle::Handle(Loop& loop, pid_t child, Descriptor descriptor, bool with_group,
                             std::function<void(ChildExit)> callback)
    : pid(child), pidfd(std::move(descriptor)), end_group(with_group), ended(std::move(callback)) {
  watcher.emplace(loop, pidfd.get(), [this] { reap(); });
}

ChildProcess::Handle::~Handle() {
  if (watcher) forget_known(pid);
}

void ChildProcess::Handle::reap() {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd.get());
  if (waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
  if (info.si_pid == 0) return;  // it has not ended yet
  // Before reaping: until then no other process can have the group's number.
  if (end_group) ::kill(-pid, SIGKILL);
  reap_known(pid, info);
  ChildExit exit;
  if (info.si_code == CLD_EXITED) {
    exit.status = info.si_status;
  } else {
    exit.signal = info.si_status;
  }
  watcher.reset();
  // The callback may destroy this object, so it must not be a member.
  const auto callback = std::move(ended);
  callback(exit);
}

Result<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    Loop& loop, const ChildOptions& options, std::function<void(ChildExit)> ended) {
  INLET53_CHECK(!options.arguments.empty());
  const std::string& program = options.arguments.front();
  Preparation prepared(options);
  prepared.input = open_input(options.input);
  if (!prepared.input.valid()) return Unexpected(failure(program, errno));

  // Allows the child to open /dev/stdout again. Without CAP_CHOWN it can still write to its open
  // descriptor.
  if (options.confinement && options.confinement->user && options.output >= 0) {
    const uint32_t user = *options.confinement->user;
    if (fchown(options.output, user, user) != 0 && errno != EPERM) {
      return Unexpected(failure(program, errno));
    }
  }

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected(failure(program, errno));
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);

  const pid_t child = fork_blocked(prepared, write_end.get());
  if (child < 0) return Unexpected(failure(program, errno));
  write_end.reset();
  if (const StartError failed = read_start_error(read_end.get()); failed.error != 0) {
    wait_for_known(child);
    return Unexpected(explain(failed, options));
  }

  Descriptor pidfd = open_pidfd(child);
  if (!pidfd.valid()) {
    const int error = errno;
    ::kill(child, SIGKILL);
    wait_for_known(child);
    return Unexpected(failure(program, error));
  }
  auto* handle = new Handle(loop, child, std::move(pidfd), options.end_group, std::move(ended));
  return std::unique_ptr<ChildProcess>(new ChildProcess(handle));
}

ChildProcess::ChildProcess(Handle* handle) : handle_(handle) {}
ChildProcess::~ChildProcess() { delete handle_; }

int ChildProcess::pid() const noexcept { return handle_->pid; }

void ChildProcess::kill(int signal) noexcept { send_signal(handle_->pidfd, signal); }

void ChildProcess::kill_group(int signal) noexcept {
  // Until it is reaped, no other process can have its number or its group's.
  if (handle_->watcher) ::kill(-handle_->pid, signal);
}

void ChildProcess::end_now() noexcept {
  if (!handle_->watcher) return;
  handle_->watcher.reset();
  ::kill(-handle_->pid, SIGKILL);
  wait_for_end(handle_->pidfd);
  siginfo_t info{};
  if (!reap_known(handle_->pid, info)) forget_known(handle_->pid);
}

Result<std::unique_ptr<OutputPipe>, std::string> OutputPipe::open(Loop& loop, Received received) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Unexpected("pipe: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<OutputPipe>(
      new OutputPipe(loop, Descriptor(ends[0]), Descriptor(ends[1]), std::move(received)));
}

OutputPipe::OutputPipe(Loop& loop, Descriptor read_end, Descriptor write_end, Received received)
    : read_end_(std::move(read_end)),
      write_end_(std::move(write_end)),
      received_(std::move(received)) {
  // Only this end: children expect a blocking one.
  fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
  watcher_.emplace(loop, read_end_.get(), [this] { static_cast<void>(read_some()); });
}

void OutputPipe::drain() {
  for (int i = 0; i < kMaxDrainSlices && watcher_; ++i) {
    if (!read_some()) return;
  }
}

// Returns false when nothing more is available now. Uses no member after `received_`.
bool OutputPipe::read_some() {
  std::array<uint8_t, kSlice> slice;
  const ssize_t count = ::read(read_end_.get(), slice.data(), slice.size());
  if (count > 0) {
    received_({slice.data(), static_cast<size_t>(count)});
    return true;
  }
  if (count == 0 || (errno != EAGAIN && errno != EINTR)) watcher_.reset();
  return false;
}

}  // namespace inlet53::net
