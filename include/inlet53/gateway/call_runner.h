#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/http/message.h"
#include "inlet53/lambda/function_service.h"
#include "inlet53/net/loop.h"
#include "inlet53/settings/settings.h"

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
  uint64_t refused = 0;       // requests that were no proper ones: no calls, and in no log
};

/// Carries calls out: admits or refuses them, runs their integrations, answers and logs them.
///
///   call_received ──► admit ──refused──► gateway response ──┐
///                       └─► mock ──────────────────────────►│
///                       └─► HTTP proxy, Lambda ──later─────►├─► finish: headers, logs, respond
///
/// Threads: the loop's. Lifetime: the loop outlives it.
class CallRunner final : public CallTaker {
 public:
  using Respond = std::function<void(CallId, http::Response&&)>;

  CallRunner(net::Loop& loop, const settings::Settings& settings, CallLogs& logs, Respond respond);
  /// What runs is forgotten; nobody is answered any more.
  ~CallRunner();
  CallRunner(const CallRunner&) = delete;
  CallRunner& operator=(const CallRunner&) = delete;

  /// What is served from now on; calls under way end as they began.
  void take_up(std::shared_ptr<const GatewayState> state);

  void call_received(CallId id, const CallOrigin& origin, http::Request&& request) override;
  http::Response refuse(http::Refusal refusal) override;

  /// Opens the functions' logs again, for whoever renamed them.
  void reopen_logs();

  [[nodiscard]] CallCounts counts() const noexcept;
  [[nodiscard]] lambda::ServiceCounts function_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::gateway
