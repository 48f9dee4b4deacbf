// SPDX-License-Identifier: Apache-2.0
#include "call_authorization.h"

#include <algorithm>
#include <array>
#include <utility>

#include "inlet53/base/text.h"
#include "inlet53/gateway/request_target.h"
#include "inlet53/policy/policy_request.h"

namespace inlet53::gateway {

namespace {

using topology::GatewayResponseType;

// Maximum length of an ARN that a policy evaluates. Source: API Gateway Developer Guide, "Quotas".
constexpr size_t kMaxArn = 1600;

std::optional<std::string_view> field_value(const http::Fields& fields,
                                            std::string_view name) noexcept {
  const http::Field* field = http::find_field(fields, name);
  if (field == nullptr) return std::nullopt;
  return field->value;
}

Refused forbidden() { return {FixedResponse::Forbidden, "Forbidden"}; }

// An AWS signature begins with its algorithm. Any other value is parsed as one and fails.
// Source: captures of REST APIs.
Refused no_such_method(const http::Fields& fields) {
  const auto authorization = field_value(fields, "authorization");
  if (!authorization || authorization->starts_with("AWS4-HMAC-SHA256")) {
    return {GatewayResponseType::MissingAuthenticationToken, "Missing Authentication Token"};
  }
  const std::string_view token = authorization->substr(authorization->rfind(' ') + 1);
  return {FixedResponse::IncompleteSignature,
          concat("'", token,
                 "' not a valid key=value pair (missing equal-sign) in Authorization header: '",
                 *authorization, "'.")};
}

bool is_method(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

// Source: API Gateway Developer Guide, "Amazon API Gateway important notes", REST APIs.
void set_method(Call& call) {
  const http::Field* overriding = http::find_field(call.request.fields, "x-http-method-override");
  call.context.http_method = overriding != nullptr && is_method(overriding->value)
                                 ? overriding->value
                                 : call.request.method;
  for (char& c : call.context.http_method) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
}

void set_host(Call& call) {
  call.context.domain_name = host_of(call.request.authority);
  call.context.domain_prefix = first_label(call.context.domain_name);
}

bool find_api(Call& call) {
  if (call.endpoint == nullptr) return false;  // removed by a reload
  const auto id = referred_api(call.context.domain_name, call.request.fields, call.endpoint->region,
                               call.endpoint->id);
  if (!id) return false;
  const ApiState* api = call.state->find_api(*id, call.endpoint->region);
  if (api == nullptr || api->api.endpoint_type != topology::ApiEndpointType::Private) return false;
  call.api = api;
  call.context.api_id = api->api.id;
  call.context.account_id = api->api.account_id;
  return true;
}

bool find_stage(Call& call) {
  call.stage = call.api->find_stage(call.path.stage);
  if (call.stage == nullptr) return false;
  call.context.stage = call.stage->stage->name;
  call.context.deployment_id = call.stage->stage->deployment_id;
  return true;
}

bool find_route(Call& call) {
  if (!call.api->router.find(call.context.http_method, call.path.path, call.route)) return false;
  call.context.resource_id = call.route.resource->id;
  call.context.resource_path = call.route.resource->path;
  return true;
}

policy::PolicyRequest policy_request(const Call& call, const CallTime& time) {
  using policy::CallKey;
  policy::CallKeys wanted = call.api->policy.keys;
  if (call.endpoint->policy) wanted.add(call.endpoint->policy->keys);
  policy::Caller caller;
  caller.address = call.source;
  caller.vpc_endpoint = call.endpoint->id;
  if (wanted.contains(CallKey::SourceVpc)) caller.vpc = call.endpoint->vpc;
  caller.wall_seconds = time.wall_ms / 1000;
  if (wanted.contains(CallKey::UserAgent)) {
    caller.user_agent = field_value(call.request.fields, "user-agent");
  }
  if (wanted.contains(CallKey::Referer)) {
    caller.referer = field_value(call.request.fields, "referer");
  }
  return policy::make_policy_request(call.api->identity, call.path.stage, call.context.http_method,
                                     call.path.path, caller, wanted);
}

std::optional<Refused> evaluate(const policy::ResourcePolicy& policy,
                                const policy::PolicyRequest& request, policy::PolicyKind kind,
                                policy::RefusalWording wording) {
  const policy::PolicyOutcome outcome = policy::decide(policy, request).outcome;
  if (outcome == policy::PolicyOutcome::Allow) return std::nullopt;
  return Refused{GatewayResponseType::AccessDenied,
                 policy::refusal_message(outcome, request, wording, kind)};
}

bool has_room(const Call& call, const CallTime& time, Throttle& throttle) {
  const CallContext& context = call.context;
  const std::string& account = call.api->account_bucket;
  const std::string& method = call.route.method->http_method;
  const auto* limit = call.stage->find_limit(context.resource_path, method);
  if (limit == nullptr) return throttle.allow(account, {}, nullptr, time.monotonic_ms);
  const std::string bucket =
      concat(context.api_id, '/', context.stage, '/', method, ' ', context.resource_path);
  return throttle.allow(account, bucket, &limit->limit, time.monotonic_ms);
}

}  // namespace

std::optional<Refused> authorize(Call& call, const CallTime& time, Throttle& throttle,
                                 policy::RefusalWording wording) {
  set_method(call);
  set_host(call);
  if (!find_api(call)) return forbidden();
  const policy::PolicyRequest request = policy_request(call, time);
  if (call.endpoint->policy) {
    auto refused =
        evaluate(*call.endpoint->policy, request, policy::PolicyKind::VpcEndpoint, wording);
    if (refused) return refused;
  }
  if (!find_stage(call)) return forbidden();
  if (!find_route(call)) return no_such_method(call.request.fields);
  if (request.resource.size() > kMaxArn) {
    return Refused{FixedResponse::UriTooLong, "Request URI too long"};
  }
  if (auto refused = evaluate(call.api->policy, request, policy::PolicyKind::Resource, wording)) {
    return refused;
  }
  if (!has_room(call, time, throttle)) {
    return Refused{GatewayResponseType::Throttled, "Too Many Requests"};
  }
  return std::nullopt;
}

}  // namespace inlet53::gateway
