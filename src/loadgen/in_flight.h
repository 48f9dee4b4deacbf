#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace inlet53::loadgen {

/// The queries that wait for their answer, by channel (a socket, a connection) and message id, and
/// in the order of their sending. A query that was not answered in time keeps its id for as long as
/// there are plenty of others, so that a late answer is known for what it is.
/// Threads: one. Cost: 32 octets a slot, made at once; every method O(1) unless it says otherwise.
class InFlightTable {
 public:
  struct Query {
    uint64_t serial = 0;
    uint64_t sent_ns = 0;
  };
  enum class State : uint8_t { Free, InFlight, Expired };
  struct Found {
    State state = State::Free;
    Query query;
  };

  /// Requires: `slots` for each channel is a power of two, at most 65536; 2^32 in all, less one.
  InFlightTable(size_t channels, size_t slots);

  /// Puts a query in flight and gives its id. Absent when the channel's slots are all in flight.
  [[nodiscard]] std::optional<uint16_t> add(size_t channel, const Query& query) noexcept;
  /// What a message with this id on this channel can be the answer of.
  [[nodiscard]] Found find(size_t channel, uint16_t id) const noexcept;
  /// Forgets a query: it was answered, or could not be sent. Requires: `find` has it.
  void remove(size_t channel, uint16_t id) noexcept;
  /// Lets every query expire that was sent before `ns`; says how many. Cost: linear in those.
  size_t expire_before(uint64_t ns) noexcept;
  /// Forgets all queries of a channel; says how many were in flight. Cost: linear in its slots.
  size_t clear(size_t channel) noexcept;

  [[nodiscard]] size_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] size_t in_flight(size_t channel) const noexcept {
    return channels_[channel].in_flight;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Slot {
    Query query;
    uint32_t previous = kNone;  // in the order of sending
    uint32_t next = kNone;
    uint16_t id = 0;
    State state = State::Free;
  };
  struct Channel {
    size_t in_flight = 0;
    size_t expired = 0;
    uint16_t next_id = 0;
  };

  [[nodiscard]] size_t slot_of(size_t channel, uint16_t id) const noexcept {
    return channel * slots_per_channel_ + (id & (slots_per_channel_ - 1));
  }
  [[nodiscard]] bool is_usable(const Channel& channel, const Slot& slot) const noexcept;
  void append(uint32_t index) noexcept;
  void unlink(const Slot& slot) noexcept;
  void release(Channel& channel, Slot& slot) noexcept;

  size_t slots_per_channel_;
  std::vector<Channel> channels_;
  std::vector<Slot> slots_;
  uint32_t oldest_ = kNone;
  uint32_t newest_ = kNone;
  size_t in_flight_ = 0;
};

}  // namespace inlet53::loadgen
