// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_context.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "inlet53/base/json_string.h"
#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

using Append = bool (*)(std::string& out, const CallContext& context);

struct Variable {
  std::string_view name;
  Append append;
};

bool append_text(std::string& out, std::string_view text) {
  out += text;
  return !text.empty();
}

bool append_number(std::string& out, int64_t number) {
  text_detail::append_one(out, number);
  return true;
}

// Function for context members that are texts.
template <auto kMember>
bool text(std::string& out, const CallContext& context) {
  return append_text(out, context.*kMember);
}

template <auto kMember>
bool optional_number(std::string& out, const CallContext& context) {
  const auto& value = context.*kMember;
  return value && append_number(out, *value);
}

bool never(std::string&, const CallContext&) { return false; }

bool request_id(std::string& out, const CallContext& context) {
  return append_text(out, context.ids.request_id);
}
bool extended_request_id(std::string& out, const CallContext& context) {
  return append_text(out, context.ids.extended_request_id);
}
bool trace_id(std::string& out, const CallContext& context) {
  return append_text(out, context.ids.trace_id);
}
// Lines of one second share their time; each thread has its own copy.
bool request_time(std::string& out, const CallContext& context) {
  thread_local int64_t held = -1;
  thread_local std::string text;
  if (const int64_t second = context.request_time_ms / 1000; second != held) {
    text = common_log_time(second);
    held = second;
  }
  return append_text(out, text);
}
bool request_time_epoch(std::string& out, const CallContext& context) {
  return append_number(out, context.request_time_ms);
}
bool status(std::string& out, const CallContext& context) {
  return context.status != 0 && append_number(out, context.status);
}
bool response_length(std::string& out, const CallContext& context) {
  return append_number(out, static_cast<int64_t>(context.response_length));
}
bool response_latency(std::string& out, const CallContext& context) {
  return append_number(out, context.response_latency_ms);
}
// Private APIs of AWS have only HTTP/1.1. This gateway also accepts HTTP/2.
bool protocol(std::string& out, const CallContext&) { return append_text(out, "HTTP/1.1"); }
bool no_canary(std::string& out, const CallContext&) { return append_text(out, "false"); }
// Appends the message as a JSON string, with quotes.
bool error_message_string(std::string& out, const CallContext& context) {
  if (context.error_message.empty()) return false;
  append_json_string(out, context.error_message);
  return true;
}

// Sorted by name, for a binary search.
constexpr std::array kVariables = std::to_array<Variable>({
    {"accountId", text<&CallContext::account_id>},
    {"apiId", text<&CallContext::api_id>},
    {"authorize.error", never},
    {"authorize.latency", never},
    {"authorize.status", never},
    {"authorizer.error", never},
    {"authorizer.integrationLatency", never},
    {"authorizer.integrationStatus", never},
    {"authorizer.latency", never},
    {"authorizer.principalId", never},
    {"authorizer.requestId", never},
    {"authorizer.status", never},
    {"awsEndpointRequestId", text<&CallContext::integration_request_id>},
    {"customDomain.basePathMatched", never},
    {"deploymentId", text<&CallContext::deployment_id>},
    {"domainName", text<&CallContext::domain_name>},
    {"domainPrefix", text<&CallContext::domain_prefix>},
    {"error.message", text<&CallContext::error_message>},
    {"error.messageString", error_message_string},
    {"error.responseType", text<&CallContext::error_response_type>},
    {"error.validationErrorString", never},
    {"extendedRequestId", extended_request_id},
    {"httpMethod", text<&CallContext::http_method>},
    {"identity.accountId", never},
    {"identity.apiKey", never},
    {"identity.apiKeyId", never},
    {"identity.caller", never},
    {"identity.cognitoAuthenticationProvider", never},
    {"identity.cognitoAuthenticationType", never},
    {"identity.cognitoIdentityId", never},
    {"identity.cognitoIdentityPoolId", never},
    {"identity.principalOrgId", never},
    {"identity.sourceIp", text<&CallContext::source_ip>},
    {"identity.user", never},
    {"identity.userAgent", text<&CallContext::user_agent>},
    {"identity.userArn", never},
    {"identity.vpcId", text<&CallContext::vpc_id>},
    {"identity.vpceId", text<&CallContext::vpc_endpoint_id>},
    {"integration.error", text<&CallContext::integration_error>},
    {"integration.integrationStatus", optional_number<&CallContext::integration_status>},
    {"integration.latency", optional_number<&CallContext::integration_latency_ms>},
    {"integration.requestId", text<&CallContext::integration_request_id>},
    {"integration.status", optional_number<&CallContext::integration_status>},
    {"integrationErrorMessage", text<&CallContext::integration_error>},
    {"integrationLatency", optional_number<&CallContext::integration_latency_ms>},
    {"integrationStatus", optional_number<&CallContext::integration_status>},
    {"isCanaryRequest", no_canary},
    {"path", text<&CallContext::path>},
    {"protocol", protocol},
    {"requestId", request_id},
    {"requestTime", request_time},
    {"requestTimeEpoch", request_time_epoch},
    {"resourceId", text<&CallContext::resource_id>},
    {"resourcePath", text<&CallContext::resource_path>},
    {"responseLatency", response_latency},
    {"responseLength", response_length},
    {"stage", text<&CallContext::stage>},
    {"status", status},
    {"waf.error", never},
    {"waf.latency", never},
    {"waf.status", never},
    {"wafResponseCode", never},
    {"webaclArn", never},
    {"xrayTraceId", trace_id},
});
static_assert(std::is_sorted(kVariables.begin(), kVariables.end(),
                             [](const Variable& a, const Variable& b) { return a.name < b.name; }));

}  // namespace

std::optional<ContextVariable> ContextVariable::find(std::string_view name) noexcept {
  const auto* const found = std::lower_bound(
      kVariables.begin(), kVariables.end(), name,
      [](const Variable& variable, std::string_view sought) { return variable.name < sought; });
  if (found == kVariables.end() || found->name != name) return std::nullopt;
  return ContextVariable(static_cast<size_t>(found - kVariables.begin()));
}

bool ContextVariable::append(std::string& out, const CallContext& context) const {
  return kVariables[index_].append(out, context);
}

std::string_view ContextVariable::name() const noexcept { return kVariables[index_].name; }

std::string common_log_time(int64_t wall_seconds) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = wall_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  const auto two = [](int number) {
    return concat(static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10));
  };
  return concat(two(parts.tm_mday), '/', kMonths[static_cast<size_t>(parts.tm_mon)], '/',
                parts.tm_year + 1900, ':', two(parts.tm_hour), ':', two(parts.tm_min), ':',
                two(parts.tm_sec), " +0000");
}

}  // namespace inlet53::gateway
