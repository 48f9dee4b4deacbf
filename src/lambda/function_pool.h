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

/// What a pool asks of its owner, who may not destroy it within.
class FunctionPoolOwner {
 public:
  /// Whether one more environment may start.
  [[nodiscard]] virtual bool admit_environment() = 0;
  virtual void environment_started() = 0;
  /// An environment is gone.
  virtual void environment_ended() = 0;
  virtual void invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) = 0;

 protected:
  ~FunctionPoolOwner() = default;
};

/// The environments of one function and the invocations that wait for one of them. An invocation
/// goes to the environment that got ready last, else one is started for it, up to the function's
/// concurrency. Each start is owed to one invocation: an environment that fails to start fails that
/// one, and none is started again by itself. Threads: the loop's.
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
  /// Environments made before now end after what they do, those that do nothing at once.
  void retire_environments();

  /// An invocation that cannot run ends within this call.
  void invoke(Assignment&& assignment);

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
  [[nodiscard]] bool has_room() const;
  void start_for_waiting();
  void start_beyond(size_t coming);
  void start_one();
  void refuse_last(OutcomeKind kind, std::string message);

  net::Loop& loop_;
  std::shared_ptr<const topology::Function> function_;
  const EnvironmentOptions options_;
  const std::shared_ptr<FunctionLog> log_;
  FunctionPoolOwner& owner_;
  std::vector<std::unique_ptr<Environment>> environments_;
  std::deque<Assignment> waiting_;
  std::vector<std::unique_ptr<Environment>> ended_;  // until nobody of them is on the stack
  net::Timer bury_soon_;
  net::Timer grace_;
};

}  // namespace inlet53::lambda
