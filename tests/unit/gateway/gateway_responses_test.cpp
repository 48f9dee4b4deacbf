// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/gateway_responses.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

using topology::GatewayResponseType;

CallContext failed_with(std::string message) {
  CallContext context;
  context.error_message = std::move(message);
  context.ids.request_id = "c6af9ac6";
  return context;
}

std::string error_type(const http::Response& response) {
  const http::Field* field = http::find_field(response.fields, "x-amzn-errortype");
  return field == nullptr ? "" : field->value;
}

struct Case {
  GatewayResponseType type;
  const char* message;
  uint16_t status;
  const char* error_type;
  const char* body;
};

// Spaces and letter case of the bodies are those of AWS.
TEST(GatewayResponses, AreAwsOwnByDefault) {
  const std::vector<Case> cases = {
      {GatewayResponseType::AccessDenied, "User: anonymous …", 403, "AccessDeniedException",
       R"({"Message":"User: anonymous …"})"},
      {GatewayResponseType::MissingAuthenticationToken, "Missing Authentication Token", 403,
       "MissingAuthenticationTokenException", R"({"message":"Missing Authentication Token"})"},
      {GatewayResponseType::Throttled, "Too Many Requests", 429, "TooManyRequestsException",
       R"({"message":"Too Many Requests"})"},
      {GatewayResponseType::QuotaExceeded, "Limit Exceeded", 429, "LimitExceededException",
       R"({"message":"Limit Exceeded"})"},
      {GatewayResponseType::Unauthorized, "Unauthorized", 401, "UnauthorizedException",
       R"({"message":"Unauthorized"})"},
      {GatewayResponseType::InvalidApiKey, "Forbidden", 403, "ForbiddenException",
       R"({"message":"Forbidden"})"},
      {GatewayResponseType::RequestTooLarge, "Request Too Long", 413, "RequestTooLargeException",
       R"({"message":"Request Too Long"})"},
      {GatewayResponseType::BadRequestBody, "Invalid request body", 400, "BadRequestException",
       R"({"message": "Invalid request body"})"},
      {GatewayResponseType::UnsupportedMediaType, "Unsupported Media Type", 415,
       "BadRequestException", R"({"message": "Unsupported Media Type"})"},
      {GatewayResponseType::Default5xx, "Internal server error", 502,
       "InternalServerErrorException", R"({"message": "Internal server error"})"},
      {GatewayResponseType::ApiConfigurationError, "Internal server error", 500,
       "InternalServerErrorException", R"({"message": "Internal server error"})"},
      {GatewayResponseType::IntegrationTimeout, "Endpoint request timed out", 504,
       "InternalServerErrorException", R"({"message": "Endpoint request timed out"})"},
      {GatewayResponseType::IntegrationFailure, "Network error communicating with endpoint", 504,
       "InternalServerErrorException",
       R"({"message": "Network error communicating with endpoint"})"},
  };
  const GatewayResponses responses({});
  for (const Case& c : cases) {
    const http::Response response = responses.compose(c.type, failed_with(c.message), {});
    EXPECT_EQ(response.status, c.status) << c.body;
    EXPECT_EQ(error_type(response), c.error_type) << c.body;
    EXPECT_EQ(response.body, c.body);
  }
}

TEST(GatewayResponses, HaveOneForEveryType) {
  const GatewayResponses responses({});
  for (size_t i = 0; i < topology::kGatewayResponseTypes; ++i) {
    const auto type = static_cast<GatewayResponseType>(i);
    const http::Response response = responses.compose(type, failed_with("x"), {});
    EXPECT_GE(response.status, 400) << topology::to_text(type);
    EXPECT_NE(error_type(response), "") << topology::to_text(type);
  }
}

topology::GatewayResponse own(const char* type, std::optional<uint16_t> status,
                              std::optional<std::string> body) {
  return {type, status, {{"Access-Control-Allow-Origin", "*"}}, std::move(body)};
}

