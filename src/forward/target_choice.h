#pragma once

#include <cstdint>
#include <optional>

#include "fetch.h"
#include "target_table.h"

#include "inlet53/base/random_octets.h"

namespace inlet53::forward {

/// Which target a fetch asks next.
struct TargetChoice {
  std::optional<size_t> place;  // in the group; absent: none
  bool busy = false;            // some were passed over only because too much waits for them
};

/// Chooses among those that have not declined: the one that was asked least for this fetch, then
/// the one that is expected to be fastest; those that are within a quarter and a millisecond of it
/// are chosen at random. A dead one is chosen only when there is no other, and when a probe is due.
/// When some have declined, each of the others gets no more than two queries: the answer is known
/// to be none, unless one of them knows better. `limit`: attempts that may wait for one target.
[[nodiscard]] TargetChoice choose_target(const Fetch& fetch, TargetTable& targets, uint32_t limit,
                                         uint64_t now, RandomOctets& random);

/// Chooses one that should be probed beside the target at `chosen`; absent when there is none.
[[nodiscard]] std::optional<size_t> choose_probe(const Fetch& fetch, TargetTable& targets,
                                                 size_t chosen, uint64_t now);

}  // namespace inlet53::forward
