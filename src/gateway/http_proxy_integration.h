#pragma once

#include <memory>

#include "integration.h"

#include "inlet53/gateway/call_logs.h"
#include "inlet53/net/loop.h"

namespace inlet53::gateway {

/// HTTP_PROXY: calls a URL. Lifetime: `loop` and `logs` outlive it.
[[nodiscard]] std::unique_ptr<Integration> make_http_proxy_integration(net::Loop& loop,
                                                                       CallLogs& logs);

}  // namespace inlet53::gateway
