#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "target_query.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/types.h"
#include "inlet53/forward/target.h"

namespace inlet53::forward {

/// Queries for one fetch, over whatever transport.
/// Source: the bound that resolvers set against being made to amplify (CVE-2022-3204 and kin).
inline constexpr size_t kMaxAttempts = 16;

/// One query of a fetch.
struct Attempt {
  enum class State : uint8_t {
    Waiting,     // counts as in flight at its target
    Superseded,  // another is waited for, but its response is still welcome
    Ended,
  };
  /// Why it goes over a stream.
  enum class Stream : uint8_t { No, Always, Truncated, OtherCase };

  uint64_t sent_us = 0;
  uint8_t place = 0;  // of the target, in the group
  QueryForm form;
  State state = State::Ended;
  Stream stream = Stream::No;
  SocketAddress from;  // port 0: not known, or not sent yet
  bool probe = false;  // sent beside another, to learn of its target
};

/// One question on its way.
struct Fetch {
  enum class State : uint8_t {
    Free,
    Asking,
    Concluding,  // its waiters are being told
    Lingering,   // it is over, but for a probe that is still out
  };

  State state = State::Free;
  uint32_t generation = 0;  // of the slot
  uint32_t group = 0;       // in the TargetTable
  uint64_t hash = 0;
  uint32_t next = UINT32_MAX;  // with the same hash bucket
  uint32_t first_waiter = UINT32_MAX;
  uint32_t waiters = 0;

  TargetQuery query;
  uint64_t began_us = 0;
  uint64_t deadline_us = 0;
  std::array<Attempt, kMaxAttempts> attempts;
  uint8_t attempt_count = 0;
  uint8_t current = 0;  // the attempt whose time runs

  // By place in the group.
  std::array<uint8_t, TargetGroup::kMaxTargets> tries{};
  uint8_t declined = 0;      // a bit for each that said no, or cannot be reached
  uint8_t refused_edns = 0;  // a bit for each

  bool unreachable = false;  // one of them could not be reached, or sent no sound response
  bool has_rcode = false;    // one of them declined with an rcode
  dns::Rcode rcode = dns::Rcode::ServFail;
  uint8_t rcode_place = 0;
  std::optional<uint16_t> ede;

  [[nodiscard]] static uint8_t bit(size_t place) noexcept {
    return static_cast<uint8_t>(1U << place);
  }
  [[nodiscard]] Attempt& current_attempt() noexcept { return attempts[current]; }
};

/// Who waits for a fetch.
struct Waiter {
  class ForwardOwner* owner = nullptr;  // null: the place is free
  uint64_t token = 0;
  uint32_t fetch = 0;
  uint32_t generation = 0;
  uint32_t previous = UINT32_MAX;
  uint32_t next = UINT32_MAX;
};

}  // namespace inlet53::forward
