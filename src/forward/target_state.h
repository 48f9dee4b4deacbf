#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "round_trip.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/forward/target.h"

namespace inlet53::forward {

/// What is known of one target: how fast it answers, whether it does, and what it does not
/// understand. Times are microseconds on the forwarder's clock; nothing here reads it.
///
///              a question               16 different questions, 1.5 s
///              unanswered               without any answer
///   answering ───────────────► doubted ──────────────────────────────► silent
///       ▲                         │                                      │
///       └─────────────────────────┴──────────────────────────────────────┘
///                any response, to whatever question, however late
///
/// A target is judged, not names: one question counts once, however often it is sent, since a
/// target may drop the queries of one broken zone and answer all others. A query that was sent
/// before the last response came says nothing against the target.
/// Threads: one. Cost: a target takes some 400 bytes.
class TargetState {
 public:
  /// Different questions, and time without an answer, after which it is silent.
  static constexpr uint32_t kUnansweredWhenSilent = 16;
  static constexpr uint64_t kSilenceUs = 1'500'000;
  /// Questions that may be unanswered, for no longer than `kSilenceUs`, while every query to
  /// another target goes to it as well.
  static constexpr uint32_t kDoubtful = 4;
  /// Between two such queries after that; doubled after each up to the most.
  static constexpr uint64_t kLeastProbeUs = 500'000;
  static constexpr uint64_t kMostProbeUs = 10'000'000;
  /// How old a target's measure may become before it is measured again.
  static constexpr uint64_t kMeasureAgeUs = 10'000'000;
  /// How long a target is taken for one that does not understand EDNS, or repeats no letters.
  static constexpr uint64_t kIncapableUs = 600'000'000;

  TargetState(Target address, std::vector<IpAddress> from)
      : target(std::move(address)), sources(std::move(from)) {}

  const Target target;
  const std::vector<IpAddress> sources;
  uint32_t in_flight = 0;  // fetches that wait for its response
  uint32_t groups = 0;     // that it belongs to

  [[nodiscard]] bool silent() const noexcept { return silent_; }
  /// Returns how many fetches may wait for it where `limit` may wait for a target that answers. A
  /// silent one gets few at a time: enough to find it alive whatever they ask for.
  [[nodiscard]] uint32_t places(uint32_t limit) const noexcept {
    constexpr uint32_t kShareOfSilent = 8;
    return silent_ ? std::max(limit / kShareOfSilent, 1U) : limit;
  }
  [[nodiscard]] const RoundTrip& round_trip() const noexcept { return round_trip_; }

  /// How long it is expected to take, to compare targets: longer, the more questions went
  /// unanswered; 0 when nothing is known.
  [[nodiscard]] uint64_t expected_us() const noexcept;

  /// Returns whether a query that goes to another target should go to this one as well.
  [[nodiscard]] bool wants_probe(uint64_t now) const noexcept;
  /// Such a query was sent. `question` identifies it among others.
  void probe_sent(uint64_t question, uint64_t now) noexcept;
  /// That query could not be sent after all, by a failure on this host.
  void probe_unsent(uint64_t question) noexcept;
  /// Counts probes that were not answered in time. Returns whether it is silent by that.
  bool expire_probes(uint64_t now) noexcept;

  /// It responded to a query that was sent at `sent`. `measures`: the time says how fast it is.
  void answered(uint64_t sent, uint64_t now, bool measures) noexcept;
  /// A query for `question` that was sent at `sent` was not answered in time. Returns whether the
  /// target is silent by that.
  bool unanswered(uint64_t question, uint64_t sent, uint64_t now) noexcept;

  [[nodiscard]] bool ever_answered() const noexcept { return last_answer_ != 0; }
  void lacks_edns(uint64_t now) noexcept { no_edns_until_ = now + kIncapableUs; }
  void changes_case(uint64_t now) noexcept { no_case_until_ = now + kIncapableUs; }
  [[nodiscard]] bool takes_edns(uint64_t now) const noexcept { return now >= no_edns_until_; }
  [[nodiscard]] bool keeps_case(uint64_t now) const noexcept { return now >= no_case_until_; }

 private:
  struct Probe {
    uint64_t question = 0;
    uint64_t sent = 0;
  };

  [[nodiscard]] bool is_probed_rarely(uint64_t now) const noexcept;

  RoundTrip round_trip_;
  bool silent_ = false;
  uint32_t unanswered_ = 0;  // different questions since the last answer, up to the array's size
  std::array<uint64_t, kUnansweredWhenSilent> questions_{};
  uint64_t unanswered_since_ = 0;  // when the first of them was sent
  uint64_t last_answer_ = 0;
  uint64_t newest_answered_ = 0;  // when the newest query that was answered was sent
  uint64_t last_probe_ = 0;
  uint64_t probe_interval_ = kLeastProbeUs;
  std::array<Probe, kDoubtful> probes_{};  // that are not answered yet
  uint32_t probe_count_ = 0;
  uint64_t no_edns_until_ = 0;
  uint64_t no_case_until_ = 0;
};

}  // namespace inlet53::forward
