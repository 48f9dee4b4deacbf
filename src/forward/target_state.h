// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/udp_exchange.h"

namespace inlet53::forward {

/// Interface through which the FetchRunner sends queries: sockets in the forwarder, a script in a
/// test. Targets are numbers. Responses and errors go to the FetchRunner with the token of the
/// query, and never within one of these calls.
class QueryTransport {
 public:
  virtual void add_target(uint32_t target, const Target& address,
                          const std::vector<IpAddress>& sources) = 0;
  /// Removes a target: nothing more is sent to it or expected from it.
  virtual void remove_target(uint32_t target) = 0;
  /// Sends a copy of a query over UDP from an unpredictable port and with an unpredictable id in
  /// its first two bytes. Returns our address.
  virtual Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                              uint64_t token) = 0;
  /// Sends a query over TCP, or TLS to a DoT target, on a connection that may be shared.
  virtual void send_stream(uint32_t target, Bytes query, uint64_t token) = 0;

 protected:
  ~QueryTransport() = default;
};

/// Latency of a target: smoothed value, variation, and the timeout of a query, in microseconds.
/// Source: RFC 6298 §2. Its minimum timeout of one second is too long for a total of 2 s. The
/// minimum here is 250 ms: a target that queries others itself, after answers from its cache, does
/// not get repeated queries (BIND has 800 ms, Unbound starts at 376 ms). The maximum is 900 ms, so
/// that there is time for a second try.
class RoundTrip {
 public:
  static constexpr uint32_t kFirstTimeout = 300'000;
  static constexpr uint32_t kLeastTimeout = 250'000;
  static constexpr uint32_t kMostTimeout = 900'000;

  [[nodiscard]] bool measured() const noexcept { return measured_; }
  [[nodiscard]] uint32_t smoothed() const noexcept { return smoothed_; }
  [[nodiscard]] uint32_t timeout() const noexcept {
    if (!measured_) return kFirstTimeout;
    return std::clamp(smoothed_ + 4 * variation_, kLeastTimeout, kMostTimeout);
  }

  void measure(uint64_t sample) noexcept {
    const auto us = static_cast<uint32_t>(std::min<uint64_t>(sample, 10'000'000));
    if (!measured_) {
      measured_ = true;
      smoothed_ = us;
      variation_ = us / 2;
      return;
    }
    const uint32_t off = us > smoothed_ ? us - smoothed_ : smoothed_ - us;
    variation_ = (3 * variation_ + off) / 4;
    smoothed_ = (7 * smoothed_ + us) / 8;
  }

 private:
  uint32_t smoothed_ = 0;
  uint32_t variation_ = 0;
  bool measured_ = false;
};

/// State of one target: latency, whether it answers, and unsupported features. Times are
/// microseconds on the forwarder's clock; the class does not read it.
///
///              a question               16 different questions, 1.5 s
///              unanswered               without any answer
///   answering ───────────────► doubted ──────────────────────────────► silent
///       ▲                         │                                      │
///       └─────────────────────────┴──────────────────────────────────────┘
///                any response, to whatever question, however late
///
/// The state is about targets, not names: a question counts once, however often it is sent, because
/// a target may drop the queries of one broken zone and answer all others. A query that was sent
/// before the last response does not count against the target. Threads: one. Cost: about 400 bytes
/// per target.
class TargetState {
 public:
  /// Number of different questions and time without an answer after which a target is silent.
  static constexpr uint32_t kUnansweredWhenSilent = 16;
  static constexpr uint64_t kSilenceUs = 1'500'000;
  /// Maximum number of unanswered questions, for at most `kSilenceUs`, with which every query to
  /// another target also goes to this one.
  static constexpr uint32_t kDoubtful = 4;
  /// Interval of such queries after that; it doubles up to the maximum.
  static constexpr uint64_t kLeastProbeUs = 500'000;
  static constexpr uint64_t kMostProbeUs = 10'000'000;
  /// Age after which the latency is measured again.
  static constexpr uint64_t kMeasureAgeUs = 10'000'000;
  /// Time for which a target counts as not supporting EDNS or not preserving letter case.
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

  /// Expected latency for comparing targets. It grows with unanswered questions; 0 when unknown.
  [[nodiscard]] uint64_t expected_us() const noexcept;

  /// Returns whether a query that goes to another target should go to this one as well.
  [[nodiscard]] bool wants_probe(uint64_t now) const noexcept;
  /// Records such a query. `question` identifies it among others.
  void probe_sent(uint64_t question, uint64_t now) noexcept;
  /// Reverts `probe_sent`: this host failed to send the query.
  void probe_unsent(uint64_t question) noexcept;
  /// Counts unanswered probes. Returns whether the target became silent.
  bool expire_probes(uint64_t now) noexcept;

  /// Records a response to a query that was sent at `sent`. `measures`: the latency counts.
  void answered(uint64_t sent, uint64_t now, bool measures) noexcept;
  /// Records that a query for `question`, sent at `sent`, timed out. Returns whether the target
  /// became silent.
  bool unanswered(uint64_t question, uint64_t sent, uint64_t now) noexcept;

  [[nodiscard]] bool ever_answered() const noexcept { return last_answer_ != 0; }
  void lacks_edns(uint64_t now) noexcept { no_edns_until_ = now + kIncapableUs; }
  void changes_case(uint64_t now) noexcept { no_case_until_ = now + kIncapableUs; }
  [[nodiscard]] bool supports_edns(uint64_t now) const noexcept { return now >= no_edns_until_; }
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

/// Group with the states of its targets.
struct GroupEntry {
  std::shared_ptr<const TargetGroup> group;  // null: the place is free
  std::array<uint32_t, TargetGroup::kMaxTargets> targets{};
  std::array<TargetState*, TargetGroup::kMaxTargets> states{};
  uint32_t fetches = 0;  // that are under way

  [[nodiscard]] size_t size() const noexcept { return group->targets.size(); }
  [[nodiscard]] std::span<TargetState* const> all_states() const noexcept {
    return {states.data(), size()};
  }
};

/// Groups in use and their targets. Groups share the state of a target with equal sources, also
/// across a reload. A group is removed when it has no other owner and no fetch in progress; a
/// target is removed with its last group. Threads: one.
class TargetTable {
 public:
  explicit TargetTable(QueryTransport& transport) : transport_(transport) {}

  /// Returns the number of a group's entry. Cost: one lookup for a known group; else linear in the
  /// targets, and it removes unused groups.
  [[nodiscard]] uint32_t find_or_add(const std::shared_ptr<const TargetGroup>& group);

  [[nodiscard]] GroupEntry& group(uint32_t index) noexcept { return groups_[index]; }
  /// Returns null when the target was removed.
  [[nodiscard]] TargetState* target(uint32_t index) noexcept {
    return index < targets_.size() ? targets_[index].get() : nullptr;
  }

 private:
  [[nodiscard]] uint32_t hold_target(const Target& target, const std::vector<IpAddress>& sources);
  void release_unused();

  QueryTransport& transport_;
  std::deque<GroupEntry> groups_;  // references to entries stay
  std::unordered_map<const TargetGroup*, uint32_t> index_;
  std::vector<std::unique_ptr<TargetState>> targets_;  // null: the place is free
};

}  // namespace inlet53::forward
