// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "inlet53/loadgen/load_run.h"
#include "inlet53/loadgen/report.h"

namespace inlet53::app {

/// Formats a report as text; each line ends with a newline. `skipped`: invalid lines of the file of
/// names.
[[nodiscard]] std::string report_text(const loadgen::LoadOptions& load,
                                      const loadgen::Report& report, uint64_t skipped);
/// Formats a report as one JSON object with a newline. Latencies are microseconds; `histogram` has
/// pairs of the upper end and the count of each bucket that is not empty.
[[nodiscard]] std::string report_json(const loadgen::LoadOptions& load,
                                      const loadgen::Report& report, uint64_t skipped);

/// Progress of a run on one line of a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool on_terminal) : on_terminal_(on_terminal) {}
  void show(const loadgen::Tally& tally, double seconds);
  /// Clears the line.
  void end();

 private:
  bool on_terminal_;
  bool shown_ = false;
  uint64_t answered_ = 0;  // at the last `show`
  double seconds_ = 0;
};

}  // namespace inlet53::app
