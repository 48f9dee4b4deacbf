// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/message.h"
#include "inlet53/lambda/function_service.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/https_daemon.h"

namespace inlet53::gateway {

/// Call counters since start; `running` is a gauge. Source: API Gateway Developer Guide, "Amazon
/// API Gateway dimensions and metrics".
struct CallCounts {
  uint64_t count = 0;
  uint64_t errors_4xx = 0;
  uint64_t errors_5xx = 0;
  uint64_t latency_us = 0;  // all calls together
  uint64_t integration_latency_us = 0;
  uint64_t integrations = 0;  // calls that reached an integration
  uint64_t running = 0;       // now
  uint64_t abandoned = 0;     // calls that ended because their client left
  uint64_t refused = 0;       // invalid requests: not counted as calls, and not logged
};

struct Call;

/// Authorized call. Its integration starts when its body is complete. Destroying it drops the call
/// without counting or logging it. Lifetime: the runner outlives it.
class AuthorizedCall {
 public:
  AuthorizedCall(AuthorizedCall&&) noexcept;
  AuthorizedCall& operator=(AuthorizedCall&&) noexcept;
  ~AuthorizedCall();

  /// Returns true when the integration or the execution log reads the body. Otherwise the caller
  /// may discard it.
  [[nodiscard]] bool needs_body() const noexcept { return needs_body_; }

 private:
  friend class CallRunner;
  AuthorizedCall(std::unique_ptr<Call> call, bool needs_body) noexcept;

  std::unique_ptr<Call> call_;
  bool needs_body_ = false;
};

/// Result of authorization: the response to a refused call, or the authorized call.
using HeadOutcome = std::variant<http::Response, AuthorizedCall>;

/// Runs calls: authorizes or refuses them, starts their integrations, responds and logs.
///
///   authorize (head) ──refused──► gateway response ─────────┐
///        └─► begin (body) ─► integration ──at once──────────┤
///                                 └──pending──► done, late──┴─► finish: headers, logs, response
///
/// Threads: the loop's. Lifetime: the loop outlives it.
class CallRunner final : public CallReceiver {
 public:
  using Respond = std::function<void(CallId, http::Response&&)>;

  /// `function_logs`: logs of functions. `bodies`: memory budget of requests. `isolation`: of
  /// functions; null: none. Lifetime: `bodies` outlives the runner and the responses.
  CallRunner(net::Loop& loop, const settings::HttpsDaemon& settings, CallLogs& logs,
             linelog::LineLogs& function_logs, http::BodyBudget& bodies, Respond respond,
             std::shared_ptr<lambda::Isolation> isolation = nullptr);
  /// Forgets pending calls. `respond` is not called after it.
  ~CallRunner();
  CallRunner(const CallRunner&) = delete;
  CallRunner& operator=(const CallRunner&) = delete;

  /// Serves new calls with `state`. Calls in progress keep the state with which they started.
  void replace_state(std::shared_ptr<const GatewayState> state);
  /// Calls lambda::FunctionService::retire_exposed.
  void retire_exposed_functions();

  /// Authorizes or refuses a call by its head. Counts and logs a refused call. Requires:
  /// `head.body` is empty; `replace_state` was called.
  [[nodiscard]] HeadOutcome authorize(const CallOrigin& origin, http::Request&& head);
  /// Starts an authorized call. Calls `respond` once, at once or later. `body`: without its
  /// transfer coding; empty when the call does not need it.
  void begin(CallId id, AuthorizedCall&& authorized, std::string&& body);

  //--- CallReceiver
  /// Authorizes a call and keeps it until its body is complete or discarded.
  http::HeadDecision head_received(CallId id, const CallOrigin& origin,
                                   http::Request& head) override;
  /// Authorizes a call unless `head_received` did, and begins it.
  void call_received(CallId id, const CallOrigin& origin, http::Request&& request) override;
  /// Ends a call that waits for a function's environment or for a URL. Logs it and responds with
  /// status 499. A call that a function processes continues, as at AWS.
  void call_abandoned(CallId id) override;
  http::Response refuse(http::Refusal refusal) override;

  [[nodiscard]] CallCounts counts() const noexcept;
  [[nodiscard]] lambda::ServiceCounts function_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
