// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/common_fields.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

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

}  // namespace

namespace {

void set_field(http::Fields& fields, std::string_view name, const std::string& value) {
  std::erase_if(
      fields, [name](const http::Field& field) { return http::same_field_name(field.name, name); });
  fields.push_back({std::string(name), value});
}

}  // namespace

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
