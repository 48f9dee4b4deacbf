#include "inlet53/net/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

// Not uv_spawn: it can neither set PR_SET_PDEATHSIG nor name its child by a pidfd.

struct ChildProcess::Handle {
  Handle(Loop& loop, pid_t child, Descriptor descriptor, std::function<void(ChildExit)> callback);
  void reap();

  pid_t pid;
  Descriptor pidfd;
  std::function<void(ChildExit)> ended;
  std::optional<ReadWatcher> watcher;
};

namespace {

//--- Between fork and exec: only calls that are safe after a fork in a process with threads.

[[noreturn]] void report_and_exit(int error_pipe) {
  const int error = errno;
  const auto written = ::write(error_pipe, &error, sizeof error);
  _exit(written == sizeof error ? 127 : 126);
}

void restore_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(char* const* arguments, pid_t parent, int error_pipe) {
  setpgid(0, 0);
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) report_and_exit(error_pipe);
  if (getppid() != parent) _exit(127);  // the parent died before prctl
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, STDIN_FILENO) < 0) report_and_exit(error_pipe);
  restore_signals();
  execvp(arguments[0], arguments);
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

std::string failure(std::string_view program, int error) {
  return concat(program, ": ", std::generic_category().message(error));
}

// Forks with every signal blocked: a handler of ours that ran in the child would write into the
// loop's own signal pipe.
pid_t fork_blocked(char* const* arguments, int error_pipe) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) become(arguments, parent, error_pipe);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return child;
}

// Waits until the child has executed its program or said why it can't: 0 or its errno.
int read_exec_error(int pipe) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(pipe, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

}  // namespace

ChildProcess::Handle::Handle(Loop& loop, pid_t child, Descriptor descriptor,
                             std::function<void(ChildExit)> callback)
    : pid(child), pidfd(std::move(descriptor)), ended(std::move(callback)) {
  watcher.emplace(loop, pidfd.get(), [this] { reap(); });
}

void ChildProcess::Handle::reap() {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG) != 0) return;
  if (info.si_pid == 0) return;  // it has not ended yet
  ChildExit exit;
  if (info.si_code == CLD_EXITED) {
    exit.status = info.si_status;
  } else {
    exit.signal = info.si_status;
  }
  watcher.reset();
  // The callback may destroy this object, so it must not stand in it.
  const auto callback = std::move(ended);
  callback(exit);
}

Result<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    Loop& loop, const std::vector<std::string>& arguments, std::function<void(ChildExit)> ended) {
  INLET53_CHECK(!arguments.empty());
  const std::string& program = arguments.front();
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected(failure(program, errno));
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);

  const pid_t child = fork_blocked(argv.data(), write_end.get());
  if (child < 0) return Unexpected(failure(program, errno));
  setpgid(child, child);  // both sides do it: neither may run on before it is done
  write_end.reset();
  if (const int error = read_exec_error(read_end.get()); error != 0) {
    waitpid(child, nullptr, 0);
    return Unexpected(failure(program, error));
  }

  Descriptor pidfd = open_pidfd(child);
  if (!pidfd.valid()) {
    const int error = errno;
    ::kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return Unexpected(failure(program, error));
  }
  auto* handle = new Handle(loop, child, std::move(pidfd), std::move(ended));
  return std::unique_ptr<ChildProcess>(new ChildProcess(handle));
}

ChildProcess::ChildProcess(Handle* handle) : handle_(handle) {}
ChildProcess::~ChildProcess() { delete handle_; }

int ChildProcess::pid() const noexcept { return handle_->pid; }

void ChildProcess::kill(int signal) noexcept { send_signal(handle_->pidfd, signal); }

}  // namespace inlet53::net
