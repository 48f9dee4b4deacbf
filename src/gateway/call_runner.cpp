// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_runner.h"

#include <map>
#include <utility>

#include "call_authorization.h"
#include "integrations.h"
#include "pending_calls.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/memory.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/gateway_responses.h"

namespace inlet53::gateway {

namespace {

using topology::GatewayResponseType;
using topology::IntegrationType;

uint32_t milliseconds(uint64_t microseconds) noexcept {
  return static_cast<uint32_t>(microseconds / 1000);
}

}  // namespace

//--- AuthorizedCall

AuthorizedCall::AuthorizedCall(std::unique_ptr<Call> call, bool needs_body) noexcept
    : call_(std::move(call)), needs_body_(needs_body) {}
AuthorizedCall::AuthorizedCall(AuthorizedCall&&) noexcept = default;
AuthorizedCall& AuthorizedCall::operator=(AuthorizedCall&&) noexcept = default;
AuthorizedCall::~AuthorizedCall() = default;

//--- CallRunner::Impl

struct CallRunner::Impl {
  Impl(net::Loop& loop, const settings::HttpsDaemon& settings, CallLogs& to,
       linelog::LineLogs& function_logs, http::BodyBudget& in, Respond answer,
       std::shared_ptr<lambda::Isolation> isolation)
      : wording(settings.gateway.former_refusal_wording ? policy::RefusalWording::Former
                                                        : policy::RefusalWording::Current),
        logs(to),
        bodies(in),
        respond(std::move(answer)),
        throttle({settings.gateway.throttling_rate_limit, settings.gateway.throttling_burst_limit}),
        functions(loop, function_logs, {}, settings.lambda, std::move(isolation)),
        mock(make_mock_integration()),
        http_proxy(make_http_proxy_integration(loop, logs, bodies, done())),
        lambda(make_lambda_integration(functions, logs, done())),
        pending(loop, [this](std::unique_ptr<Call> call) { end_overdue(std::move(call)); }) {}

  [[nodiscard]] Integration& integration_of(IntegrationType type) const noexcept;
  [[nodiscard]] std::unique_ptr<Call> make_call(const CallOrigin& origin, http::Request&& head,
                                                const CallTime& time);
  void integrate(std::unique_ptr<Call> call);
  [[nodiscard]] Integration::Done done() {
    return
        [this](CallId id, IntegrationResult&& result) { integration_done(id, std::move(result)); };
  }
  void integration_done(CallId id, IntegrationResult&& result);
  void end_overdue(std::unique_ptr<Call> call);

  //--- Functions that complete the response of an ended call
  [[nodiscard]] http::Response conclude(Call& call, IntegrationResult&& result);
  [[nodiscard]] http::Response refuse(Call& call, const Refused& refused);
  [[nodiscard]] http::Response finish(Call& call, http::Response&& response);
  [[nodiscard]] bool charge(const Call& call, http::Response& response);

