#include "inlet53/gateway/call_runner.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <unordered_map>
#include <utility>

#include "call.h"
#include "call_admission.h"
#include "execution_log.h"

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"
#include "inlet53/gateway/common_fields.h"
#include "inlet53/gateway/http_integration.h"
#include "inlet53/gateway/lambda_event.h"
#include "inlet53/gateway/lambda_response.h"
#include "inlet53/http/client.h"

namespace inlet53::gateway {

namespace {

using topology::GatewayResponseType;
using topology::IntegrationType;

constexpr std::string_view kServerError = "Internal server error";
constexpr std::string_view kTimedOut = "Endpoint request timed out";
constexpr std::string_view kUnreachable = "Network error communicating with endpoint";

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

// Source: Lambda Developer Guide, "Lambda quotas": a synchronous invocation's payload.
constexpr size_t kMaxLambdaPayload = 6291456;

lambda::ServiceOptions service_options(const settings::Lambda& settings) {
  lambda::ServiceOptions options;
  options.log_folder = settings.log_folder;
  options.python = settings.python;
  options.node = settings.node;
  options.idle_seconds = settings.idle_seconds;
  options.max_environments = settings.max_environments;
  return options;
}

// A clock for latencies, in microseconds.
uint64_t monotonic_us() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

int64_t wall_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

std::string compose_event(const Call& call) {
  const CallContext& context = call.context;
  const std::string time = common_log_time(context.request_time_ms / 1000);
  return compose_lambda_event({.http_method = context.http_method,
                               .path = call.path.path,
                               .query = call.path.query,
                               .fields = &call.request.fields,
                               .body = call.request.body,
                               .account_id = context.account_id,
                               .api_id = context.api_id,
                               .stage = context.stage,
                               .deployment_id = context.deployment_id,
                               .resource_id = context.resource_id,
                               .resource_path = context.resource_path,
                               .path_parameters = call.route.parameters,
                               .stage_variables = call.stage->stage->variables,
                               .binary_media_types = &call.api->api.binary_media_types,
                               .domain_name = context.domain_name,
                               .domain_prefix = context.domain_prefix,
                               .request_path = context.path,
                               .request_id = context.ids.request_id,
                               .extended_request_id = context.ids.extended_request_id,
                               .trace_id = context.ids.trace_id,
                               .request_time = time,
                               .request_time_ms = context.request_time_ms,
                               .source_ip = context.source_ip,
                               .user_agent = context.user_agent,
                               .vpc_id = context.vpc_id,
                               .vpc_endpoint_id = context.vpc_endpoint_id,
                               .cipher_suite = call.cipher_suite,
                               .tls_version = call.tls_version});
}

uint32_t milliseconds(uint64_t microseconds) noexcept {
  return static_cast<uint32_t>(microseconds / 1000);
}

}  // namespace

struct CallRunner::Impl {
  /// A call that waits for its integration.
  struct Running {
    std::unique_ptr<Call> call;
    uint64_t deadline_ms = 0;
    std::function<void()> give_up;  // tells the integration that nobody waits any more
  };
  using RunId = uint64_t;

  Impl(net::Loop& on, const settings::Settings& settings, CallLogs& to, Respond answer)
      : loop(on),
        wording(settings.gateway.former_refusal_wording ? policy::RefusalWording::Former
                                                        : policy::RefusalWording::Current),
        logs(to),
        respond(std::move(answer)),
        throttle({settings.gateway.throttling_rate_limit, settings.gateway.throttling_burst_limit}),
        functions(on, {}, service_options(settings.lambda)),
        client(on, {}),
        deadline(on, [this] { end_overdue(); }) {}

  //--- The way of a call
  void begin(CallId id, const CallOrigin& origin, http::Request&& request);
  void integrate(std::unique_ptr<Call> call);
  void answer_mock(std::unique_ptr<Call> call);
  void call_http(std::unique_ptr<Call> call);
  void invoke_function(std::unique_ptr<Call> call);
  void refuse(Call& call, const Refused& refused);
  void finish(Call& call, http::Response&& response);

