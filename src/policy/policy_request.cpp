#include "inlet53/policy/policy_request.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/clock.h"
#include "inlet53/base/partition.h"
#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

std::string ascii_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

void add_network_keys(ConditionKeys& keys, const Caller& caller) {
  keys.add(caller.vpc_endpoint ? "aws:VpcSourceIp" : "aws:SourceIp", caller.address.to_text());
  if (caller.vpc_endpoint) keys.add("aws:SourceVpce", *caller.vpc_endpoint);
  if (caller.vpc) keys.add("aws:SourceVpc", *caller.vpc);
}

}  // namespace

std::string api_arn(const ApiIdentity& api) {
  return concat("arn:", partition_of(api.region), ":execute-api:", api.region, ':', api.account_id,
                ':', api.api_id);
}

void ConditionKeys::add(std::string_view key, std::string value) {
  std::string folded = ascii_lower(key);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.folded == folded; });
  if (found != entries_.end()) {
    found->values.push_back(std::move(value));
  } else {
    Entry& entry = entries_.emplace_back(Entry{std::string(key), std::move(folded), {}});
    entry.values.push_back(std::move(value));
  }
}

const std::vector<std::string>* ConditionKeys::find(std::string_view folded_key) const noexcept {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.folded == folded_key; });
  return found == entries_.end() ? nullptr : &found->values;
}

PolicyRequest make_policy_request(const ApiIdentity& api, std::string_view stage,
                                  std::string_view method, std::string_view path,
                                  const Caller& caller) {
  PolicyRequest request{api, {}, {}};
  request.resource = concat(api_arn(api), '/', stage, '/', ascii_upper(method),
                            path.starts_with('/') ? "" : "/", path);
  UtcSecond time;
  time.set(caller.wall_seconds);
  add_network_keys(request.keys, caller);
  request.keys.add("aws:CurrentTime", std::string(time.text()));
  request.keys.add("aws:EpochTime", concat(caller.wall_seconds));
  request.keys.add("aws:SecureTransport", caller.secure_transport ? "true" : "false");
  if (caller.user_agent) request.keys.add("aws:UserAgent", *caller.user_agent);
  if (caller.referer) request.keys.add("aws:Referer", *caller.referer);
  return request;
}

}  // namespace inlet53::policy
