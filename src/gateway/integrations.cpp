// SPDX-License-Identifier: Apache-2.0
#include "integrations.h"

#include <utility>

#include "inlet53/base/memory.h"
#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/gateway_responses.h"
#include "inlet53/gateway/http_integration.h"
#include "inlet53/gateway/lambda_messages.h"
#include "inlet53/http/client.h"

namespace inlet53::gateway {

namespace {

class MockIntegration final : public Integration {
 public:
  [[nodiscard]] bool needs_body() const noexcept override { return false; }
  [[nodiscard]] std::variant<IntegrationResult, Ticket> start(Call& call) override;
  void forget(Ticket) override {}
  bool cancel(Ticket) override { return false; }
};

std::variant<IntegrationResult, Integration::Ticket> MockIntegration::start(Call& call) {
  const MockResponse* const mock = call.api->find_mock(call.route.method);
  if (mock == nullptr) {
    return IntegrationResult{Unexpected(IntegrationFailure{
        topology::GatewayResponseType::ApiConfigurationError, kInternalServerError,
        "Execution failed due to configuration error: the mock integration has no response for "
        "its status code"})};
  }
  http::Response response;
  response.status = mock->status_code;
  response.fields.reserve(mock->headers.size() + CommonFields::kCount);
  for (const topology::NamedText& header : mock->headers) {
    response.fields.push_back({header.name, header.value});
  }
  mock->body.append_body(response.body, call.context, call.stage->stage->variables);
  return IntegrationResult{.response = std::move(response), .status = mock->status_code};
}

using topology::GatewayResponseType;

IntegrationFailure failure_of(const http::ClientError& error) {
  constexpr std::string_view kUnreachable = "Network error communicating with endpoint";
  switch (error.kind) {
    case http::ClientErrorKind::Unreachable:
    case http::ClientErrorKind::Broken:
      return {GatewayResponseType::IntegrationFailure, kUnreachable,
              concat("Execution failed due to a network error: ", error.message)};
    case http::ClientErrorKind::NoRoom:
      return {FixedResponse::ServiceUnavailable, kServiceUnavailable,
              concat("Execution failed: ", error.message, " (max_body_memory)")};
    case http::ClientErrorKind::Malformed:
    case http::ClientErrorKind::TooLarge:
      break;
  }
  return {GatewayResponseType::ApiConfigurationError, kInternalServerError,
          concat("Execution failed: ", error.message)};
}

IntegrationResult result_of(Result<http::Response, http::ClientError>&& result) {
  if (!result) return {Unexpected(failure_of(result.error()))};
  const uint16_t status = result->status;
  return {.response = integration_response(std::move(*result)), .status = status};
}

class HttpProxyIntegration final : public Integration {
 public:
  HttpProxyIntegration(net::Loop& loop, CallLogs& logs, http::BodyBudget& bodies, Done done)
      : logs_(logs), done_(std::move(done)), client_(loop, {}, bodies) {}

  [[nodiscard]] bool needs_body() const noexcept override { return true; }
  [[nodiscard]] std::variant<IntegrationResult, Ticket> start(Call& call) override;
  void forget(Ticket ticket) override { client_.cancel(ticket); }
  // Cancels because the client has left: its response would occupy memory.
  bool cancel(Ticket ticket) override {
    client_.cancel(ticket);
    return true;
  }

