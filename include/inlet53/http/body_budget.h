// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"

/// The memory that message bodies may occupy: all of them together, and those of one client.
namespace inlet53::http {

class BodyBudget;

class BodyWait;

/// One client's part of a budget: a source address, however many connections it has. It lives in
/// the budget as long as a connection, a charge or a wait refers to it. Only the budget looks
/// inside.
struct BodyAccount {
  BodyBudget& budget;
  IpAddress client;
  uint32_t connections = 0;
  uint64_t bytes = 0;                         // charged
  std::list<BodyWait*> waiting{};             // the oldest first
  std::list<BodyAccount*>::iterator place{};  // in the budget's queue, while some wait
};

/// Bytes that a body occupies, for as long as this object lives. A default one holds nothing, and
/// so does a copy: it moves along with the body that it is for.
/// Lifetime: the budget outlives it. Threads: the budget's.
class BodyCharge {
 public:
  BodyCharge() = default;
  BodyCharge(const BodyCharge&) noexcept {}
  BodyCharge& operator=(const BodyCharge& other) noexcept {
    if (this != &other) release();
    return *this;
  }
  BodyCharge(BodyCharge&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyCharge& operator=(BodyCharge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyCharge() { release(); }

  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; }
  /// Adds another charge of the same client.
  void add(BodyCharge&& more) noexcept;
  /// Releases all but `bytes`. Requires: it holds at least as many.
  void shrink_to(uint64_t bytes) noexcept;
  void release() noexcept {
    if (account_ != nullptr) shrink_to(0);
  }

 private:
  friend class BodyBudget;
  BodyCharge(BodyAccount& account, uint64_t bytes) noexcept : account_(&account), bytes_(bytes) {}

  BodyAccount* account_ = nullptr;
  uint64_t bytes_ = 0;
};

/// A body that waits until there is room for it. It gets one of the two calls, in a later turn of
/// the loop. Neither may destroy another waiter.
class BodyWaiter {
 public:
  virtual void room_granted(BodyCharge&& charge) = 0;
  /// It has waited for too long.
  virtual void room_denied() = 0;

 protected:
  ~BodyWaiter() = default;
};

/// A place in a budget's queue, or none. Leaves the queue when it is destroyed.
class BodyWait {
 public:
  BodyWait() = default;
  ~BodyWait() { cancel(); }
  BodyWait(const BodyWait&) = delete;
  BodyWait& operator=(const BodyWait&) = delete;

  [[nodiscard]] bool waiting() const noexcept { return account_ != nullptr; }
  void cancel() noexcept;

 private:
  friend class BodyBudget;
  BodyAccount* account_ = nullptr;
  BodyWaiter* waiter_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t deadline_ms_ = 0;
  std::list<BodyWait*>::iterator place_;
};

/// The budget of one worker.
///
/// A client may hold at most `per_client` bytes, and at most as much as stays free for all others:
/// one that takes all it can get leaves half of the total, a second one a quarter, and so on, so
/// that clients with few bytes are always served. What does not fit is refused (`try_charge`), or
/// waits its turn (`charge_or_wait`): in order within a client (but for small ones), by turns
/// between clients. Threads: one, the worker's. Lifetime: outlives every charge, wait and open
/// account.
class BodyBudget {
 public:
  struct Limits {
    uint64_t total = 256ULL << 20;
    uint64_t per_client = 64ULL << 20;
    uint32_t wait_ms = 30000;  // a body that has waited for so long is denied
  };
  struct Counts {
    uint64_t bytes = 0;    // charged now
    uint64_t waited = 0;   // bodies that had to wait
    uint64_t denied = 0;   // of these, those whose time was over
    uint64_t refused = 0;  // bodies that did not fit and could not wait
  };

  /// Bytes up to which a charge that fits does not wait behind larger ones of the same client.
  static constexpr uint32_t kSmallBody = 64U << 10;
  /// Bytes of a decoded head that need no room: those of common requests.
  static constexpr uint32_t kSmallHead = 8U << 10;
  /// Bytes of a response that need no room: it may be that of a call that was already run.
  static constexpr uint32_t kSmallResponse = 16U << 10;

  explicit BodyBudget(const Limits& limits) : limits_(limits) {}
  BodyBudget() : BodyBudget(Limits{}) {}
  ~BodyBudget();
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  /// Called when `grant` has something to do, at most once until then. Not called inside `grant`
  /// or `deny_overdue`.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  /// The account of a client, for a connection. Each call is matched by a `close`.
  [[nodiscard]] BodyAccount& open(const IpAddress& client);
  void close(BodyAccount& account) noexcept;

  /// Adds `bytes` to a charge of the account if they fit; returns whether they did. Zero bytes
  /// always fit.
  [[nodiscard]] bool try_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge);
  /// Makes a charge of an account hold `bytes`, whether they fit or not: for memory that is already
  /// occupied and has a bound of its own.
  void set_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge) noexcept;
  /// Like `try_charge`, but queues what does not fit. A charge of more than kSmallBody bytes also
  /// waits behind those of the same client that wait already. Requires: `wait` waits for nothing.
  /// Lifetime: `waiter` as long as `wait`.
  [[nodiscard]] bool charge_or_wait(BodyAccount& account, uint64_t bytes, BodyCharge& charge,
                                    BodyWaiter& waiter, BodyWait& wait, uint64_t now_ms);
  /// Makes a charge hold at least `bytes`, for a response: a small one in any case, a larger one if
  /// it fits. Returns whether it does; what does not fit is counted as refused.
  [[nodiscard]] bool charge_response(BodyAccount& account, uint64_t bytes, BodyCharge& charge);
  /// Counts a body that did not fit and was refused.
  void count_refused() noexcept { ++counts_.refused; }
  /// Gives room to those that wait, as far as there is room.
  void grant();
  /// Denies those that have waited for too long.
  void deny_overdue(uint64_t now_ms);

  [[nodiscard]] bool has_waiters() const noexcept { return !queue_.empty(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  friend class BodyCharge;
  friend class BodyWait;

  [[nodiscard]] bool fits(const BodyAccount& account, uint64_t bytes) const noexcept;
  void release(BodyAccount& account, uint64_t bytes);
  void leave(BodyWait& wait) noexcept;
  void forget_if_unused(BodyAccount& account) noexcept;
  void wake();

  struct AddressHash {
    size_t operator()(const IpAddress& address) const noexcept {
      return std::hash<std::string_view>{}(as_text(address.bytes()));
    }
  };

  const Limits limits_;
  Counts counts_;
  std::unordered_map<IpAddress, BodyAccount, AddressHash> accounts_;
  std::list<BodyAccount*> queue_;  // accounts with waiters; the first is looked at next
  std::function<void()> wake_;
  bool awake_ = false;  // `wake_` was called, or `grant` runs
};

}  // namespace inlet53::http
