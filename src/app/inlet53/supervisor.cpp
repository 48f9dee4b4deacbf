#include "supervisor.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "inlet53/base/clock.h"
#include "inlet53/base/exit_code.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/net/stray_children.h"

namespace inlet53::app {

namespace {

constexpr uint64_t kFirstDelayMs = 500;
constexpr uint64_t kMaxDelayMs = 30'000;
constexpr uint64_t kStoodMs = 10'000;     // a run of this length clears the failures before it
constexpr uint32_t kMaxFailures = 5;      // in a row
constexpr uint64_t kStopGraceMs = 5'000;  // a daemon drains for 3 s

std::string describe(net::ChildExit how) {
  if (how.signal == 0) return concat("ended with exit code ", how.status);
  const char* name = sigabbrev_np(how.signal);
  return name == nullptr ? concat("was ended by signal ", how.signal)
                         : concat("was ended by SIG", name);
}

// An exit code that starting again would not mend.
bool is_hopeless(net::ChildExit how) {
  return how.signal == 0 && (how.status == kExitUsage || how.status == kExitConfiguration ||
                             how.status == kExitCannotBind);
}

}  // namespace

struct Supervisor::Child {
  Child(Supervisor& supervisor, DaemonCommand with)
      : command(std::move(with)),
        restart(supervisor.loop_, [this, &supervisor] { supervisor.start(*this); }) {}

  DaemonCommand command;
  net::Timer restart;
  std::unique_ptr<net::ChildProcess> process;  // the last one that was started
  bool running = false;
  bool first_run = true;
  uint64_t started_ms = 0;
  uint32_t failures = 0;  // in a row
};

Supervisor::Supervisor(std::vector<DaemonCommand> commands)
    : kill_deadline_(loop_, [this] {
        log_warning("not every daemon ended in time: killing what is left");
        kill_all(SIGKILL);
      }) {
  for (DaemonCommand& command : commands) {
    children_.push_back(std::make_unique<Child>(*this, std::move(command)));
  }
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  const net::SignalWatcher term(loop_, SIGTERM, [this] { stop(); });
  const net::SignalWatcher interrupt(loop_, SIGINT, [this] { stop(); });
  const net::SignalWatcher hangup(loop_, SIGHUP, [this] { kill_all(SIGHUP); });
  const net::SignalWatcher user1(loop_, SIGUSR1, [this] { kill_all(SIGUSR1); });
  const net::StrayChildren strays(loop_);  // as process 1 of a container it gets orphans
  for (const auto& child : children_) start(*child);
  leave_if_idle();
  loop_.run();
  return exit_code_;
}

void Supervisor::start(Child& child) {
  child.started_ms = read_clock().monotonic_ms;
  auto started =
      net::ChildProcess::start(loop_, {.arguments = child.command.arguments},
                               [this, &child](net::ChildExit how) { ended(child, how); });
  if (!started) {
    failed(child, concat("cannot be started: ", started.error()));
    return;
  }
  child.process = std::move(*started);
  child.running = true;
  log_info(concat("started ", child.command.name, ", process ", child.process->pid()));
}

void Supervisor::ended(Child& child, net::ChildExit how) {
  child.running = false;
  const bool first_run = std::exchange(child.first_run, false);
  if (stopping_) {
    log_info(concat(child.command.name, " ", describe(how)));
    leave_if_idle();
  } else if (how.signal == 0 && how.status == kExitOk) {
    log_info(concat(child.command.name, " ended by itself; it stays down"));
    leave_if_idle();
  } else if (first_run && is_hopeless(how)) {
    log_error(concat(child.command.name, " ", describe(how)));
    exit_code_ = static_cast<int>(how.status);
    stop();
  } else {
    failed(child, describe(how));
  }
}

void Supervisor::failed(Child& child, const std::string& how) {
  if (read_clock().monotonic_ms - child.started_ms >= kStoodMs) child.failures = 0;
  if (++child.failures >= kMaxFailures) {
    log_error(concat(child.command.name, " ", how, "; failed ", child.failures,
                     " times in a row, it stays down"));
    exit_code_ = kExitFailure;
    leave_if_idle();
    return;
  }
  const uint64_t delay = std::min(kFirstDelayMs << (child.failures - 1), kMaxDelayMs);
  log_error(concat(child.command.name, " ", how, "; starting it again in ", delay, " ms"));
  child.restart.start(delay);
}

void Supervisor::stop() {
  if (!std::exchange(stopping_, true)) {
    for (const auto& child : children_) child->restart.stop();
    kill_deadline_.start(kStopGraceMs);
  }
  kill_all(SIGTERM);
  leave_if_idle();
}

void Supervisor::kill_all(int signal) {
  for (const auto& child : children_) {
    if (child->running) child->process->kill(signal);
  }
}

void Supervisor::leave_if_idle() {
  const bool busy = std::any_of(children_.begin(), children_.end(), [](const auto& child) {
    return child->running || child->restart.active();
  });
  if (!busy) loop_.stop();
}

}  // namespace inlet53::app
