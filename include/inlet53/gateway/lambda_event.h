#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/gateway/router.h"
#include "inlet53/http/message.h"
#include "inlet53/topology/topology.h"

/// The event that a Lambda function gets of a proxy integration.
/// Source: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration";
/// order of keys and headers as in events that private APIs were seen to send.
namespace inlet53::gateway {

/// One call of a private REST API, when it is known what it is for.
/// Lifetime: all of it is somebody else's, and outlives the call of `compose_lambda_event`.
struct ProxyCall {
  //--- The request
  std::string_view http_method;
  std::string_view path;   // behind the stage, as sent: undecoded, `/` at least
  std::string_view query;  // as sent, without `?`
  const http::Fields* fields = nullptr;
  std::string_view body;

  //--- What it is for
  std::string_view account_id;
  std::string_view api_id;
  std::string_view stage;
  std::string_view deployment_id;
  std::string_view resource_id;
  std::string_view resource_path;                  // the template: /pets/{petId}
  std::span<const PathParameter> path_parameters;  // undecoded
  std::span<const topology::NamedText> stage_variables;
  const std::vector<std::string>* binary_media_types = nullptr;  // null: none

  //--- The call
  std::string_view domain_name;    // the Host without its port
  std::string_view domain_prefix;  // its first label
  std::string_view request_path;   // as sent, with the stage
  std::string_view request_id;
  std::string_view extended_request_id;
  std::string_view trace_id;      // X-Amzn-Trace-Id; empty: as the client sent it, if it did
  std::string_view request_time;  // 25/Apr/2021:12:37:34 +0000
  int64_t request_time_ms = 0;    // since 1970

  //--- The caller. Vpc and endpoint come from the endpoint itself, never from a header.
  std::string_view source_ip;
  std::string_view user_agent;  // empty: null
  std::string_view vpc_id;      // this and the next empty: not by way of a VPC endpoint
  std::string_view vpc_endpoint_id;
  std::string_view cipher_suite;  // ECDHE-RSA-AES128-GCM-SHA256; empty: no such header
  std::string_view tls_version;   // TLSv1.2
};

/// The event's JSON.
///
/// Headers are sorted by name as private APIs have them. Names keep their letter case but
/// Authorization, Host, User-Agent and X-Forwarded-*; those that belong to one connection, and a
/// signature of AWS's, are left out; what the gateway itself says of TLS and the endpoint replaces
/// what a client sends under such a name; the client's address ends X-Forwarded-For. Of several
/// values `headers` has the last. A query is decoded (`%2B` is `+`, `+` a space), `;` separates as
/// `&` does, and what is no percent-encoding stays. Octets that are no UTF-8 become U+FFFD.
/// Cost: one pass, one allocation for each header and parameter.
[[nodiscard]] std::string compose_lambda_event(const ProxyCall& call);

}  // namespace inlet53::gateway
