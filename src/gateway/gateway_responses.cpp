// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/gateway_responses.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

using topology::GatewayResponseType;

// AWS's own bodies differ in one space and one capital letter.
enum class Shape : uint8_t { Plain, Spaced, Capital };

struct Default {
  uint16_t status;
  std::string_view error_type;  // x-amzn-ErrorType
  Shape shape;
};

constexpr std::string_view kInternal = "InternalServerErrorException";
constexpr std::string_view kBadRequest = "BadRequestException";

Default default_of(GatewayResponseType type) noexcept {
  switch (type) {
    case GatewayResponseType::AccessDenied:
      return {403, "AccessDeniedException", Shape::Capital};
    case GatewayResponseType::ApiConfigurationError:
    case GatewayResponseType::AuthorizerConfigurationError:
    case GatewayResponseType::AuthorizerFailure:
      return {500, kInternal, Shape::Spaced};
    case GatewayResponseType::BadRequestBody:
    case GatewayResponseType::BadRequestParameters:
      return {400, kBadRequest, Shape::Spaced};
    case GatewayResponseType::Default4xx:
      return {400, kBadRequest, Shape::Plain};
    case GatewayResponseType::Default5xx:
      return {502, kInternal, Shape::Spaced};
    case GatewayResponseType::ExpiredToken:
      return {403, "ExpiredTokenException", Shape::Plain};
    case GatewayResponseType::IntegrationFailure:
    case GatewayResponseType::IntegrationTimeout:
      return {504, kInternal, Shape::Spaced};
    case GatewayResponseType::InvalidApiKey:
    case GatewayResponseType::WafFiltered:
      return {403, "ForbiddenException", Shape::Plain};
    case GatewayResponseType::InvalidSignature:
      return {403, "InvalidSignatureException", Shape::Plain};
    case GatewayResponseType::MissingAuthenticationToken:
      return {403, "MissingAuthenticationTokenException", Shape::Plain};
    case GatewayResponseType::QuotaExceeded:
      return {429, "LimitExceededException", Shape::Plain};
    case GatewayResponseType::RequestTooLarge:
      return {413, "RequestTooLargeException", Shape::Plain};
    case GatewayResponseType::ResourceNotFound:
      return {404, "NotFoundException", Shape::Plain};
    case GatewayResponseType::Throttled:
      return {429, "TooManyRequestsException", Shape::Plain};
    case GatewayResponseType::Unauthorized:
      return {401, "UnauthorizedException", Shape::Plain};
    case GatewayResponseType::UnsupportedMediaType:
      return {415, kBadRequest, Shape::Spaced};
  }
  return {500, kInternal, Shape::Spaced};
}

std::string json_body(Shape shape, std::string_view message) {
  std::string body = shape == Shape::Capital ? R"({"Message":)" : R"({"message":)";
  if (shape == Shape::Spaced) body += ' ';
  append_json_string(body, message);
  body += '}';
  return body;
}

http::Response json_response(uint16_t status, std::string_view error_type, Shape shape,
                             std::string_view message) {
  return {.status = status,
          .fields = {{"x-amzn-ErrorType", std::string(error_type)}},
          .body = json_body(shape, message)};
}

http::Response text_response(uint16_t status, std::string_view media_type, std::string_view text) {
  return {.status = status,
          .fields = {{"Content-Type", std::string(media_type)}},
          .body = std::string(text)};
}

size_t index_of(GatewayResponseType type) noexcept { return static_cast<size_t>(type); }

constexpr std::string_view kNoUuid = "UUID_REPLACED_INVALID_REQUEST_ID";

// Formats Sun, 06 Nov 1994 08:49:37 GMT. Source: RFC 9110 §5.6.7.
std::string http_date(int64_t wall_seconds) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = wall_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  const auto two = [](int number) {
    return concat(static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10));
  };
  return concat(kDays[static_cast<size_t>(parts.tm_wday)], ", ", two(parts.tm_mday), ' ',
                kMonths[static_cast<size_t>(parts.tm_mon)], ' ', parts.tm_year + 1900, ' ',
                two(parts.tm_hour), ':', two(parts.tm_min), ':', two(parts.tm_sec), " GMT");
}

bool is_uuid(std::string_view text) noexcept {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(),
                    [&](char c, char shape) { return shape == 'x' ? is_hex(c) : c == shape; });
}

void set_field(http::Fields& fields, std::string_view name, const std::string& value) {
  std::erase_if(
      fields, [name](const http::Field& field) { return http::same_field_name(field.name, name); });
  fields.push_back({std::string(name), value});
}

}  // namespace

GatewayResponses::GatewayResponses(const std::vector<topology::GatewayResponse>& configured) {
  for (const topology::GatewayResponse& given : configured) {
    const auto type = topology::parse_gateway_response_type(given.response_type);
    if (!type) continue;  // validation rejects such a name
    Own own{.status = given.status_code, .fields = {}, .body = std::nullopt};
    for (const topology::NamedText& header : given.headers) {
      own.fields.push_back({header.name, header.value});
    }
    if (given.template_text) own.body = TextTemplate::parse(*given.template_text);
    own_[index_of(*type)] = std::move(own);
  }
}

