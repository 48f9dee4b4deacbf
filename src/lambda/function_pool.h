// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "environment.h"
#include "function_log.h"

#include "inlet53/lambda/function_service.h"
#include "inlet53/net/loop.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Places of one function.
struct FunctionUse {
  size_t living = 0;                        // environments that are not ending
  std::optional<uint32_t> limit{};          // reserved concurrency; 0 for a removed function
  std::optional<uint64_t> idle_since_ms{};  // of the longest idle environment; absent: none is idle
};

enum class PlaceKind : uint8_t {
  Free,   // an environment may start
  Evict,  // it may start when the longest idle environment of `function` ends
  None,   // no environment may start now
};

struct Place {
  PlaceKind kind = PlaceKind::None;
  size_t function = 0;  // index, of Evict

  friend bool operator==(const Place&, const Place&) = default;
};

/// Decides whether the function with index `asking` may have one more environment, so that
/// functions share the places of `max_environments`. `max`: places of all functions together. Its
/// reserved concurrency is not checked. Cost: linear in the functions.
///
/// Half of the places is divided evenly: each function has a guaranteed share of at least one
/// place. The other half is for any function. An environment with a running invocation is never
/// ended for another function, so a place must be free before it is needed: a function beyond its
/// share may start an environment only while enough places stay free for the unused shares of all
/// others. If the shares of all functions exceed half of the places, half of the places is kept
/// free.
///
/// Idle environments may be ended for other functions. A function within its share ends the longest
/// idle environment of a function beyond its share. A function without any environment, when there
/// are more functions than places, ends the longest idle environment of all. A function beyond its
/// share ends only environments beyond another function's share that were idle for 10 s.
[[nodiscard]] Place find_place(std::span<const FunctionUse> functions, size_t asking, size_t max,
                               uint64_t now_ms) noexcept;

/// Time that an environment beyond its function's share stays warm when others need its place.
inline constexpr uint64_t kKeptWarmMs = 10'000;

class FunctionPool;

/// Receives requests and events of a pool. A callback must not destroy the pool.
class FunctionPoolOwner {
 public:
  /// An invocation waits without an environment. The owner calls `start_next` soon, but not in this
  /// callback.
  virtual void start_wanted() = 0;
  /// Returns true when one more environment of `pool` may start.
  [[nodiscard]] virtual bool may_start(const FunctionPool& pool) const = 0;
  /// Like `may_start`, and ends an idle environment of another function when that frees a place.
  [[nodiscard]] virtual bool make_place(const FunctionPool& pool) = 0;
  virtual void environment_started() = 0;
  /// An environment has ended.
  virtual void environment_ended() = 0;
  virtual void invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) = 0;

 protected:
  ~FunctionPoolOwner() = default;
};

/// Environments of one function, and the invocations that wait for them. An invocation goes to the
/// environment that became ready last. If none is ready, a later turn of the loop starts one for
/// it, within the function's concurrency and the owner's places; otherwise the invocation is
/// refused. Each start belongs to one invocation: an environment that fails to start fails that
/// invocation, and nothing starts it again automatically. Threads: the loop's.
class FunctionPool final : private EnvironmentOwner {
 public:
  FunctionPool(net::Loop& loop, std::shared_ptr<const topology::Function> function,
               const EnvironmentOptions& options, std::shared_ptr<FunctionLog> log,
               FunctionPoolOwner& owner);
  /// Kills every environment, without outcomes.
  ~FunctionPool();

  [[nodiscard]] const topology::Function& function() const noexcept { return *function_; }
  /// Sets the current function. Existing environments end after their current invocation.
  void set_function(std::shared_ptr<const topology::Function> function);
  /// Sets the versions of the interpreters, for the logs of new environments.
  void set_versions(const InterpreterVersions& versions) { options_.versions = versions; }
  /// Ends the existing environments: idle ones at once, the others after their current invocation.
  void retire_environments();

  void invoke(Assignment&& assignment);
  /// Drops an invocation without an outcome, if no environment runs it or starts for it. Returns
  /// true when it was dropped.
  bool cancel(FunctionService::InvocationId invocation);

  /// Returns the number of invocations that need an environment to start, or that must be refused.
  [[nodiscard]] size_t starts_wanted() const;
  /// Starts an environment for a waiting invocation, or refuses the newest one. Returns true when
  /// it started one. Requires: `starts_wanted` is not 0.
  bool start_next();

  /// Returns the number of environments that are not ending.
  [[nodiscard]] size_t living() const;
  /// Returns true when there is neither an environment nor an invocation.
  [[nodiscard]] bool empty() const noexcept { return environments_.empty() && waiting_.empty(); }
  /// Returns the environment that has been idle longest; null when none is idle.
  [[nodiscard]] Environment* longest_idle() const;
  /// Kills every environment, for a quick end of many pools.
  void end_all();

 private:
  void ready(Environment& environment) override;
  void init_failed(Environment& environment) override;
  void invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) override;
  void ended(Environment& environment) override;

  [[nodiscard]] Environment* latest_ready() const;
  [[nodiscard]] size_t count(bool (Environment::*quality)() const noexcept) const;
  [[nodiscard]] bool is_at_limit() const;
  void serve_waiting();
  void request_starts();
  [[nodiscard]] std::string no_place_message() const;
  void refuse_last(OutcomeKind kind, std::string message);

  net::Loop& loop_;
  std::shared_ptr<const topology::Function> function_;
  EnvironmentOptions options_;
  const std::shared_ptr<FunctionLog> log_;
  FunctionPoolOwner& owner_;
  std::vector<std::unique_ptr<Environment>> environments_;
  std::deque<Assignment> waiting_;
  std::vector<std::unique_ptr<Environment>> ended_;  // kept until none of them is on the stack
  RefusalLog refusals_;
  net::Timer destroy_soon_;
  net::Timer grace_;  // runs while invocations wait for finishing environments
};

}  // namespace inlet53::lambda
