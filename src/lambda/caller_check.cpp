// SPDX-License-Identifier: Apache-2.0
#include "caller_check.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <unistd.h>

#include "inlet53/net/socket_owner.h"

namespace inlet53::lambda {

namespace {

// Time of this thread: work of other threads does not count.
uint64_t processor_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<uint64_t>(time.tv_nsec) / 1000;
}

}  // namespace

CallerCheck::CallerCheck(net::SocketOwners owners) : owners_(std::move(owners)) {
  if (owners_.source() == net::SocketOwners::Source::None) {
    fault_ =
        "cannot tell which process calls a Runtime API: neither sock_diag nor /proc/net/tcp works "
        "here";
  }
}

bool CallerCheck::allows(const SocketAddress& client, const SocketAddress& server,
                         const EnvironmentProcesses& processes, CheckBudget& budget,
                         uint64_t now_ms) {
  const bool allowed = is_own(client, server, processes, budget, now_ms);
  if (!allowed) ++refused_;
  return allowed;
}

bool CallerCheck::is_own(const SocketAddress& client, const SocketAddress& server,
                         const EnvironmentProcesses& processes, CheckBudget& budget,
                         uint64_t now_ms) const {
  // A file with all sockets of the machine may be long: reading it counts as part of the search.
  const bool reads_file = owners_.source() == net::SocketOwners::Source::ProcFile;
  if (reads_file && budget.used_up(now_ms)) return false;
  const uint64_t began_us = processor_us();
  const auto refuse = [&] {
    budget.charge(processor_us() - began_us, now_ms);
    return false;
  };
  const auto owner = owners_.find(client, server);
  if (!owner || owner->user != processes.user.value_or(geteuid())) {
    return reads_file ? refuse() : false;
  }
  if (budget.used_up(now_ms)) return false;
  if (net::process_tree_has_socket(processes.root, owner->inode, processes.user)) return true;
  return refuse();
}

void CheckBudget::refill(uint64_t now_ms) noexcept {
  // A search of 4,096 steps takes some milliseconds, so a second pays for any debt.
  const uint64_t passed = std::min<uint64_t>(now_ms - std::min(refilled_ms_, now_ms), 10'000);
  left_us_ = std::min(left_us_ + static_cast<int64_t>(passed) * kUsPerMs, kMaxUs);
  refilled_ms_ = now_ms;
}

bool CheckBudget::used_up(uint64_t now_ms) noexcept {
  refill(now_ms);
  return left_us_ <= 0;
}

void CheckBudget::charge(uint64_t cost_us, uint64_t now_ms) noexcept {
  refill(now_ms);
  // At least 1, because a clock may be coarse. At most the budget of one second, so that no debt
  // lasts long.
  left_us_ -= static_cast<int64_t>(std::clamp<uint64_t>(cost_us, 1, kMaxUs));
}

}  // namespace inlet53::lambda
