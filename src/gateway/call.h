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

/// One call, from its request to its response. It does not move: its views point into its own
/// request and into the state, which it keeps alive.
struct Call {
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  CallId id;
  std::shared_ptr<const GatewayState> state;
  http::Request request;
  RequestPath path;  // views of the request's target
  IpAddress source;
  std::string_view tls_version;  // they outlive the connection
  std::string_view cipher_suite;
  CallContext context;

  //--- Found one after the other; null as long as they are not
  const EndpointState* endpoint = nullptr;
  const ApiState* api = nullptr;
  const StageState* stage = nullptr;
  Route route;

  uint64_t started_us = 0;      // on a monotonic clock
  uint64_t integration_us = 0;  // when its integration was called; 0: not yet
};

}  // namespace inlet53::gateway
