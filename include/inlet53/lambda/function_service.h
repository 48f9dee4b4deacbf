// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/lambda/function_check.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/linelog/line_logs.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/https_daemon.h"
#include "inlet53/topology/topology.h"

/// Lambda functions as child processes that speak the Lambda Runtime API.
/// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
namespace inlet53::lambda {

/// One synchronous invocation (RequestResponse).
struct Invocation {
  std::string payload;   // JSON
  std::string trace_id;  // X-Amzn-Trace-Id
};

enum class OutcomeKind : uint8_t {
  Response,       // the handler returned
  FunctionError,  // it raised an error, ran out of time, ended, or answered too much: `Unhandled`
  Throttled,      // over the concurrency limit, or no environment is free: TooManyRequestsException
  Unavailable,    // no such function, or no environment could be started for it
};

/// How an invocation ended.
struct Outcome {
  OutcomeKind kind = OutcomeKind::Unavailable;
  std::string payload;     // the response, or the error's JSON: {"errorMessage", "errorType", …}
  std::string request_id;  // the invocation's own UUID
  std::string message;     // for the execution log, when it is no Response
};

/// Since the service was made.
struct ServiceCounts {
  uint64_t invocations = 0;
  uint64_t errors = 0;  // FunctionError
  uint64_t throttles = 0;
  uint64_t cancelled = 0;  // dropped while they waited for an environment
  uint64_t cold_starts = 0;
  uint64_t environments = 0;         // alive now
  uint64_t refused_connections = 0;  // to Runtime APIs, by processes that are not the function's
};

/// Runs functions. Each environment is a process of its own with a warm pool for each function, and
/// serves one invocation at a time; nothing that it does (crash, hang, gigabytes of output, garbage
/// on the Runtime API) reaches this process beyond its own outcome. Functions share the places of
/// `max_environments` fairly (src/lambda/environment_places.h). Each refused invocation is reported
/// to the function's log, and at a bounded rate to the operator log. When a file below a function's
/// code changes, later invocations get environments with the new code; a function that writes into
/// its own code folder, which Lambda does not allow, thus starts anew each time.
/// Threads: the loop's. Lifetime: the loop and the logs outlive it.
class FunctionService {
 public:
  using InvocationId = uint64_t;
  using Done = std::function<void(Outcome&&)>;

  /// `isolation`: null: none.
  FunctionService(net::Loop& loop, linelog::LineLogs& logs,
                  std::vector<topology::Function> functions, const settings::Lambda& settings,
                  std::shared_ptr<Isolation> isolation);
  /// Ends every environment (SIGTERM is not waited for: SIGKILL); no `done` comes any more.
  /// Requires: not called inside a `done`.
  ~FunctionService();
  FunctionService(const FunctionService&) = delete;
  FunctionService& operator=(const FunctionService&) = delete;

  /// Invokes a function by its id (topology::Function::id) and calls `done` once, never before this
  /// returns.
  InvocationId invoke(std::string_view function, Invocation&& invocation, Done done);
  /// Drops an invocation that waits for an environment, if none starts for it yet; `done` is not
  /// called. Returns whether it did. Otherwise nothing changes: the function runs, as at AWS.
  bool cancel(InvocationId invocation);
  /// The caller no longer waits: `cancel`, or else the function runs on without it.
  void forget(InvocationId invocation);
  /// Takes new functions; environments of those that changed or are gone end after what they do.
  /// `versions`: of the interpreters, for the logs of environments that start.
  /// Requires: not called inside a `done`.
  void replace(std::vector<topology::Function> functions, InterpreterVersions versions = {});
  /// Ends the environments that may see private files that were added to `isolation` since the last
  /// call, or since the start: those that do nothing at once, the others after what they do.
  /// Requires: not called inside a `done`.
  void retire_exposed();

  [[nodiscard]] ServiceCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::lambda
