#pragma once

#include <cstdint>
#include <vector>

#include "round_trip.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/forward/target.h"

namespace inlet53::forward {

/// What is known of one target: how fast it answers, whether it does, and what it does not
/// understand. Times are microseconds on the forwarder's clock; nothing here reads it.
///
///         16 unanswered in a row, and 1.5 s of silence
///   alive ──────────────────────────────────────────────► dead
///     ▲                     any response                     │
///     └──────────────────────────────────────────────────────┘
///
/// A query that was sent before the last response says nothing against the target (it was lost, or
/// is slow by itself), so that a target that loses a third of its packets stays alive.
/// Threads: one.
class TargetState {
 public:
  static constexpr uint32_t kUnansweredWhenDead = 16;
  static constexpr uint64_t kSilenceWhenDeadUs = 1'500'000;
  /// Between two queries to a dead target, doubled after each up to the most. A group that has no
  /// other target waits for the first second at the most.
  static constexpr uint64_t kLeastProbeUs = 500'000;
  static constexpr uint64_t kMostProbeUs = 10'000'000;
  static constexpr uint64_t kMostLonelyProbeUs = 1'000'000;
  /// How old a live target's measure may become before it is taken anew.
  static constexpr uint64_t kMeasureAgeUs = 10'000'000;
  /// How long a target is taken for one that does not understand EDNS, or repeats no letters.
  static constexpr uint64_t kIncapableUs = 600'000'000;

  TargetState(Target address, std::vector<IpAddress> from)
      : target(std::move(address)), sources(std::move(from)) {}

  const Target target;
  const std::vector<IpAddress> sources;
  uint32_t in_flight = 0;  // attempts that the fetch waits for
  uint32_t groups = 0;     // that it belongs to

  [[nodiscard]] bool dead() const noexcept { return dead_; }
  [[nodiscard]] const RoundTrip& round_trip() const noexcept { return round_trip_; }

  /// What it is expected to take, for comparing targets: longer, the more went unanswered; 0 when
  /// nothing is known.
  [[nodiscard]] uint64_t expected_us() const noexcept;

  /// Whether a query may go to it beside the one that goes to a better target. `lonely`: there is
  /// no better one.
  [[nodiscard]] bool may_probe(uint64_t now, bool lonely) const noexcept;
  void probe_sent(uint64_t now) noexcept;

  /// It answered a query that was sent at `sent`. `measures`: the time says how fast it is.
  void answered(uint64_t sent, uint64_t now, bool measures) noexcept;
  /// A query that was sent at `sent` went unanswered. Returns whether it is dead by that.
  bool unanswered(uint64_t sent, uint64_t now) noexcept;

  [[nodiscard]] bool ever_answered() const noexcept { return last_answer_ != 0; }
  void lacks_edns(uint64_t now) noexcept { no_edns_until_ = now + kIncapableUs; }
  void changes_case(uint64_t now) noexcept { no_case_until_ = now + kIncapableUs; }
  [[nodiscard]] bool takes_edns(uint64_t now) const noexcept { return now >= no_edns_until_; }
  [[nodiscard]] bool keeps_case(uint64_t now) const noexcept { return now >= no_case_until_; }

 private:
  RoundTrip round_trip_;
  bool dead_ = false;
  bool probing_ = false;
  uint32_t unanswered_ = 0;    // in a row
  uint64_t silent_since_ = 0;  // when the first of them was sent
  uint64_t last_answer_ = 0;
  uint64_t last_probe_ = 0;
  uint64_t probe_interval_ = kLeastProbeUs;
  uint64_t no_edns_until_ = 0;
  uint64_t no_case_until_ = 0;
};

}  // namespace inlet53::forward
