// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inlet53/http/message.h"

namespace inlet53::gateway {

/// A name with its values, in the order in which they came.
struct NamedValues {
  std::string name;
  std::vector<std::string> values;
};

/// A query's parameters, decoded, in the order of their first appearance. Names are compared with
/// their letter case. Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
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

/// The headers of an event: the client's that reach an integration, and the gateway's, sorted by
/// name whatever the letter case. HTTP/2 sends names in lower case: they get the usual spelling
/// (`Content-Type`), because handlers written for AWS, where clients speak HTTP/1.1, look for it.
[[nodiscard]] std::vector<NamedValues> event_headers(const http::Request& request,
                                                     const GatewayHeaders& own);

/// Returns true for a header that only the gateway may set: `x-amzn-vpc…`, the TLS version and
/// cipher suite, the API's id. A client's own is not passed on. `folded`: the name in lower case.
[[nodiscard]] bool is_gateway_header(std::string_view folded) noexcept;

/// Returns true for an AWS signature. The gateway does not pass it on.
[[nodiscard]] bool is_aws_signature(std::string_view authorization) noexcept;

}  // namespace inlet53::gateway
