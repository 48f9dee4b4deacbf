// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "caller_check.h"
#include "function_log.h"
#include "runtime_api.h"

#include "inlet53/base/result.h"
#include "inlet53/lambda/function_service.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/lambda/runtimes.h"
#include "inlet53/net/child_process.h"
#include "inlet53/net/loop.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Error in Lambda's own wording, for a function that reports no error itself.
/// Source: responses of Invoke with X-Amz-Function-Error, as recorded from AWS.
struct FunctionError {
  std::string type;     // Runtime.ExitError
  std::string message;  // without the request's id

  friend bool operator==(const FunctionError&, const FunctionError&) = default;
};

[[nodiscard]] FunctionError timed_out(uint32_t seconds);
[[nodiscard]] FunctionError exited(net::ChildExit how);
[[nodiscard]] FunctionError response_too_large();

/// Returns `{"errorType":"…","errorMessage":"RequestId: … Error: …"}`; without the id for types
/// `Function.…`, as Lambda does.
[[nodiscard]] std::string error_payload(const FunctionError& error, std::string_view request_id);

/// Returns the errorMessage of an error's payload, for a log; without one, the start of the
/// payload.
[[nodiscard]] std::string error_message(std::string_view payload);
/// Returns the errorType of an error's payload; `Unhandled` when it has none.
[[nodiscard]] std::string error_type(std::string_view payload);

class Environment;

/// Invocation for an environment.
struct Assignment {
  FunctionService::InvocationId id = 0;
  std::string request_id;
  Invocation invocation;
};

/// Events of an environment. The owner may end the environment in a callback, but not destroy it.
class EnvironmentOwner {
 public:
  /// The environment waits for an invocation.
  virtual void ready(Environment& environment) = 0;
  /// The environment ended before it was ready. The owner fails its waiting invocation (`fail`).
  virtual void init_failed(Environment& environment) = 0;
  virtual void invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) = 0;
  /// Its process has ended. No more events follow.
  virtual void ended(Environment& environment) = 0;

 protected:
  ~EnvironmentOwner() = default;
};

struct EnvironmentOptions {
  std::shared_ptr<CallerCheck> callers = std::make_shared<CallerCheck>();
  std::shared_ptr<Isolation> isolation{};  // null: none
  Interpreters interpreters{};
  InterpreterVersions versions{};  // for the log
  uint64_t idle_ms = 300'000;      // it ends after it was ready for this time
  uint64_t init_ms = 10'000;       // AWS's limit of the init phase
};

/// Execution environment: a process with its descendants, the Runtime API that only these may use,
/// and one invocation at a time.
///
///   Starting ──next──► Ready ──assign──► Running ──response──► Finishing ──next──► Ready …
///      │                 │ idle             │ timeout              │ timeout
///      └── init fails ───┴──── `end` ───────┴──────────────────────┴──► Ending ──exit──► Ended
///
/// When a process ends by itself, its posted response is read first and counts.
/// Threads: the loop's. Lifetime: loop and owner outlive it.
class Environment final : private RuntimeApiOwner {
 public:
  /// Errors: the reason why it cannot start.
  [[nodiscard]] static Result<std::unique_ptr<Environment>, std::string> start(
      net::Loop& loop, std::shared_ptr<const topology::Function> function,
      std::shared_ptr<FunctionLog> log, const EnvironmentOptions& options, EnvironmentOwner& owner);
  /// Kills the rest of its processes and waits for their end.
  ~Environment();

  /// Requires: it is ready and has no assignment since.
  void assign(Assignment&& assignment);
  /// Kills its process. `ended` follows; a running invocation gets no outcome.
  void end();
  /// Makes the outcome and the log of an invocation that waited for it. Requires: `init_failed` was
  /// called.
  [[nodiscard]] Outcome fail(const Assignment& assignment);

  [[nodiscard]] bool starting() const noexcept { return state_ == State::Starting; }
  [[nodiscard]] bool ready() const noexcept { return state_ == State::Ready; }
  /// Returns true when it has responded but not yet requested the next invocation.
  [[nodiscard]] bool finishing() const noexcept { return state_ == State::Finishing; }
  [[nodiscard]] bool ending() const noexcept { return state_ >= State::Ending; }
  /// Returns the time of its last ready state, in the loop's milliseconds.
  [[nodiscard]] uint64_t ready_since_ms() const noexcept { return ready_since_ms_; }

  /// True when it must end after its current invocation: its function or code has changed.
  bool stale = false;

 private:
  enum class State : uint8_t { Starting, Ready, Running, Finishing, Ending, Ended };
  /// Error of Lambda itself, or the payload that the runtime posted.
  using Failure = std::variant<FunctionError, std::string>;

  Environment(net::Loop& loop, std::shared_ptr<const topology::Function> function,
              std::shared_ptr<FunctionLog> log, const EnvironmentOptions& options,
              EnvironmentOwner& owner);
  Result<void, std::string> launch();

  void next_requested() override;
  void response_received(std::string&& payload) override;
  void response_too_large() override;
  void error_received(std::string&& payload) override;
  void init_error_received(std::string&& payload) override;
  void disconnected() override;

  [[nodiscard]] bool may_call(const SocketAddress& client, const SocketAddress& server);
  void on_deadline();
  void on_exit(net::ChildExit how);
  void conclude_exit();
  void fail_init(Failure failure, std::string_view status);
  void fail_invocation(const Failure& failure, std::string_view status = "error");
  void finish(Outcome&& outcome, std::string_view status, std::string_view error_type);
  void report(std::string_view request_id, std::string_view status, std::string_view error_type);
  void sample_memory();

  net::Loop& loop_;
  EnvironmentOwner& owner_;
  const std::shared_ptr<const topology::Function> function_;
  const EnvironmentOptions options_;
  EnvironmentLog log_;
  net::Timer deadline_;  // of the current state
  std::unique_ptr<RuntimeApi> api_;
  std::unique_ptr<net::OutputPipe> output_;
  std::unique_ptr<net::ChildProcess> process_;
  std::optional<uint32_t> user_;  // of the process, when it differs from this one's
  CheckBudget check_budget_;
  bool refusal_logged_ = false;

  State state_ = State::Starting;
  std::optional<net::ChildExit> exit_;
  std::optional<Failure> init_failure_;
  FunctionService::InvocationId invocation_ =
      0;  // this and the next belong to the current invocation
  std::string request_id_;
  uint64_t began_us_ = 0;                     // of the current invocation; at first, of the start
  std::optional<uint64_t> init_duration_us_;  // until an invocation has reported it
  uint64_t ready_since_ms_ = 0;
  uint64_t memory_sampled_ms_ = 0;
  uint32_t max_memory_mb_ = 0;
};

}  // namespace inlet53::lambda
