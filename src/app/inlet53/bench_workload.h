// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::app {

/// Error text and exit code.
struct BenchFault {
  std::string text;
  int code = 0;
};

/// Finds the server for `inlet53 bench`: `10.0.0.1`, `10.0.0.1:5300`, `fd00::1`, `[fd00::1]`,
/// `[fd00::1]:5300`, `dns.example`, `localhost:5300`. The system resolves a host name, and the
/// first address is used; the default port is 53. Blocks while it resolves. Errors: invalid text
/// (kExitUsage), a name that cannot be resolved (kExitFailure).
[[nodiscard]] Result<SocketAddress, BenchFault> find_server(std::string_view text);

/// Workload and the invalid lines of the file of names.
struct BenchWorkload {
  loadgen::Workload workload;
  uint64_t skipped = 0;
  std::vector<std::string> faults;  // of the first invalid lines
};

/// Makes the workload of `inlet53 bench` from the source in the options: a file of names, a
/// configuration, or random API ids.
///
/// A configuration provides: the names of its REST APIs in private DNS and with their VPC
/// endpoints; `api_names` random ids for each region in which an execute-api endpoint answers all
/// names and no API is configured; and every name of its hosted zones with its types, except
/// wildcards.
[[nodiscard]] Result<BenchWorkload, BenchFault> make_workload(const BenchOptions& options);

}  // namespace inlet53::app
