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

/// Memory budget of message bodies: a limit for all bodies, and one for the bodies of each client.
namespace inlet53::http {

class BodyBudget;

class BodyWait;

/// Part of one client in a budget. A client is a source address, with any number of connections. It
/// exists in the budget while a connection, a charge or a wait refers to it. Only the budget
/// accesses the members.
struct BodyAccount {
  BodyBudget& budget;
  IpAddress client;
  uint32_t connections = 0;
  uint64_t bytes = 0;                         // charged
  std::list<BodyWait*> waiting{};             // the oldest first
  std::list<BodyAccount*>::iterator place{};  // in the budget's queue, while some wait
};

/// Bytes that a body occupies while this object lives. A default-constructed or copied one holds
/// nothing: a charge moves along with its body.
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
  /// Releases all except `bytes`. Requires: it holds at least as many.
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

/// Body that waits for memory in the budget. It gets one of the two calls, in a later turn of the
/// loop. Neither may destroy another waiter.
class BodyWaiter {
 public:
  virtual void room_granted(BodyCharge&& charge) = 0;
  /// The body has waited too long.
  virtual void room_denied() = 0;

 protected:
  ~BodyWaiter() = default;
};

/// Entry in a budget's queue, or none. Leaves the queue in the destructor.
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

/// Budget of one worker.
///
/// A client may hold at most `per_client` bytes, and at most as many as stay free for all others:
/// one that requests everything leaves half of the total, a second one a quarter, and so on, so
/// that clients with few bytes are always served. A body that does not fit is refused
/// (`try_charge`) or waits (`charge_or_wait`): in order within a client (except small bodies), and
/// in turn between clients. Threads: one, the worker's. Lifetime: outlives every charge, wait and
/// open account.
class BodyBudget {
 public:
  struct Limits {
    uint64_t total = 256ULL << 20;
    uint64_t per_client = 64ULL << 20;
    uint32_t wait_ms = 30000;  // a body that has waited this long is denied
  };
  struct Counts {
    uint64_t bytes = 0;    // charged now
    uint64_t waited = 0;   // bodies that waited
    uint64_t denied = 0;   // waiting bodies that ran out of time
    uint64_t refused = 0;  // bodies that did not fit and could not wait
  };

  /// Maximum bytes of a charge that, if it fits, does not wait behind larger ones of the same
  /// client.
  static constexpr uint32_t kSmallBody = 64U << 10;
  /// Bytes of a decoded head that need no charge: the size of common requests.
  static constexpr uint32_t kSmallHead = 8U << 10;
  /// Bytes of a response that need no charge: it may belong to a call that has already run.
  static constexpr uint32_t kSmallResponse = 16U << 10;

  explicit BodyBudget(const Limits& limits) : limits_(limits) {}
  BodyBudget() : BodyBudget(Limits{}) {}
  ~BodyBudget();
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  /// Sets a callback for the time when `grant` has work, called at most once until then. Not called
  /// inside `grant` or `deny_overdue`.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  /// Opens the account of a client, for a connection. Each call needs a matching `close`.
  [[nodiscard]] BodyAccount& open(const IpAddress& client);
  void close(BodyAccount& account) noexcept;

  /// Adds `bytes` to a charge of the account if they fit. Returns true when they do. Zero bytes
  /// always fit.
  [[nodiscard]] bool try_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge);
  /// Sets a charge of an account to `bytes`, whether they fit or not: for memory that is already
  /// occupied and has its own limit.
  void set_charge(BodyAccount& account, uint64_t bytes, BodyCharge& charge) noexcept;
  /// Adds `bytes` like `try_charge`, but queues a request that does not fit. A charge of more than
  /// kSmallBody bytes also waits behind earlier waits of the same client. Requires: `wait` is not
  /// in use. Lifetime: `waiter` as long as `wait`.
  [[nodiscard]] bool charge_or_wait(BodyAccount& account, uint64_t bytes, BodyCharge& charge,
                                    BodyWaiter& waiter, BodyWait& wait, uint64_t now_ms);
  /// Raises a charge to at least `bytes`, for a response: a small one always, a larger one if it
  /// fits. Returns true when it holds them. Counts one that does not fit as refused.
  [[nodiscard]] bool charge_response(BodyAccount& account, uint64_t bytes, BodyCharge& charge);
  /// Counts a body that did not fit and was refused.
  void count_refused() noexcept { ++counts_.refused; }
  /// Grants waiting charges while they fit.
  void grant();
  /// Denies bodies that have waited too long.
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
  std::list<BodyAccount*> queue_;  // accounts with waiters; the first is next
  std::function<void()> wake_;
  bool awake_ = false;  // `wake_` was called, or `grant` is running
};

}  // namespace inlet53::http
