// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/http/message.h"

namespace inlet53::gateway {

/// Name with its values, in order of arrival.
struct NamedValues {
  std::string name;
  std::vector<std::string> values;
};

/// Returns a query's decoded parameters in the order of their first appearance. Names are
/// case-sensitive. Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
[[nodiscard]] std::vector<NamedValues> query_parameters(std::string_view query);

/// Values of the headers that the gateway adds to a request.
struct GatewayHeaders {
  std::string_view source_ip;
  std::string_view trace_id;
  std::string_view vpc_id;
  std::string_view vpc_endpoint_id;
  std::string_view cipher_suite;
  std::string_view tls_version;
};

/// Returns the headers of an event: the client's headers that reach an integration, and the
/// gateway's, sorted by name without regard to letter case. HTTP/2 sends names in lower case; they
/// get the usual spelling (`Content-Type`), because handlers written for AWS, where clients use
/// HTTP/1.1, expect it.
[[nodiscard]] std::vector<NamedValues> event_headers(const http::Request& request,
                                                     const GatewayHeaders& own);

/// Returns true for a header that only the gateway may set: `x-amzn-vpc…`, the TLS version and
/// cipher suite, the API's id. A client's header of this name is dropped. `folded`: the name in
/// lower case.
[[nodiscard]] bool is_gateway_header(std::string_view folded) noexcept;

/// Returns true for an AWS signature. The gateway does not pass it on.
[[nodiscard]] bool is_aws_signature(std::string_view authorization) noexcept;

}  // namespace inlet53::gateway