 private:
  CallLogs& logs_;
  const Done done_;
  http::Client client_;
};

std::variant<IntegrationResult, Integration::Ticket> HttpProxyIntegration::start(Call& call) {
  const topology::Integration& integration = call.route.method->integration;
  const auto url = integration_url(
      integration.uri, {call.route.parameters, call.stage->stage->variables, call.path.query});
  if (!url) {
    return IntegrationResult{Unexpected(IntegrationFailure{
        GatewayResponseType::ApiConfigurationError, kInternalServerError,
        concat("Execution failed due to configuration error: the integration's URL cannot be "
               "used: ",
               url.error())})};
  }
  log_endpoint_request(logs_, call,
                       concat(url->secure ? "https://" : "http://", url->authority, url->target));
  // The call's views point into its request's target, so the target stays in the call.
  http::Request request;
  request.method = call.context.http_method;
  request.fields = call.request.fields;
  request.body = std::move(call.request.body);
  request.charge = std::move(call.request.charge);
  request = integration_request(std::move(request), integration, call.context);
  return client_.start(*url, std::move(request), call.source,
                       [this, id = call.id](Result<http::Response, http::ClientError>&& result) {
                         done_(id, result_of(std::move(result)));
                       });
}

using topology::GatewayResponseType;

// Source: Lambda Developer Guide, "Lambda quotas": a synchronous invocation's payload.
constexpr size_t kMaxLambdaPayload = 6291456;

/// Values for reading a function's response. The call may end before the function.
/// Lifetime: the state keeps the media types.
struct ResponseReading {
  std::shared_ptr<const GatewayState> state;
  const std::vector<std::string>* binary_media_types = nullptr;
  std::string accept;
};

IntegrationResult result_of(lambda::Outcome&& outcome, const ResponseReading& reading) {
  if (outcome.kind != lambda::OutcomeKind::Response) {
    const bool has_answered = outcome.kind == lambda::OutcomeKind::FunctionError;
    return {.response = Unexpected(
                IntegrationFailure{GatewayResponseType::Default5xx, kInternalServerError,
                                   concat("Execution failed: Lambda: ", outcome.message)}),
            .status = has_answered ? std::optional<uint16_t>(200) : std::nullopt,
            .request_id = std::move(outcome.request_id)};
  }
  auto response =
      read_lambda_response(outcome.payload, *reading.binary_media_types, reading.accept);
  if (response) {
    return {.response = std::move(*response),
            .status = 200,
            .request_id = std::move(outcome.request_id)};
  }
  const bool is_malformed = response.error().kind == LambdaResponseFaultKind::Malformed;
  return {
      .response = Unexpected(IntegrationFailure{
          is_malformed ? GatewayResponseType::Default5xx
                       : GatewayResponseType::ApiConfigurationError,
          kInternalServerError,
          concat("Execution failed due to configuration error: Malformed Lambda proxy response: ",
                 response.error().reason)}),
      .status = std::nullopt,
      .request_id = std::move(outcome.request_id)};
}

class LambdaIntegration final : public Integration {
 public:
  LambdaIntegration(lambda::FunctionService& functions, CallLogs& logs, Done done)
      : functions_(functions), logs_(logs), done_(std::move(done)) {}

  [[nodiscard]] bool needs_body() const noexcept override { return true; }
  [[nodiscard]] std::variant<IntegrationResult, Ticket> start(Call& call) override;
  void forget(Ticket ticket) override { functions_.forget(ticket); }
  bool cancel(Ticket ticket) override { return functions_.cancel(ticket); }

 private:
  lambda::FunctionService& functions_;
  CallLogs& logs_;
  const Done done_;
};

std::variant<IntegrationResult, Integration::Ticket> LambdaIntegration::start(Call& call) {
  std::string event = compose_lambda_event(call);
  if (event.size() > kMaxLambdaPayload) {
    return IntegrationResult{
        Unexpected(IntegrationFailure{GatewayResponseType::RequestTooLarge, "Request Too Long",
                                      concat("Execution failed: the event has ", event.size(),
                                             " bytes, Lambda accepts ", kMaxLambdaPayload)})};
  }
  release_memory(call.request.body);  // the event contains it
  const std::string& function = call.route.method->integration.function;
  log_endpoint_request(logs_, call, concat("function ", function));
  const http::Field* const accept = http::find_field(call.request.fields, "accept");
  ResponseReading reading{.state = call.state,
                          .binary_media_types = &call.api->api.binary_media_types,
                          .accept = accept == nullptr ? std::string{} : accept->value};
  return functions_.invoke(
      function, {.payload = std::move(event), .trace_id = call.context.ids.trace_id},
      [this, id = call.id, reading = std::move(reading)](lambda::Outcome&& outcome) {
        done_(id, result_of(std::move(outcome), reading));
      });
}

}  // namespace

std::unique_ptr<Integration> make_mock_integration() { return std::make_unique<MockIntegration>(); }

std::unique_ptr<Integration> make_http_proxy_integration(net::Loop& loop, CallLogs& logs,
                                                         http::BodyBudget& bodies,
                                                         Integration::Done done) {
  return std::make_unique<HttpProxyIntegration>(loop, logs, bodies, std::move(done));
}

std::unique_ptr<Integration> make_lambda_integration(lambda::FunctionService& functions,
                                                     CallLogs& logs, Integration::Done done) {
  return std::make_unique<LambdaIntegration>(functions, logs, std::move(done));
}

}  // namespace inlet53::gateway
