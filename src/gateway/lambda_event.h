// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "call.h"

/// The event that a Lambda function gets in a proxy integration.
/// Source: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration";
/// the order of keys and headers is that of events which private APIs send.
namespace inlet53::gateway {

/// Composes the event's JSON. Requires: the call is authorized and has its body.
///
/// Headers are sorted by name, as in events of private APIs. Names keep their letter case, except
/// Authorization, Host, User-Agent and X-Forwarded-*. Headers of one connection and signatures of
/// AWS are left out. Headers about TLS and the VPC endpoint are the gateway's own; a client's
/// headers of these names are ignored. X-Forwarded-For ends with the client's address. `headers`
/// has the last of several values. Query parameters are decoded (`%2B` is `+`, `+` is a space), `;`
/// separates like `&`, and an invalid percent-encoding stays as it is. Bytes that are not UTF-8
/// become U+FFFD. An empty trace id leaves the client's own in place.
/// Cost: one pass, one allocation for each header and parameter.
[[nodiscard]] std::string compose_lambda_event(const Call& call);

}  // namespace inlet53::gateway
