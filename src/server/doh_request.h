// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/message.h"

/// What DNS over HTTPS asks in an HTTP request. Source: RFC 8484.
namespace inlet53::server {

/// Where it is asked: the template is `https://SERVER/dns-query{?dns}`.
inline constexpr std::string_view kDohPath = "/dns-query";
inline constexpr std::string_view kDnsMessage = "application/dns-message";
/// The methods that kDohPath has.
inline constexpr std::string_view kDohMethods = "GET, HEAD, POST";

/// Why a request asks nothing.
enum class DohFault : uint16_t {
  NoMessage = 400,     // no `dns`, several, or no base64url without padding
  OtherPath = 404,     // not kDohPath
  OtherMethod = 405,   // none of kDohMethods
  TooLarge = 413,      // more octets than a message has
  OtherContent = 415,  // of a POST: not kDnsMessage
};

/// Finds a fault in the head of a request: the path, the method, or the content of a POST.
/// Threads: any.
[[nodiscard]] std::optional<DohFault> find_head_fault(const http::Request& head) noexcept;

/// Takes the DNS message out of a request: a POST's body, or what the `dns` of a GET's (or HEAD's)
/// query stands for. Other parameters are not looked at. Puts it at the start of `out` and returns
/// its size; what is in it is not looked at.
/// Requires: `out` has 65535 octets. Threads: any. Cost: no allocation.
/// Source: RFC 8484 §4.1, §6; RFC 4648 §5.
[[nodiscard]] Result<size_t, DohFault> read_doh_request(const http::Request& request,
                                                        MutableBytes out);

}  // namespace inlet53::server
