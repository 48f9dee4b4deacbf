#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen {

/// The names of one file, and its faults.
struct NamesFile {
  /// Faults that are kept with their words; more are counted.
  static constexpr size_t kMostFaults = 10;

  QuestionList questions;
  uint64_t skipped = 0;             // lines that nothing can be asked from
  std::vector<std::string> faults;  // of the first of these, `FILE:LINE: what`
};

/// Reads names to ask for, one a line, `name` or `name type`, as dnsperf reads them. A name without
/// the final dot is complete; empty lines and lines that begin with `#` or `;` are passed over;
/// `default_type` is asked where a line has none. What follows a type is ignored, such as the flags
/// of kxdpgun. A line whose name or type is none is skipped and counted.
/// The error says that the file can't be read, names nothing, or has no line that can be used, with
/// the fault of the first. Threads: any. Cost: linear; memory for the questions only.
[[nodiscard]] Result<NamesFile, std::string> read_names_file(const std::string& file,
                                                             uint16_t default_type);

}  // namespace inlet53::loadgen
