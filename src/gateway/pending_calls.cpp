// SPDX-License-Identifier: Apache-2.0
#include "pending_calls.h"

#include <utility>

namespace inlet53::gateway {

PendingCalls::PendingCalls(net::Loop& loop, Overdue overdue)
    : loop_(loop), overdue_(std::move(overdue)), timer_(loop, [this] { end_overdue(); }) {}

void PendingCalls::add(std::unique_ptr<Call> call, Integration::Ticket ticket) {
  const CallId id = call->id;
  const uint64_t deadline = loop_.now_ms() + call->route.method->integration.timeout_ms;
  const auto place = deadlines_.emplace(deadline, id);
  calls_.emplace(id, Pending{std::move(call), ticket, place});
  if (deadline < watched_ms_) watch_earliest();
}

std::unique_ptr<Call> PendingCalls::remove(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : erase(found);
}

std::unique_ptr<Call> PendingCalls::cancel(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return nullptr;
  const Pending& pending = found->second;
  return pending.call->integration->cancel(pending.ticket) ? erase(found) : nullptr;
}

// Leaves the timer: when it fires too early, it finds the next deadline.
std::unique_ptr<Call> PendingCalls::erase(Calls::iterator found) {
  std::unique_ptr<Call> call = std::move(found->second.call);
  deadlines_.erase(found->second.deadline);
  calls_.erase(found);
  return call;
}

void PendingCalls::end_overdue() {
  const uint64_t now = loop_.now_ms();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto found = calls_.find(deadlines_.begin()->second);
    const Integration::Ticket ticket = found->second.ticket;
    std::unique_ptr<Call> call = erase(found);
    call->integration->forget(ticket);
    overdue_(std::move(call));
  }
  watch_earliest();
}

void PendingCalls::watch_earliest() {
  if (deadlines_.empty()) {
    watched_ms_ = UINT64_MAX;
    return timer_.stop();
  }
  watched_ms_ = deadlines_.begin()->first;
  const uint64_t now = loop_.now_ms();
  timer_.start(watched_ms_ > now ? watched_ms_ - now : 0);
}

}  // namespace inlet53::gateway
