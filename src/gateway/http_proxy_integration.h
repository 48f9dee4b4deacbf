#pragma once

#include <memory>

#include "integration.h"

#include "inlet53/gateway/call_logs.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/net/loop.h"

namespace inlet53::gateway {

/// HTTP_PROXY: calls a URL. What a URL answers is charged to the call's client.
/// `done` gets the results of pending calls. Lifetime: `loop`, `logs` and `bodies` outlive it.
[[nodiscard]] std::unique_ptr<Integration> make_http_proxy_integration(net::Loop& loop,
                                                                       CallLogs& logs,
                                                                       http::BodyBudget& bodies,
                                                                       Integration::Done done);

}  // namespace inlet53::gateway
