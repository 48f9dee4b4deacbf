// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/stray_children.h"

#include <cerrno>
#include <csignal>
#include <mutex>
#include <unordered_set>

#include <unistd.h>

namespace inlet53::net {

namespace {

constexpr uint64_t kAgainMs = 10;

}  // namespace

StrayChildren::StrayChildren(Loop& loop)
    : again_(loop, [this] { reap(); }), ended_(loop, SIGCHLD, [this] { reap(); }) {
  again_.start(0);  // children that ended before
}

void StrayChildren::reap() {
  if (reap_strays()) again_.start(kAgainMs);
}

namespace {

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

}  // namespace inlet53::net
