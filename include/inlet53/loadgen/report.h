#pragma once

#include <array>
#include <cstdint>

#include "inlet53/loadgen/histogram.h"

namespace inlet53::loadgen {

/// What a run counted so far. Every query that was sent is answered, lost or still in flight.
struct Tally {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t lost = 0;        // not answered within the timeout, or its connection ended
  uint64_t late = 0;        // answers of queries that count as lost by then
  uint64_t wrong = 0;       // messages that answer no query in flight
  uint64_t truncated = 0;   // answers with TC
  uint64_t reconnects = 0;  // TCP connections that had to be opened again
  uint64_t behind = 0;      // queries that left more than 1 ms after they were due
  std::array<uint64_t, 16> rcodes{};
  LatencyHistogram latency;
};

/// A run that has ended.
struct Report {
  Tally tally;
  /// From the first sending to the last answer, or to the end of sending if that came later.
  double seconds = 0;

  [[nodiscard]] double queries_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(tally.answered) / seconds : 0;
  }
};

}  // namespace inlet53::loadgen
