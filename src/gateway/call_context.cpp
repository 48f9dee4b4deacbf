// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_context.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <ctime>
#include <string_view>

#include <sys/random.h>

#include "inlet53/base/base64.h"
#include "inlet53/base/check.h"
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

// Two hexadecimal digits of each byte.
constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return pairs;
}();

// Writes the last `Digits` hexadecimal digits of a number, and returns the end.
template <int Digits>
char* write_hex(char* out, uint64_t number) noexcept {
  static_assert(Digits % 2 == 0);
  for (int shift = (Digits - 2) * 4; shift >= 0; shift -= 8, out += 2) {
    std::memcpy(out, kHexPairs[number >> shift & 255].data(), 2);
  }
  return out;
}

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

RequestIdSource::RequestIdSource() {
  INLET53_CHECK(getrandom(state_.data(), sizeof state_, 0) == sizeof state_);
}

// xoshiro256++ of Blackman and Vigna: a few instructions, with a period of 2^256 - 1.
uint64_t RequestIdSource::next_random() noexcept {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string RequestIdSource::next_uuid() {
  const uint64_t high = (next_random() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (next_random() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  std::string uuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  char* out = uuid.data();
  out = write_hex<8>(out, high >> 32) + 1;
  out = write_hex<4>(out, high >> 16) + 1;
  out = write_hex<4>(out, high) + 1;
  out = write_hex<4>(out, low >> 48) + 1;
  write_hex<12>(out, low);
  return uuid;
}

RequestIds RequestIdSource::next(int64_t wall_seconds) {
  RequestIds ids{.request_id = next_uuid(),
                 .extended_request_id = "xxxxxxxxxxxxxxx=",
                 .trace_id = "Root=1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx"};

  // 11 bytes in base64: 15 characters and the padding. The last of the 15 holds 4 bits.
  uint64_t bits = next_random();
  for (size_t i = 0; i < 10; ++i, bits >>= 6)
    ids.extended_request_id[i] = kBase64UrlDigits[bits & 63];
  bits = next_random();
  for (size_t i = 10; i < 14; ++i, bits >>= 6)
    ids.extended_request_id[i] = kBase64UrlDigits[bits & 63];
  ids.extended_request_id[14] = kBase64UrlDigits[bits & 60];

  char* out = write_hex<8>(ids.trace_id.data() + 7, static_cast<uint64_t>(wall_seconds)) + 1;
  out = write_hex<16>(out, next_random());
  write_hex<8>(out, next_random());
  return ids;
}

}  // namespace inlet53::gateway
