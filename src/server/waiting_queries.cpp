// SPDX-License-Identifier: Apache-2.0
#include "waiting_queries.h"

#include "client_network.h"

namespace inlet53::server {

namespace {

constexpr size_t kKeptRoom = 512;  // bytes

}  // namespace

WaitingQuery& WaitingQueries::take_slot() {
  const uint32_t index = queries_.acquire();
  WaitingQuery& query = queries_[index];
  query.index = index;
  query.uses = queries_.uses(index);
  query.questions = 0;
  query.may_ask = true;
  query.refusal = {};
  query.octets = 0;
  query.targets.reset();
  return query;
}

WaitingQuery& WaitingQueries::add(const ReplyTo& to, Bytes message, Now now) {
  WaitingQuery& query = take_slot();
  query.to = to;
  query.client = client_network(to.source.address);
  query.message.assign(message.begin(), message.end());
  query.arrived = now.wall_seconds;
  forget_answered();
  deadlines_.push_back({query.token(), now.monotonic_ms + patience_ms_});
  return query;
}

WaitingQuery& WaitingQueries::add_refresh() {
  WaitingQuery& query = take_slot();
  query.to = {};
  query.client = {};
  return query;
}

void WaitingQueries::release(WaitingQuery& query) {
  query.to = {};
  // Frees the buffer of a long message; few messages are long.
  if (query.message.capacity() > kKeptRoom) std::vector<uint8_t>().swap(query.message);
  query.kept.clear();
  query.failed.clear();
  queries_.release(query.index);
}

WaitingQuery* WaitingQueries::find(uint64_t token) noexcept {
  WaitingQuery* const query = queries_.find(static_cast<uint32_t>(token));
  return query != nullptr && query->token() == token ? query : nullptr;
}

// Removes deadlines of queries that were answered before their timeout.
void WaitingQueries::forget_answered() {
  while (!deadlines_.empty() && find(deadlines_.front().token) == nullptr) deadlines_.pop_front();
}

WaitingQuery* WaitingQueries::take_expired(uint64_t now_ms) {
  forget_answered();
  if (deadlines_.empty() || deadlines_.front().at_ms > now_ms) return nullptr;
  WaitingQuery* const query = find(deadlines_.front().token);
  deadlines_.pop_front();
  return query;
}

std::optional<uint64_t> WaitingQueries::next_expiry_ms() {
  forget_answered();
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.front().at_ms;
}

}  // namespace inlet53::server
