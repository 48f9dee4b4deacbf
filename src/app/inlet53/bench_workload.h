#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench.h"

#include "inlet53/base/result.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::app {

/// What to say, and the exit code to end with.
struct BenchFault {
  std::string text;
  int code = 0;
};

/// What is asked for, and the lines of the file of names that nothing can be asked from.
struct BenchWorkload {
  loadgen::Workload workload;
  uint64_t skipped = 0;
  std::vector<std::string> faults;  // of the first of these
};

/// Gathers what `inlet53 bench` asks for, from the one source that the options name: a file of
/// names, a configuration, or random API ids.
///
/// A configuration gives the names of its REST APIs in private DNS and with their VPC endpoints;
/// `api_names` random ids for each region that an execute-api endpoint answers as a whole and where
/// no API is named; and every name of its hosted zones with the types that it has, wildcards aside.
[[nodiscard]] Result<BenchWorkload, BenchFault> make_workload(const BenchOptions& options);

}  // namespace inlet53::app
