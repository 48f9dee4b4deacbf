// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/call_keys.h"

#include <array>

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

}  // namespace inlet53::policy