TEST(GatewayResponses, CanBeAnApisOwn) {
  const GatewayResponses responses(
      {own("ACCESS_DENIED", 404,
           R"({"m":$context.error.messageString,"id":"$context.requestId",)"
           R"("s":"$stageVariables.greeting"})")});
  const http::Response response = responses.compose(
      GatewayResponseType::AccessDenied, failed_with("no \"way\""), {{"greeting", "hello"}});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"m":"no \"way\"","id":"c6af9ac6","s":"hello"})");
  EXPECT_EQ(error_type(response), "AccessDeniedException");
  EXPECT_NE(http::find_field(response.fields, "access-control-allow-origin"), nullptr);
}

TEST(GatewayResponses, KeepTheirDefaultsWhereAnApiSetsNone) {
  const GatewayResponses responses({own("THROTTLED", std::nullopt, std::nullopt)});
  const http::Response response =
      responses.compose(GatewayResponseType::Throttled, failed_with("Too Many Requests"), {});
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body, R"({"message":"Too Many Requests"})");
  EXPECT_NE(http::find_field(response.fields, "access-control-allow-origin"), nullptr);
}

TEST(GatewayResponses, FallToTheirClass) {
  const GatewayResponses responses({own("DEFAULT_4XX", 418, "four"),
                                    own("DEFAULT_5XX", std::nullopt, "five"),
                                    own("THROTTLED", std::nullopt, "slow")});
  const auto body = [&](GatewayResponseType type) {
    return responses.compose(type, failed_with("x"), {}).body;
  };
  const auto status = [&](GatewayResponseType type) {
    return responses.compose(type, failed_with("x"), {}).status;
  };
  EXPECT_EQ(body(GatewayResponseType::AccessDenied), "four");
  EXPECT_EQ(status(GatewayResponseType::AccessDenied), 418);
  EXPECT_EQ(body(GatewayResponseType::Throttled), "slow");
  EXPECT_EQ(status(GatewayResponseType::Throttled), 429);
  EXPECT_EQ(body(GatewayResponseType::IntegrationTimeout), "five");
  EXPECT_EQ(status(GatewayResponseType::IntegrationTimeout), 504);
  EXPECT_EQ(status(GatewayResponseType::Default5xx), 502);
  // not customisable
  EXPECT_EQ(status(GatewayResponseType::RequestTooLarge), 413);
}

TEST(FixedResponses, HaveTheirStatusTypeAndBody) {
  EXPECT_EQ(compose_fixed(FixedResponse::Forbidden, {}).body, R"({"message":"Forbidden"})");
  EXPECT_EQ(compose_fixed(FixedResponse::UriTooLong, {}).status, 414);
  const http::Response incomplete =
      compose_fixed(FixedResponse::IncompleteSignature, "it's \"no\"");
  EXPECT_EQ(incomplete.body, R"({"message":"it's \"no\""})");
  EXPECT_EQ(error_type(incomplete), "IncompleteSignatureException");
}

TEST(RefusalResponses, SayTheStatusThatHttpAsksFor) {
  const std::vector<std::pair<http::Refusal, uint16_t>> cases = {
      {http::Refusal::Malformed, 400},         {http::Refusal::RequestTimeout, 408},
      {http::Refusal::BodyTooLarge, 413},      {http::Refusal::TargetTooLong, 414},
      {http::Refusal::FieldsTooLarge, 431},    {http::Refusal::UnsupportedCoding, 501},
      {http::Refusal::UnsupportedVersion, 505}};
  for (const auto& [refusal, status] : cases) {
    EXPECT_EQ(compose_refusal(refusal).status, status);
    EXPECT_NE(compose_refusal(refusal).body, "");
  }
  const http::Response large = compose_refusal(http::Refusal::BodyTooLarge);
  EXPECT_EQ(large.body, "HTTP content length exceeded 10485760 bytes.");
  EXPECT_EQ(http::find_field(large.fields, "content-type")->value, "text/*");
  EXPECT_EQ(error_type(large), "");
}

}  // namespace
}  // namespace inlet53::gateway
