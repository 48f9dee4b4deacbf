// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

struct KeyRow {
  std::string_view name;
  std::string_view folded;
};

// In the order of CallKey.
constexpr std::array<KeyRow, 9> kKeys = {{
    {"aws:VpcSourceIp", "aws:vpcsourceip"},
    {"aws:SourceIp", "aws:sourceip"},
    {"aws:SourceVpce", "aws:sourcevpce"},
    {"aws:SourceVpc", "aws:sourcevpc"},
    {"aws:CurrentTime", "aws:currenttime"},
    {"aws:EpochTime", "aws:epochtime"},
    {"aws:SecureTransport", "aws:securetransport"},
    {"aws:UserAgent", "aws:useragent"},
    {"aws:Referer", "aws:referer"},
}};

void append_upper(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
}

// Returns the ARN with capacity for `room` more bytes: it is composed for each call.
std::string api_arn_with_room(const ApiIdentity& api, size_t room) {
  const std::string_view partition = partition_of(api.region);
  std::string arn;
  arn.reserve(partition.size() + api.region.size() + api.account_id.size() + api.api_id.size() +
              room + std::string_view("arn::execute-api:::").size());
  for (const std::string_view part :
       {std::string_view("arn:"), partition, std::string_view(":execute-api:"),
        std::string_view(api.region), std::string_view(":"), std::string_view(api.account_id),
        std::string_view(":"), std::string_view(api.api_id)}) {
    arn += part;
  }
  return arn;
}

// Adds the wanted keys to one request.
struct KeyWriter {
  ConditionKeys& keys;
  const CallKeys& wanted;

  template <class Value>
  void add(CallKey key, const Value& value) const {
    if (wanted.contains(key)) keys.add(key_name(key), value());
  }
  void add_if_known(CallKey key, std::optional<std::string_view> value) const {
    if (value) add(key, [&value] { return std::string(*value); });
  }
};

void add_keys(const KeyWriter& out, const Caller& caller) {
  out.add(caller.vpc_endpoint ? CallKey::VpcSourceIp : CallKey::SourceIp,
          [&caller] { return caller.address.to_text(); });
  out.add_if_known(CallKey::SourceVpce, caller.vpc_endpoint);
  out.add_if_known(CallKey::SourceVpc, caller.vpc);
  out.add(CallKey::CurrentTime, [&caller] {
    UtcSecond time;
    time.set(caller.wall_seconds);
    return std::string(time.text());
  });
  out.add(CallKey::EpochTime, [&caller] { return concat(caller.wall_seconds); });
  out.add(CallKey::SecureTransport,
          [&caller] { return std::string(caller.secure_transport ? "true" : "false"); });
  out.add_if_known(CallKey::UserAgent, caller.user_agent);
  out.add_if_known(CallKey::Referer, caller.referer);
}

}  // namespace

std::string_view key_name(CallKey key) noexcept { return kKeys[static_cast<size_t>(key)].name; }

CallKeys CallKeys::all() noexcept {
  CallKeys keys;
  keys.bits_ = (1U << kKeys.size()) - 1;
  return keys;
}

void CallKeys::add(std::string_view folded_key) noexcept {
  for (size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].folded == folded_key) bits_ |= 1U << i;
  }
}

std::string api_arn(const ApiIdentity& api) { return api_arn_with_room(api, 0); }

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
                                  const Caller& caller, const CallKeys& wanted) {
  PolicyRequest request{api, {}, {}};
  std::string& resource = request.resource;
  resource = api_arn_with_room(api, stage.size() + method.size() + path.size() + 3);
  resource += '/';
  resource += stage;
  resource += '/';
  append_upper(resource, method);
  if (!path.starts_with('/')) resource += '/';
  resource += path;
  add_keys({request.keys, wanted}, caller);
  return request;
}

}  // namespace inlet53::policy
