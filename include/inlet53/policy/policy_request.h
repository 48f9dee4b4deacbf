// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/ip_address.h"

/// Request that a resource policy decides about: one call of one method, with its properties.
namespace inlet53::policy {

/// Condition keys that a call can have.
/// Source: API Gateway Developer Guide, "AWS condition keys that can be used in API Gateway
/// resource policies".
enum class CallKey : uint8_t {
  VpcSourceIp,
  SourceIp,
  SourceVpce,
  SourceVpc,
  CurrentTime,
  EpochTime,
  SecureTransport,
  UserAgent,
  Referer
};

/// Returns the key as AWS spells it: `aws:SourceVpce`.
[[nodiscard]] std::string_view key_name(CallKey key) noexcept;

/// Set of these keys: those that a policy uses, so that a request needs no others.
class CallKeys {
 public:
  [[nodiscard]] static CallKeys all() noexcept;

  /// Adds a key by its name in lower case; ignores names that no call has.
  void add(std::string_view folded_key) noexcept;
  void add(const CallKeys& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool contains(CallKey key) const noexcept {
    return (bits_ >> static_cast<unsigned>(key) & 1U) != 0;
  }

 private:
  uint32_t bits_ = 0;
};

/// The only action of a call. Source: Service Authorization Reference, ExecuteAPI.
inline constexpr std::string_view kInvokeAction = "execute-api:Invoke";

/// REST API as in ARNs.
struct ApiIdentity {
  std::string region;
  std::string account_id;  // 12 digits
  std::string api_id;
};

/// Returns `arn:aws:execute-api:eu-west-1:123456789012:dligg9dxuk`, the prefix of every ARN of the
/// API.
[[nodiscard]] std::string api_arn(const ApiIdentity& api);

/// Condition keys of a request with their values. Keys are case-insensitive.
class ConditionKeys {
 public:
  struct Entry {
    std::string key;     // as AWS spells it
    std::string folded;  // in lower case
    std::vector<std::string> values;
  };

  /// Adds a value to a key.
  void add(std::string_view key, std::string value);

  /// Returns the values of a key, at least one; null when the request does not have the key.
  /// Requires: `folded_key` is in lower case. Lifetime: until the next `add`.
  [[nodiscard]] const std::vector<std::string>* find(std::string_view folded_key) const noexcept;

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// Properties of an anonymous call, except for the method that is called.
/// Lifetime: the views must stay valid until `make_policy_request` returns, which copies them.
struct Caller {
  IpAddress address;
  /// VPC endpoint through which the call came, and the endpoint's VPC. They come from the endpoint
  /// itself, never from a header.
  std::optional<std::string_view> vpc_endpoint;
  std::optional<std::string_view> vpc;
  int64_t wall_seconds = 0;  // since 1970-01-01T00:00:00Z
  bool secure_transport = true;
  std::optional<std::string_view> user_agent;
  std::optional<std::string_view> referer;
};

/// One call of an anonymous principal (without a signature).
struct PolicyRequest {
  ApiIdentity api;
  std::string resource;  // arn:aws:execute-api:eu-west-1:123456789012:dligg9dxuk/Stage/GET/hello
  ConditionKeys keys;
};

/// Composes the request for `method` (in any case) of `path` in `stage`. `path` is the call's own,
/// undecoded, without stage and query: `/hello`, and `/` or an empty text for the root.
///
/// For a call through a VPC endpoint the caller's address is `aws:VpcSourceIp` and `aws:SourceIp`
/// is absent; otherwise it is `aws:SourceIp`. Keys of a signed call's principal are absent. Keys
/// that are not `wanted` are left out: most policies use one or two.
/// Source: API Gateway Developer Guide, "AWS condition keys that can be used in API Gateway
/// resource policies"; IAM User Guide, "AWS global condition context keys" (aws:SourceIp is not in
/// requests through a VPC endpoint).
[[nodiscard]] PolicyRequest make_policy_request(const ApiIdentity& api, std::string_view stage,
                                                std::string_view method, std::string_view path,
                                                const Caller& caller,
                                                const CallKeys& wanted = CallKeys::all());

}  // namespace inlet53::policy
