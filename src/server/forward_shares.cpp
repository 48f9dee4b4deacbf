// SPDX-License-Identifier: Apache-2.0
#include "forward_shares.h"

namespace inlet53::server {

std::optional<ForwardRefusal> ForwardShares::refuse_query(const IpAddress& client,
                                                          uint64_t message) const noexcept {
  const ClientShares::Use own = shares_.use_of(client, kQueries);
  const uint64_t octets = kQueryOctets + message;
  if (queries_ >= limits_.max_waiting) return ForwardRefusal::QueriesFull;
  if (octets_ + octets > limits_.max_waiting_octets) return ForwardRefusal::MemoryFull;
  if (own.count >= limits_.max_waiting_per_client) return ForwardRefusal::ClientLimit;
  if (!may_have_another(own.count, queries_, limits_.max_waiting)) {
    return ForwardRefusal::ClientShare;
  }
  if (!may_have_another(own.octets, octets_ + octets - 1, limits_.max_waiting_octets)) {
    return ForwardRefusal::ClientMemory;
  }
  return std::nullopt;
}

void ForwardShares::add_query(const IpAddress& client, uint64_t octets) {
  shares_.add(client, kQueries, octets);
  ++queries_;
  octets_ += octets;
}

void ForwardShares::remove_query(const IpAddress& client, uint64_t octets) {
  shares_.remove(client, kQueries, octets);
  --queries_;
  octets_ -= octets;
}

bool ForwardShares::grow_query(const IpAddress& client, uint64_t octets) {
  const uint64_t limit = limits_.max_waiting_octets;
  const ClientShares::Use own = shares_.use_of(client, kQueries);
  if (octets_ + octets > limit || !may_have_another(own.octets, octets_ + octets - 1, limit)) {
    return false;
  }
  shares_.grow(client, kQueries, octets);
  octets_ += octets;
  return true;
}

std::optional<ForwardRefusal> ForwardShares::refuse_question(const IpAddress& client,
                                                             uint32_t targets, const Places& places,
                                                             uint64_t questions) const noexcept {
  if (questions >= limits_.max_in_flight) return ForwardRefusal::QuestionsFull;
  if (places.used >= places.limit) return ForwardRefusal::TargetsFull;
  const uint64_t own = shares_.use_of(client, kQuestions).count;
  if (!may_have_another(own, questions, limits_.max_in_flight)) {
    return ForwardRefusal::ClientQuestions;
  }
  const uint64_t own_there = shares_.use_of(client, targets).count;
  if (!may_have_another(own_there, places.used, places.limit)) {
    return ForwardRefusal::ClientAtTargets;
  }
  return std::nullopt;
}

void ForwardShares::add_question(const IpAddress& client, uint32_t targets) {
  shares_.add(client, kQuestions);
  shares_.add(client, targets);
}

void ForwardShares::remove_question(const IpAddress& client, uint32_t targets) {
  shares_.remove(client, kQuestions);
  shares_.remove(client, targets);
}

}  // namespace inlet53::server
