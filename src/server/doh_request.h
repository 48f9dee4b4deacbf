// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/message.h"

/// DNS queries in HTTP requests. Source: RFC 8484.
namespace inlet53::server {

/// Path of the URI template `https://SERVER/dns-query{?dns}`.
inline constexpr std::string_view kDohPath = "/dns-query";
inline constexpr std::string_view kDnsMessage = "application/dns-message";
/// Methods of kDohPath.
inline constexpr std::string_view kDohMethods = "GET, HEAD, POST";

/// Reason why a request is no DNS query. The values are HTTP status codes.
enum class DohFault : uint16_t {
  NoMessage = 400,     // no `dns`, several, or not base64url without padding
  OtherPath = 404,     // not kDohPath
  OtherMethod = 405,   // none of kDohMethods
  TooLarge = 413,      // more than 65535 bytes
  OtherContent = 415,  // a POST whose content type is not kDnsMessage
};

/// Checks the head of a request: the path, the method, and the content type of a POST. Absent: it
/// is valid. Threads: any.
[[nodiscard]] std::optional<DohFault> find_head_fault(const http::Request& head) noexcept;

/// Copies the DNS message of a request to the start of `out` and returns its size: the body of a
/// POST, or the decoded parameter `dns` of a GET or HEAD. Other parameters are ignored. The message
/// itself is not checked. Requires: `out` has 65535 bytes. Threads: any. Cost: no allocation.
/// Source: RFC 8484 §4.1, §6; RFC 4648 §5.
[[nodiscard]] Result<size_t, DohFault> read_doh_request(const http::Request& request,
                                                        MutableBytes out);

}  // namespace inlet53::server
