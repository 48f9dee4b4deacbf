// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "integration.h"

#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/http_integration.h"
#include "inlet53/http/client.h"

namespace inlet53::gateway {

namespace {

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

}  // namespace

std::unique_ptr<Integration> make_http_proxy_integration(net::Loop& loop, CallLogs& logs,
                                                         http::BodyBudget& bodies,
                                                         Integration::Done done) {
  return std::make_unique<HttpProxyIntegration>(loop, logs, bodies, std::move(done));
}

}  // namespace inlet53::gateway