const GatewayResponses::Own* GatewayResponses::find_own(GatewayResponseType type) const noexcept {
  if (type == GatewayResponseType::RequestTooLarge) return nullptr;
  if (const auto& own = own_[index_of(type)]) return &*own;
  const bool is_4xx = default_of(type).status < 500;
  const auto& of_class =
      own_[index_of(is_4xx ? GatewayResponseType::Default4xx : GatewayResponseType::Default5xx)];
  return of_class ? &*of_class : nullptr;
}

http::Response GatewayResponses::compose(
    GatewayResponseType type, const CallContext& context,
    const std::vector<topology::NamedText>& stage_variables) const {
  const Default aws = default_of(type);
  const Own* own = find_own(type);
  http::Response response{.status = aws.status, .fields = {}, .body = {}};
  if (own != nullptr) {
    response.status = own->status.value_or(aws.status);
    response.fields = own->fields;
  }
  if (http::find_field(response.fields, "x-amzn-errortype") == nullptr) {
    response.fields.push_back({"x-amzn-ErrorType", std::string(aws.error_type)});
  }
  if (own != nullptr && own->body) {
    own->body->append_body(response.body, context, stage_variables);
  } else {
    response.body = json_body(aws.shape, context.error_message);
  }
  return response;
}

http::Response compose_fixed(FixedResponse response, std::string_view message) {
  switch (response) {
    case FixedResponse::Forbidden:
      return json_response(403, "ForbiddenException", Shape::Plain, "Forbidden");
    case FixedResponse::UriTooLong:
      return text_response(414, "text/plain", "Request URI too long");
    case FixedResponse::IncompleteSignature:
      return json_response(403, "IncompleteSignatureException", Shape::Plain, message);
    case FixedResponse::ClientClosedRequest:
      return json_response(499, kBadRequest, Shape::Plain, "Client Closed Request");
    case FixedResponse::ServiceUnavailable:
      return json_response(503, "ServiceUnavailableException", Shape::Plain, "Service Unavailable");
  }
  return json_response(500, kInternal, Shape::Spaced, "Internal server error");
}

http::Response compose_refusal(http::Refusal refusal) {
  const uint16_t status = http::refusal_status(refusal);
  switch (refusal) {
    case http::Refusal::Malformed:
      return json_response(status, kBadRequest, Shape::Plain, "Bad Request");
    case http::Refusal::RequestTimeout:
      return json_response(status, kBadRequest, Shape::Plain, "Request Timeout");
    case http::Refusal::BodyTooLarge:
      return text_response(status, "text/*", "HTTP content length exceeded 10485760 bytes.");
    case http::Refusal::TargetTooLong:
      return compose_fixed(FixedResponse::UriTooLong, {});
    case http::Refusal::FieldsTooLarge:
      return json_response(status, kBadRequest, Shape::Plain, "Request Header Fields Too Large");
    case http::Refusal::UnsupportedCoding:
      return json_response(status, kInternal, Shape::Plain, "Not Implemented");
    case http::Refusal::NoRoom:
      return compose_fixed(FixedResponse::ServiceUnavailable, {});
    case http::Refusal::UnsupportedVersion:
      return json_response(status, kInternal, Shape::Plain, "HTTP Version Not Supported");
  }
  return json_response(500, kInternal, Shape::Spaced, "Internal server error");
}

void CommonFields::add(http::Response& response, const CallContext& context) {
  if (const int64_t second = context.request_time_ms / 1000; second != date_second_) {
    date_ = http_date(second);
    date_second_ = second;
  }
  http::Fields& fields = response.fields;
  fields.push_back({"Date", date_});
  if (http::find_field(fields, "content-type") == nullptr) {
    fields.push_back({"Content-Type", "application/json"});
  }
  // Replaces fields of an integration: these ids connect a response with its log.
  set_field(fields, "x-amzn-RequestId", context.ids.request_id);
  set_field(fields, "x-amz-apigw-id", context.ids.extended_request_id);
  if (context.integration_status && context.error_response_type.empty() &&
      http::find_field(fields, "x-amzn-trace-id") == nullptr) {
    fields.push_back({"X-Amzn-Trace-Id", context.ids.trace_id});
  }
}

void use_client_request_id(const http::Fields& fields, RequestIds& ids) {
  const http::Field* given = http::find_field(fields, "x-amzn-requestid");
  if (given == nullptr) return;
  ids.request_id = is_uuid(given->value) ? given->value : std::string(kNoUuid);
}

void use_client_trace_id(const http::Fields& fields, RequestIds& ids) {
  const http::Field* given = http::find_field(fields, "x-amzn-trace-id");
  if (given != nullptr && !given->value.empty()) ids.trace_id = given->value;
}

}  // namespace inlet53::gateway
