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

/// What the calls came to, since the start. Source: API Gateway Developer Guide, "Amazon API
/// Gateway dimensions and metrics".
struct CallCounts {
  uint64_t count = 0;
  uint64_t errors_4xx = 0;
  uint64_t errors_5xx = 0;
  uint64_t latency_us = 0;  // all calls together
  uint64_t integration_latency_us = 0;
  uint64_t integrations = 0;  // calls that got to an integration
  uint64_t running = 0;       // now
  uint64_t abandoned = 0;     // calls that ended because their client left
  uint64_t refused = 0;       // requests that were no proper ones: no calls, and in no log
};

struct Call;

/// A call that may go to its integration as soon as its body is there. Destroying it drops the
/// call, which then counts nowhere and is in no log. Lifetime: the runner outlives it.
class AuthorizedCall {
 public:
  AuthorizedCall(AuthorizedCall&&) noexcept;
  AuthorizedCall& operator=(AuthorizedCall&&) noexcept;
  ~AuthorizedCall();

  /// Whether integration or execution log read the body. Otherwise it may be discarded unread.
  [[nodiscard]] bool needs_body() const noexcept { return needs_body_; }

 private:
  friend class CallRunner;
  AuthorizedCall(std::unique_ptr<Call> call, bool needs_body) noexcept;

  std::unique_ptr<Call> call_;
  bool needs_body_ = false;
};

/// Outcome of a request's head: the response of a refused call, or a call that may begin.
using HeadOutcome = std::variant<http::Response, AuthorizedCall>;

/// Runs calls: authorizes or refuses them, starts their integrations, answers and logs them.
///
///   authorize (head) ──refused──► gateway response ─────────┐
///        └─► begin (body) ─► integration ──at once──────────┤
///                                 └──pending──► done, late──┴─► finish: headers, logs, response
///
/// Threads: the loop's. Lifetime: the loop outlives it.
class CallRunner final : public CallTaker {
 public:
  using Respond = std::function<void(CallId, http::Response&&)>;

  /// `function_logs`: where functions log. `bodies`: the budget that requests are charged to.
  /// `isolation`: that of functions; null: none. Lifetime: `bodies` outlives it and the responses.
  CallRunner(net::Loop& loop, const settings::HttpsDaemon& settings, CallLogs& logs,
             linelog::LineLogs& function_logs, http::BodyBudget& bodies, Respond respond,
             std::shared_ptr<lambda::Isolation> isolation = nullptr);
  /// Forgets pending calls; `respond` is not called any more.
  ~CallRunner();
  CallRunner(const CallRunner&) = delete;
  CallRunner& operator=(const CallRunner&) = delete;

  /// Serves `state` from now on. Calls under way end with the state that they began with.
  void take_up(std::shared_ptr<const GatewayState> state);
  /// lambda::FunctionService::retire_exposed.
  void retire_exposed_functions();

  /// Decides about a request by its head: everything but its body. A refused call is counted and
  /// logged when this returns. Requires: `head.body` is empty; `take_up` was called.
  [[nodiscard]] HeadOutcome authorize(const CallOrigin& origin, http::Request&& head);
  /// Runs an authorized call; `respond` is called once, within or later. `body`: decoded; empty
  /// when the call does not need it.
  void begin(CallId id, AuthorizedCall&& authorized, std::string&& body);

  //--- CallTaker
  /// `authorize`; a call that may go on is kept with its head until its body is there, or has been
  /// discarded if the call does not need it.
  http::HeadDecision head_received(CallId id, const CallOrigin& origin,
                                   http::Request& head) override;
  /// `authorize` unless `head_received` did it, then `begin`.
  void call_received(CallId id, const CallOrigin& origin, http::Request&& request) override;
  /// Ends a call that waits for a function's environment or for a URL, logs it with status 499 and
  /// responds so. A call that a function works on goes on, as at AWS.
  void call_abandoned(CallId id) override;
  http::Response refuse(http::Refusal refusal) override;

  [[nodiscard]] CallCounts counts() const noexcept;
  [[nodiscard]] lambda::ServiceCounts function_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
