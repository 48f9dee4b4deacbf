// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/lambda/isolation.h"
#include "inlet53/lambda/runtimes.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/topology.h"

/// Lambda functions as child processes that speak the Lambda Runtime API.
/// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
namespace inlet53::lambda {

/// Synchronous invocation (RequestResponse).
struct Invocation {
  std::string payload;   // JSON
  std::string trace_id;  // X-Amzn-Trace-Id
};

enum class OutcomeKind : uint8_t {
  Response,       // the handler returned
  FunctionError,  // `Unhandled`: it raised an error, timed out, ended, or returned too much
  Throttled,      // over the concurrency limit, or no environment is available:
                  // TooManyRequestsException
  Unavailable,    // no such function, or no environment could be started for it
};

/// Result of an invocation.
struct Outcome {
  OutcomeKind kind = OutcomeKind::Unavailable;
  std::string payload;     // the response, or the error as JSON: {"errorMessage", "errorType", …}
  std::string request_id;  // the invocation's own UUID
  std::string message;     // for the execution log, unless it is a Response
};

/// Counters since the service was made; `environments` is a gauge.
struct ServiceCounts {
  uint64_t invocations = 0;
  uint64_t errors = 0;  // FunctionError
  uint64_t throttles = 0;
  uint64_t cancelled = 0;  // dropped while waiting for an environment
  uint64_t cold_starts = 0;
  uint64_t environments = 0;         // running now
  uint64_t refused_connections = 0;  // to Runtime APIs, by processes that are not the function's
};

/// Runs functions. Each function has a pool of warm environments. An environment is a separate
/// process that serves one invocation at a time. Its failures (crash, hang, gigabytes of output,
/// invalid data on the Runtime API) affect only its own outcome. Functions share the places of
/// `max_environments` fairly (`find_place`). Each refused invocation is reported
/// to the function's log, and at a limited rate to the operator log. When a file in a function's
/// code directory changes, later invocations get environments with the new code. A function that
/// writes into its own code directory, which Lambda does not permit, therefore starts new
/// environments each time. Threads: the loop's. Lifetime: the loop and the logs outlive it.
class FunctionService {
 public:
  using InvocationId = uint64_t;
  using Done = std::function<void(Outcome&&)>;

  /// `isolation`: null: none.
  FunctionService(net::Loop& loop, linelog::LineLogs& logs,
                  std::vector<topology::Function> functions, const settings::Lambda& settings,
                  std::shared_ptr<Isolation> isolation);
  /// Ends every environment with SIGKILL, without SIGTERM. `done` is not called any more.
  /// Requires: not called inside a `done`.
  ~FunctionService();
  FunctionService(const FunctionService&) = delete;
  FunctionService& operator=(const FunctionService&) = delete;

  /// Invokes a function by its id (topology::Function::id) and calls `done` once, never before this
  /// returns.
  InvocationId invoke(std::string_view function, Invocation&& invocation, Done done);
  /// Drops an invocation that waits for an environment, if none starts for it yet; `done` is not
  /// called. Returns true when it was dropped. Otherwise nothing changes: the function continues,
  /// as at AWS.
  bool cancel(InvocationId invocation);
  /// Like `cancel`, but `done` is never called: a running function continues without its caller.
  void forget(InvocationId invocation);
  /// Replaces the functions. Environments of changed or removed functions end after their current
  /// invocation. `versions`: of the interpreters, for the logs of new environments.
  /// Requires: not called inside a `done`.
  void replace(std::vector<topology::Function> functions, const InterpreterVersions& versions = {});
  /// Ends the environments that may see private files that were added to `isolation` since the last
  /// call, or since the start: idle ones at once, the others after their current invocation.
  /// Requires: not called inside a `done`.
  void retire_exposed();

  [[nodiscard]] ServiceCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::lambda
