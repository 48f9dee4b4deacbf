// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "environment.h"
#include "function_log.h"

#include "inlet53/lambda/function_service.h"
#include "inlet53/net/loop.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

class FunctionPool;

/// Requests and events of a pool. A callback must not destroy the pool.
class FunctionPoolOwner {
 public:
  /// An invocation waits without an environment. The owner calls `start_next` soon, but not in this
  /// callback.
  virtual void start_wanted() = 0;
  /// Returns true when one more environment of `pool` may start.
  [[nodiscard]] virtual bool may_start(const FunctionPool& pool) const = 0;
  /// Does the same, and ends an idle environment of another function when that makes a place.
  [[nodiscard]] virtual bool make_place(const FunctionPool& pool) = 0;
  virtual void environment_started() = 0;
  /// An environment has ended.
  virtual void environment_ended() = 0;
  virtual void invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) = 0;

 protected:
  ~FunctionPoolOwner() = default;
};

/// The environments of one function and the invocations that wait for one of them. An invocation
/// goes to the environment that got ready last. If none is ready, one is started for it in a later
/// turn of the loop, up to the function's concurrency and as far as the owner has places; else the
/// invocation is refused. Each start belongs to one invocation: an environment that fails to start
/// fails that one, and none is started again by itself. Threads: the loop's.
class FunctionPool final : private EnvironmentOwner {
 public:
  FunctionPool(net::Loop& loop, std::shared_ptr<const topology::Function> function,
               const EnvironmentOptions& options, std::shared_ptr<FunctionLog> log,
               FunctionPoolOwner& owner);
  /// Kills every environment, without outcomes.
  ~FunctionPool();

  [[nodiscard]] const topology::Function& function() const noexcept { return *function_; }
  /// Takes the function as it is now; environments made before end after what they do.
  void set_function(std::shared_ptr<const topology::Function> function);
  /// Takes the versions of the interpreters, for the logs of environments that start.
  void set_versions(const InterpreterVersions& versions) { options_.versions = versions; }
  /// Environments made before now end after what they do, those that do nothing at once.
  void retire_environments();

  void invoke(Assignment&& assignment);
  /// Drops an invocation without an outcome, if no environment runs it or starts for it. Returns
  /// whether it did.
  bool cancel(FunctionService::InvocationId invocation);

  /// Invocations for which an environment is to be started, or which are to be refused.
  [[nodiscard]] size_t starts_wanted() const;
  /// Starts an environment for an invocation that waits, or refuses the one that came last. Returns
  /// whether it started one. Requires: `starts_wanted` is not 0.
  bool start_next();

  /// Environments that are not ending.
  [[nodiscard]] size_t living() const;
  /// Whether there is neither an environment nor an invocation.
  [[nodiscard]] bool empty() const noexcept { return environments_.empty() && waiting_.empty(); }
  /// The environment that has waited longest; null when none waits.
  [[nodiscard]] Environment* idlest() const;
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
  void ask_for_starts();
  [[nodiscard]] std::string no_place_message() const;
  void refuse_last(OutcomeKind kind, std::string message);

  net::Loop& loop_;
  std::shared_ptr<const topology::Function> function_;
  EnvironmentOptions options_;
  const std::shared_ptr<FunctionLog> log_;
  FunctionPoolOwner& owner_;
  std::vector<std::unique_ptr<Environment>> environments_;
  std::deque<Assignment> waiting_;
  std::vector<std::unique_ptr<Environment>> ended_;  // until none of them is on the stack
  RefusalLog refusals_;
  net::Timer bury_soon_;
  net::Timer grace_;  // runs while invocations wait for environments that finish
};

}  // namespace inlet53::lambda
