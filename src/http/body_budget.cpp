// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/body_budget.h"

#include <algorithm>
#include <vector>

#include "inlet53/base/check.h"

namespace inlet53::http {

namespace {

// Maximum number of grants in one call of `grant`, which limits its part of a turn.
constexpr size_t kMaxGrants = 64;
constexpr size_t kMaxMisses = 256;

}  // namespace

//--- BodyCharge

void BodyCharge::add(BodyCharge&& more) noexcept {
  if (more.account_ == nullptr) return;
  INLET53_CHECK(account_ == nullptr || account_ == more.account_);
  account_ = std::exchange(more.account_, nullptr);
  bytes_ += std::exchange(more.bytes_, 0);
}

void BodyCharge::shrink_to(uint64_t bytes) noexcept {
  INLET53_CHECK(bytes <= bytes_);
  if (account_ == nullptr) return;
  const uint64_t released = bytes_ - bytes;
  bytes_ = bytes;
  BodyAccount& account = *account_;
  if (bytes == 0) account_ = nullptr;
  account.budget.release(account, released);
}

//--- BodyWait

void BodyWait::cancel() noexcept {
  if (account_ != nullptr) account_->budget.leave(*this);
}

//--- BodyBudget

BodyBudget::~BodyBudget() { INLET53_CHECK(accounts_.empty()); }

BodyAccount& BodyBudget::open(const IpAddress& client) {
  BodyAccount& account =
      accounts_.try_emplace(client, BodyAccount{.budget = *this, .client = client}).first->second;
  ++account.connections;
  return account;
}

void BodyBudget::close(BodyAccount& account) noexcept {
  --account.connections;
  forget_if_unused(account);
}

bool BodyBudget::fits(const BodyAccount& account, uint64_t bytes) const noexcept {
  const uint64_t free = limits_.total - std::min(limits_.total, counts_.bytes);
  return bytes <= free && account.bytes + bytes <= std::min(limits_.per_client, free);
}

bool BodyBudget::try_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge) {
  if (bytes == 0) return true;
  if (!fits(account, bytes)) return false;
  set_charge(account, charge.bytes() + bytes, charge);
  return true;
}

void BodyBudget::set_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge) noexcept {
  if (bytes <= charge.bytes()) return charge.shrink_to(bytes);
  const uint64_t more = bytes - charge.bytes();
  account.bytes += more;
  counts_.bytes += more;
  charge.add(BodyCharge(account, more));
}

bool BodyBudget::charge_response(BodyAccount& account, uint64_t bytes, BodyCharge& charge) {
  if (bytes <= charge.bytes()) return true;
  if (bytes <= kSmallResponse) {
    set_charge(account, bytes, charge);
    return true;
  }
  if (try_charge(account, bytes - charge.bytes(), charge)) return true;
  count_refused();
  return false;
}

bool BodyBudget::charge_or_wait(BodyAccount& account, uint64_t bytes, BodyCharge& charge,
                                BodyWaiter& waiter, BodyWait& wait, uint64_t now_ms) {
  const bool may_go_first = account.waiting.empty() || bytes <= kSmallBody;
  if (may_go_first && try_charge(account, bytes, charge)) return true;
  INLET53_CHECK(!wait.waiting());
  ++counts_.waited;
  wait.account_ = &account;
  wait.waiter_ = &waiter;
  wait.bytes_ = bytes;
  wait.deadline_ms_ = now_ms + limits_.wait_ms;
  if (account.waiting.empty()) account.place = queue_.insert(queue_.end(), &account);
  wait.place_ = account.waiting.insert(account.waiting.end(), &wait);
  wake();
  return false;
}

void BodyBudget::leave(BodyWait& wait) noexcept {
  BodyAccount& account = *std::exchange(wait.account_, nullptr);
  account.waiting.erase(wait.place_);
  if (account.waiting.empty()) queue_.erase(account.place);
  forget_if_unused(account);
}

void BodyBudget::grant() {
  awake_ = true;
  size_t grants = 0;
  size_t misses = 0;
  while (misses < std::min(queue_.size(), kMaxMisses) && grants < kMaxGrants) {
    BodyAccount& account = *queue_.front();
    queue_.splice(queue_.end(), queue_, queue_.begin());
    BodyWait& wait = *account.waiting.front();
    if (!fits(account, wait.bytes_)) {
      ++misses;
      continue;
    }
    BodyCharge charge;
    set_charge(account, wait.bytes_, charge);
    leave(wait);
    wait.waiter_->room_granted(std::move(charge));
    ++grants;
    misses = 0;
  }
  awake_ = false;
  if (grants == kMaxGrants) wake();
}

void BodyBudget::deny_overdue(uint64_t now_ms) {
  awake_ = true;
  std::vector<BodyAccount*> accounts(queue_.begin(), queue_.end());
  for (BodyAccount* const account : accounts) {
    // A denied body may be its client's last, and then the account is destroyed too.
    for (size_t left = account->waiting.size(); left > 0; --left) {
      BodyWait& wait = *account->waiting.front();
      if (wait.deadline_ms_ > now_ms) break;
      leave(wait);
      ++counts_.denied;
      wait.waiter_->room_denied();
    }
  }
  awake_ = false;
  wake();
}

void BodyBudget::release(BodyAccount& account, uint64_t bytes) {
  account.bytes -= bytes;
  counts_.bytes -= bytes;
  if (!queue_.empty()) wake();
  forget_if_unused(account);
}

void BodyBudget::forget_if_unused(BodyAccount& account) noexcept {
  if (account.connections == 0 && account.bytes == 0 && account.waiting.empty()) {
    accounts_.erase(account.client);
  }
}

void BodyBudget::wake() {
  if (awake_ || queue_.empty()) return;
  awake_ = true;
  if (wake_) wake_();
}

}  // namespace inlet53::http