  const policy::RefusalWording wording;
  CallLogs& logs;
  http::BodyBudget& bodies;
  const Respond respond;
  RequestIdSource ids;
  Throttle throttle;
  std::shared_ptr<const GatewayState> state;
  CallCounts counts;
  const std::vector<topology::NamedText> no_variables;
  CommonFields common_fields;
  lambda::FunctionService functions;
  const std::unique_ptr<Integration> mock;
  const std::unique_ptr<Integration> http_proxy;
  const std::unique_ptr<Integration> lambda;
  PendingCalls pending;
  std::map<CallId, AuthorizedCall> without_body;  // their bodies are still arriving
};

Integration& CallRunner::Impl::integration_of(IntegrationType type) const noexcept {
  switch (type) {
    case IntegrationType::Mock:
      return *mock;
    case IntegrationType::HttpProxy:
      return *http_proxy;
    case IntegrationType::AwsProxy:
      return *lambda;
  }
  return *mock;
}

std::unique_ptr<Call> CallRunner::Impl::make_call(const CallOrigin& origin, http::Request&& head,
                                                  const CallTime& time) {
  auto call = std::make_unique<Call>();
  call->state = state;
  call->request = std::move(head);
  call->path = split_target(call->request.target);
  call->source = origin.source;
  call->tls_version = origin.tls_version;
  call->cipher_suite = origin.cipher_suite;
  call->endpoint = state->find_endpoint(origin.vpc_endpoint);

  CallContext& context = call->context;
  context.ids = ids.next(time.wall_ms / 1000);
  use_client_request_id(call->request.fields, context.ids);
  use_client_trace_id(call->request.fields, context.ids);
  context.request_time_ms = time.wall_ms;
  context.source_ip = origin.source.to_text();
  context.path = call->path.context_path;
  if (call->endpoint != nullptr) {
    context.vpc_endpoint_id = call->endpoint->id;
    context.vpc_id = call->endpoint->vpc;
  }
  if (const auto* agent = http::find_field(call->request.fields, "user-agent")) {
    context.user_agent = agent->value;
  }
  return call;
}

void CallRunner::Impl::integrate(std::unique_ptr<Call> call) {
  log_call_start(logs, *call);
  call->integration_us = monotonic_microseconds();
  ++counts.integrations;
  const CallId id = call->id;
  auto started = call->integration->start(*call);
  if (auto* result = std::get_if<IntegrationResult>(&started)) {
    return respond(id, conclude(*call, std::move(*result)));
  }
  pending.add(std::move(call), std::get<Integration::Ticket>(started));
}

void CallRunner::Impl::integration_done(CallId id, IntegrationResult&& result) {
  const auto call = pending.remove(id);
  if (call != nullptr) respond(id, conclude(*call, std::move(result)));
}

void CallRunner::Impl::end_overdue(std::unique_ptr<Call> call) {
  respond(call->id, conclude(*call, {Unexpected(IntegrationFailure{
                                        GatewayResponseType::IntegrationTimeout, kEndpointTimedOut,
                                        "Execution failed due to a timeout error"})}));
}

http::Response CallRunner::Impl::conclude(Call& call, IntegrationResult&& result) {
  CallContext& context = call.context;
  const uint64_t latency_us = monotonic_microseconds() - call.integration_us;
  counts.integration_latency_us += latency_us;
  context.integration_latency_ms = milliseconds(latency_us);
  context.integration_status = result.status;
  context.integration_request_id = std::move(result.request_id);
  if (!result.response) {
    IntegrationFailure& failure = result.response.error();
    context.integration_error = std::move(failure.reason);
    log_integration_failure(logs, call);
    return refuse(call, {failure.response, std::string(failure.message)});
  }
  log_integration_response(logs, call);
  return finish(call, std::move(*result.response));
}

// If the session found no memory for it, its response would differ from the logs.
bool CallRunner::Impl::charge(const Call& call, http::Response& response) {
  const bool is_kept =
      call.request.method != "HEAD" && response.body.size() > http::BodyBudget::kSmallResponse;
  if (!is_kept) return true;
  http::BodyAccount& account = bodies.open(call.source);
  const bool fits = bodies.charge_response(account, response.body.size(), response.charge);
  bodies.close(account);
  return fits;
}

http::Response CallRunner::Impl::refuse(Call& call, const Refused& refused) {
  CallContext& context = call.context;
  context.error_message = refused.message;
  if (const auto* fixed = std::get_if<FixedResponse>(&refused.response)) {
    return finish(call, compose_fixed(*fixed, refused.message));
  }
  const auto type = std::get<GatewayResponseType>(refused.response);
  context.error_response_type = topology::to_text(type);
  // A gateway response belongs to an API, which is known at this point.
  return finish(call, call.api->responses.compose(
                          type, context,
                          call.stage == nullptr ? no_variables : call.stage->stage->variables));
}

http::Response CallRunner::Impl::finish(Call& call, http::Response&& response) {
  CallContext& context = call.context;
  // The request body is not read any more. The response may need its memory.
  release_memory(call.request.body);
  call.request.charge.release();
  if (!charge(call, response)) {
    log_response_without_room(logs, call, response.body.size());
    context.error_message = kServiceUnavailable;
    response = compose_fixed(FixedResponse::ServiceUnavailable, {});
  }
  const uint64_t latency_us = monotonic_microseconds() - call.started_us;
  context.status = response.status;
  context.response_length = response.body.size();
  context.response_latency_ms = milliseconds(latency_us);
  common_fields.add(response, context);

  ++counts.count;
  counts.latency_us += latency_us;
  if (response.status >= 500) {
    ++counts.errors_5xx;
  } else if (response.status >= 400) {
    ++counts.errors_4xx;
  }
  if (call.stage != nullptr) {
    log_call_end(logs, call);
    logs.write_access(*call.stage, context);
  }
  return std::move(response);
}

//--- CallRunner

CallRunner::CallRunner(net::Loop& loop, const settings::HttpsDaemon& settings, CallLogs& logs,
                       linelog::LineLogs& function_logs, http::BodyBudget& bodies, Respond respond,
                       std::shared_ptr<lambda::Isolation> isolation)
    : impl_(std::make_unique<Impl>(loop, settings, logs, function_logs, bodies, std::move(respond),
                                   std::move(isolation))) {}
CallRunner::~CallRunner() = default;

void CallRunner::replace_state(std::shared_ptr<const GatewayState> state) {
  impl_->functions.replace(state->functions(), state->interpreter_versions());
  impl_->state = std::move(state);
}

void CallRunner::retire_exposed_functions() { impl_->functions.retire_exposed(); }

HeadOutcome CallRunner::authorize(const CallOrigin& origin, http::Request&& head) {
  const uint64_t now_us = monotonic_microseconds();
  const CallTime time{wall_milliseconds(), now_us / 1000};
  auto call = impl_->make_call(origin, std::move(head), time);
  call->started_us = now_us;
  if (const auto refused = gateway::authorize(*call, time, impl_->throttle, impl_->wording)) {
    return impl_->refuse(*call, *refused);
  }
  call->integration = &impl_->integration_of(call->route.method->integration.type);
  const bool needs_body = call->integration->needs_body() || CallLogs::has_steps(*call->stage);
  return AuthorizedCall(std::move(call), needs_body);
}

void CallRunner::begin(CallId id, AuthorizedCall&& authorized, std::string&& body) {
  std::unique_ptr<Call> call = std::move(authorized.call_);
  call->id = id;
  call->request.body = std::move(body);
  impl_->integrate(std::move(call));
}

http::HeadDecision CallRunner::head_received(CallId id, const CallOrigin& origin,
                                             http::Request& head) {
  HeadOutcome outcome = authorize(origin, std::exchange(head, {}));
  if (auto* response = std::get_if<http::Response>(&outcome)) return std::move(*response);
  auto& authorized = std::get<AuthorizedCall>(outcome);
  const auto use = authorized.needs_body() ? http::BodyUse::Keep : http::BodyUse::Discard;
  impl_->without_body.emplace(id, std::move(authorized));
  return use;
}

void CallRunner::call_received(CallId id, const CallOrigin& origin, http::Request&& request) {
  std::string body = std::exchange(request.body, {});
  http::BodyCharge charge = std::move(request.charge);
  auto kept = impl_->without_body.extract(id);
  HeadOutcome outcome =
      kept.empty() ? authorize(origin, std::move(request)) : HeadOutcome(std::move(kept.mapped()));
  if (auto* response = std::get_if<http::Response>(&outcome)) {
    return impl_->respond(id, std::move(*response));
  }
  auto& authorized = std::get<AuthorizedCall>(outcome);
  // The time that the client needs to send its body does not count as latency.
  if (!kept.empty()) authorized.call_->started_us = monotonic_microseconds();
  // The call holds the charge to its end, unless its integration moves it along with the body.
  authorized.call_->request.charge = std::move(charge);
  begin(id, std::move(authorized), std::move(body));
}

void CallRunner::call_abandoned(CallId id) {
  if (impl_->without_body.erase(id) != 0) return;  // not started
  const auto call = impl_->pending.cancel(id);
  if (call == nullptr) return;
  ++impl_->counts.abandoned;
  call->context.integration_error = "The client left before the call was answered";
  log_integration_failure(impl_->logs, *call);
  impl_->respond(
      id, impl_->refuse(*call, {FixedResponse::ClientClosedRequest, "Client Closed Request"}));
}

http::Response CallRunner::refuse(http::Refusal refusal) {
  CallContext context;
  const int64_t now_ms = wall_milliseconds();
  context.ids = impl_->ids.next(now_ms / 1000);
  context.request_time_ms = now_ms;
  ++impl_->counts.refused;
  http::Response response = compose_refusal(refusal);
  impl_->common_fields.add(response, context);
  return response;
}

CallCounts CallRunner::counts() const noexcept {
  CallCounts counts = impl_->counts;
  counts.running = impl_->pending.size();
  return counts;
}

lambda::ServiceCounts CallRunner::function_counts() const { return impl_->functions.counts(); }

}  // namespace inlet53::gateway
