// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/gateway/call_context.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/gateway/request_path.h"
#include "inlet53/http/message.h"

namespace inlet53::gateway {

class Integration;

/// A call from its request to its response. It does not move: its views point into its request and
/// into the state, which it keeps alive.
struct Call {
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  CallId id;
  std::shared_ptr<const GatewayState> state;
  http::Request request;  // without its body until the call begins
  RequestPath path;       // views of the request's target
  IpAddress source;
  std::string_view tls_version;  // this and the next outlive the connection
  std::string_view cipher_suite;
  CallContext context;

  //--- Set by authorization, in this order; null before
  const EndpointState* endpoint = nullptr;
  const ApiState* api = nullptr;
  const StageState* stage = nullptr;
  Route route;
  Integration* integration = nullptr;  // of the route's method; outlives the call

  uint64_t started_us = 0;      // when the request was whole, on a monotonic clock
  uint64_t integration_us = 0;  // when its integration was called; 0: not yet
};

}  // namespace inlet53::gateway
