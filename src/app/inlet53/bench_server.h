#pragma once

#include <string_view>

#include "bench_workload.h"

#include "inlet53/base/ip_address.h"

namespace inlet53::app {

/// The server that `inlet53 bench` asks: `10.0.0.1`, `10.0.0.1:5300`, `fd00::1`, `[fd00::1]`,
/// `[fd00::1]:5300`, `dns.example`, `localhost:5300`. A host's name is resolved by the system, and
/// the first of its addresses taken; port 53 where none is said. Waits for the resolver.
/// Errors: a text that is neither (kExitUsage), a name that cannot be resolved (kExitFailure).
[[nodiscard]] Result<SocketAddress, BenchFault> find_server(std::string_view text);

}  // namespace inlet53::app
