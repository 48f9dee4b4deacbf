#pragma once

#include <cstdint>
#include <string>

#include "inlet53/loadgen/load_run.h"
#include "inlet53/loadgen/report.h"

namespace inlet53::app {

/// A report for people, lines that end with a line feed. `skipped`: lines of the file of names.
[[nodiscard]] std::string report_text(const loadgen::LoadOptions& load,
                                      const loadgen::Report& report, uint64_t skipped);
/// The same as one JSON object and a line feed. Latencies are microseconds; `histogram` has pairs
/// of a bucket's upper end and its count, without the empty ones.
[[nodiscard]] std::string report_json(const loadgen::LoadOptions& load,
                                      const loadgen::Report& report, uint64_t skipped);

/// What a run does just now, as one line of a terminal that is written over and over.
class ProgressLine {
 public:
  explicit ProgressLine(bool on_terminal) : on_terminal_(on_terminal) {}
  void show(const loadgen::Tally& tally, double seconds);
  /// Clears the line.
  void end();

 private:
  bool on_terminal_;
  bool shown_ = false;
  uint64_t answered_ = 0;  // when it was shown last
  double seconds_ = 0;
};

}  // namespace inlet53::app
