// SPDX-License-Identifier: Apache-2.0
#include "integration.h"

#include "inlet53/gateway/common_fields.h"

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

}  // namespace

std::unique_ptr<Integration> make_mock_integration() { return std::make_unique<MockIntegration>(); }

}  // namespace inlet53::gateway