  //--- Integrations under way
  RunId keep(std::unique_ptr<Call> call);
  std::unique_ptr<Call> take(RunId run);
  void http_done(RunId run, Result<http::Response, http::ClientError>&& result);
  void function_done(RunId run, lambda::Outcome&& outcome);
  void end_overdue();
  void watch_deadlines();
  void watch(uint64_t deadline_ms);
  void fail_integration(Call& call, GatewayResponseType type, std::string_view message,
                        std::string why);
  void integration_ended(Call& call, uint16_t status);

  net::Loop& loop;
  const policy::RefusalWording wording;
  CallLogs& logs;
  const Respond respond;
  RequestIdSource ids;
  Throttle throttle;
  std::shared_ptr<const GatewayState> state;
  CallCounts counts;
  const std::vector<topology::NamedText> no_variables;
  CommonFields common_fields;
  RunId next_run = 1;
  std::unordered_map<RunId, Running> running;
  lambda::FunctionService functions;
  http::Client client;
  net::Timer deadline;
  uint64_t watched_ms = kNever;  // to which it runs
};

//--- The way of a call

void CallRunner::Impl::begin(CallId id, const CallOrigin& origin, http::Request&& request) {
  auto call = std::make_unique<Call>();
  const int64_t now_ms = wall_ms();
  call->started_us = monotonic_us();
  call->id = id;
  call->state = state;
  call->request = std::move(request);
  call->path = split_target(call->request.target);
  call->source = origin.source;
  call->tls_version = origin.tls_version;
  call->cipher_suite = origin.cipher_suite;
  call->endpoint = state->find_endpoint(origin.vpc_endpoint);

  CallContext& context = call->context;
  context.ids = ids.next(now_ms / 1000);
  take_client_request_id(call->request.fields, context.ids);
  context.request_time_ms = now_ms;
  context.source_ip = origin.source.to_text();
  context.path = call->path.context_path;
  if (call->endpoint != nullptr) {
    context.vpc_endpoint_id = call->endpoint->id;
    context.vpc_id = call->endpoint->vpc;
  }
  if (const auto* agent = http::find_field(call->request.fields, "user-agent")) {
    context.user_agent = agent->value;
  }

  const CallTime time{now_ms, call->started_us / 1000};
  if (const auto refused = admit(*call, time, throttle, wording)) return refuse(*call, *refused);
  integrate(std::move(call));
}

void CallRunner::Impl::integrate(std::unique_ptr<Call> call) {
  log_call_start(logs, *call);
  call->integration_us = monotonic_us();
  ++counts.integrations;
  switch (call->route.method->integration.type) {
    case IntegrationType::Mock:
      return answer_mock(std::move(call));
    case IntegrationType::HttpProxy:
      return call_http(std::move(call));
    case IntegrationType::AwsProxy:
      return invoke_function(std::move(call));
  }
}

void CallRunner::Impl::answer_mock(std::unique_ptr<Call> call) {
  const MockResponse* mock = call->api->find_mock(call->route.method);
  if (mock == nullptr) {
    return fail_integration(*call, GatewayResponseType::ApiConfigurationError, kServerError,
                            "Execution failed due to configuration error: the mock integration has "
                            "no response for its status code");
  }
  http::Response response;
  response.status = mock->status_code;
  response.fields.reserve(mock->headers.size() + CommonFields::kCount);
  for (const topology::NamedText& header : mock->headers) {
    response.fields.push_back({header.name, header.value});
  }
  mock->body.append_body(response.body, call->context, call->stage->stage->variables);
  integration_ended(*call, mock->status_code);
  finish(*call, std::move(response));
}

void CallRunner::Impl::call_http(std::unique_ptr<Call> call) {
  const topology::Integration& integration = call->route.method->integration;
  const auto url = integration_url(
      integration.uri, {call->route.parameters, call->stage->stage->variables, call->path.query});
  if (!url) {
    return fail_integration(
        *call, GatewayResponseType::ApiConfigurationError, kServerError,
        concat("Execution failed due to configuration error: the integration's URL cannot be "
               "used: ",
               url.error()));
  }
  log_endpoint_request(logs, *call,
                       concat(url->secure ? "https://" : "http://", url->authority, url->target));
  // The request gives its body away; its target stays, which the call's views point into.
  http::Request to_send;
  to_send.method = call->context.http_method;
  to_send.fields = call->request.fields;
  to_send.body = std::move(call->request.body);
  to_send = integration_request(std::move(to_send), integration, call->context);
  const RunId run = keep(std::move(call));
  const auto id = client.start(*url, std::move(to_send), integration.timeout_ms,
                               [this, run](Result<http::Response, http::ClientError>&& result) {
                                 http_done(run, std::move(result));
                               });
  running.at(run).give_up = [this, id] { client.cancel(id); };
}

void CallRunner::Impl::invoke_function(std::unique_ptr<Call> call) {
  std::string event = compose_event(*call);
  if (event.size() > kMaxLambdaPayload) {
    return refuse(*call, {GatewayResponseType::RequestTooLarge, "Request Too Long"});
  }
  const std::string function = call->route.method->integration.function;
  log_endpoint_request(logs, *call, concat("function ", function));
  lambda::Invocation invocation{.payload = std::move(event),
                                .trace_id = call->context.ids.trace_id};
  call->request.body = {};  // the event has it
  const RunId run = keep(std::move(call));
  const auto id = functions.invoke(
      function, std::move(invocation),
      [this, run](lambda::Outcome&& outcome) { function_done(run, std::move(outcome)); });
  running.at(run).give_up = [this, id] { functions.forget(id); };
}

void CallRunner::Impl::refuse(Call& call, const Refused& refused) {
  CallContext& context = call.context;
  context.error_message = refused.message;
  if (const auto* fixed = std::get_if<FixedResponse>(&refused.response)) {
    return finish(call, compose_fixed(*fixed, refused.message));
  }
  const auto type = std::get<GatewayResponseType>(refused.response);
  context.error_response_type = topology::to_text(type);
  // A gateway response is an API's: the API is found before any of them is due.
  finish(call,
         call.api->responses.compose(
             type, context, call.stage == nullptr ? no_variables : call.stage->stage->variables));
}

void CallRunner::Impl::finish(Call& call, http::Response&& response) {
  CallContext& context = call.context;
  const uint64_t latency_us = monotonic_us() - call.started_us;
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
  respond(call.id, std::move(response));
}

//--- Integrations under way

CallRunner::Impl::RunId CallRunner::Impl::keep(std::unique_ptr<Call> call) {
  const RunId run = next_run++;
  const uint64_t deadline_ms = loop.now_ms() + call->route.method->integration.timeout_ms;
  running.emplace(run, Running{std::move(call), deadline_ms, {}});
  if (deadline_ms < watched_ms) watch(deadline_ms);
  return run;
}

// Null when the call has been answered already.
std::unique_ptr<Call> CallRunner::Impl::take(RunId run) {
  const auto found = running.find(run);
  if (found == running.end()) return nullptr;
  auto call = std::move(found->second.call);
  running.erase(found);
  return call;
}

void CallRunner::Impl::http_done(RunId run, Result<http::Response, http::ClientError>&& result) {
  const auto call = take(run);
  if (call == nullptr) return;
  if (result) {
    integration_ended(*call, result->status);
    return finish(*call, integration_response(std::move(*result)));
  }
  http::ClientError& error = result.error();
  switch (error.kind) {
    case http::ClientErrorKind::TimedOut:
      return fail_integration(*call, GatewayResponseType::IntegrationTimeout, kTimedOut,
                              "Execution failed due to a timeout error");
    case http::ClientErrorKind::Unreachable:
    case http::ClientErrorKind::Broken:
      return fail_integration(*call, GatewayResponseType::IntegrationFailure, kUnreachable,
                              concat("Execution failed due to a network error: ", error.message));
    case http::ClientErrorKind::Malformed:
    case http::ClientErrorKind::TooLarge:
      return fail_integration(*call, GatewayResponseType::ApiConfigurationError, kServerError,
                              concat("Execution failed: ", error.message));
  }
}

void CallRunner::Impl::function_done(RunId run, lambda::Outcome&& outcome) {
  const auto call = take(run);
  if (call == nullptr) return;
  call->context.integration_request_id = outcome.request_id;
  if (outcome.kind == lambda::OutcomeKind::FunctionError) call->context.integration_status = 200;
  if (outcome.kind != lambda::OutcomeKind::Response) {
    return fail_integration(*call, GatewayResponseType::Default5xx, kServerError,
                            concat("Execution failed: Lambda: ", outcome.message));
  }
  const http::Field* accept = http::find_field(call->request.fields, "accept");
  auto response = read_lambda_response(outcome.payload, call->api->api.binary_media_types,
                                       accept == nullptr ? std::string_view{} : accept->value);
  if (!response) {
    const bool is_malformed = response.error().kind == LambdaResponseFaultKind::Malformed;
    return fail_integration(
        *call,
        is_malformed ? GatewayResponseType::Default5xx : GatewayResponseType::ApiConfigurationError,
        kServerError,
        concat("Execution failed due to configuration error: Malformed Lambda proxy response: ",
               response.error().reason));
  }
  integration_ended(*call, 200);
  finish(*call, std::move(*response));
}

void CallRunner::Impl::integration_ended(Call& call, uint16_t status) {
  const uint64_t latency_us = monotonic_us() - call.integration_us;
  counts.integration_latency_us += latency_us;
  call.context.integration_status = status;
  call.context.integration_latency_ms = milliseconds(latency_us);
  log_integration_response(logs, call);
}

void CallRunner::Impl::fail_integration(Call& call, GatewayResponseType type,
                                        std::string_view message, std::string why) {
  const uint64_t latency_us = monotonic_us() - call.integration_us;
  counts.integration_latency_us += latency_us;
  call.context.integration_latency_ms = milliseconds(latency_us);
  call.context.integration_error = std::move(why);
  log_integration_failure(logs, call);
  refuse(call, {type, std::string(message)});
}

void CallRunner::Impl::end_overdue() {
  const uint64_t now = loop.now_ms();
  std::vector<RunId> overdue;
  for (const auto& [run, entry] : running) {
    if (entry.deadline_ms <= now) overdue.push_back(run);
  }
  for (const RunId run : overdue) {
    const auto found = running.find(run);
    if (found == running.end()) continue;
    const auto give_up = std::move(found->second.give_up);
    const auto call = take(run);
    if (give_up) give_up();
    fail_integration(*call, GatewayResponseType::IntegrationTimeout, kTimedOut,
                     "Execution failed due to a timeout error");
  }
  watch_deadlines();
}

// The timer runs to the earliest deadline there was; one that has been met costs an empty look.
void CallRunner::Impl::watch_deadlines() {
  uint64_t earliest = kNever;
  for (const auto& [run, entry] : running) earliest = std::min(earliest, entry.deadline_ms);
  watch(earliest);
}

void CallRunner::Impl::watch(uint64_t deadline_ms) {
  watched_ms = deadline_ms;
  if (deadline_ms == kNever) return deadline.stop();
  const uint64_t now = loop.now_ms();
  deadline.start(deadline_ms > now ? deadline_ms - now : 0);
}

//--- CallRunner

CallRunner::CallRunner(net::Loop& loop, const settings::Settings& settings, CallLogs& logs,
                       Respond respond)
    : impl_(std::make_unique<Impl>(loop, settings, logs, std::move(respond))) {}
CallRunner::~CallRunner() = default;

void CallRunner::take_up(std::shared_ptr<const GatewayState> state) {
  impl_->functions.replace(state->functions());
  impl_->state = std::move(state);
}

void CallRunner::call_received(CallId id, const CallOrigin& origin, http::Request&& request) {
  impl_->begin(id, origin, std::move(request));
}

http::Response CallRunner::refuse(http::Refusal refusal) {
  CallContext context;
  const int64_t now_ms = wall_ms();
  context.ids = impl_->ids.next(now_ms / 1000);
  context.request_time_ms = now_ms;
  ++impl_->counts.refused;
  http::Response response = compose_refusal(refusal);
  impl_->common_fields.add(response, context);
  return response;
}

void CallRunner::reopen_logs() { impl_->functions.reopen_logs(); }

CallCounts CallRunner::counts() const noexcept {
  CallCounts counts = impl_->counts;
  counts.running = impl_->running.size();
  return counts;
}

lambda::ServiceCounts CallRunner::function_counts() const { return impl_->functions.counts(); }

}  // namespace inlet53::gateway
