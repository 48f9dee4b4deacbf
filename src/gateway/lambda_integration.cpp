// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "integration.h"
#include "lambda_event.h"

#include "inlet53/base/release_memory.h"
#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/lambda_response.h"

namespace inlet53::gateway {

namespace {

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
                                             " bytes, Lambda takes ", kMaxLambdaPayload)})};
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

std::unique_ptr<Integration> make_lambda_integration(lambda::FunctionService& functions,
                                                     CallLogs& logs, Integration::Done done) {
  return std::make_unique<LambdaIntegration>(functions, logs, std::move(done));
}

}  // namespace inlet53::gateway
