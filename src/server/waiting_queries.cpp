// SPDX-License-Identifier: Apache-2.0
#include "waiting_queries.h"

#include <cstring>

#include "inlet53/server/query_limits.h"

namespace inlet53::server {

namespace {

constexpr size_t kKeptCapacity = 512;  // bytes

size_t size_of(const cache::CachedRRset& rrset) noexcept {
  return rrset.owner.size() + rrset.wire.records.size();
}

Bytes append(Bytes octets, uint8_t*& at) noexcept {
  std::memcpy(at, octets.data(), octets.size());
  const Bytes copy{at, octets.size()};
  at += octets.size();
  return copy;
}

dns::NameView append(dns::NameView name, uint8_t*& at) noexcept {
  return dns::NameView::from_checked(append(name.bytes(), at).data(), name.size());
}

// Copies no text: the query log renders records without text.
cache::CachedRRset append(const cache::CachedRRset& rrset, uint8_t*& at) noexcept {
  cache::CachedRRset copied;
  copied.owner = append(rrset.owner, at);
  copied.wire = {rrset.wire.type, rrset.wire.count, append(rrset.wire.records, at)};
  return copied;
}

}  // namespace

size_t KeptAnswer::octets_of(const resolver::ForwardQuestion& question,
                             const cache::ReceivedResponse& response) noexcept {
  size_t octets = sizeof(KeptAnswer) + question.qname.size();
  for (const cache::CachedRRset& rrset : response.answers) octets += size_of(rrset) + sizeof rrset;
  if (response.authority != nullptr) {
    octets += size_of(*response.authority) + sizeof *response.authority;
  }
  return octets;
}

KeptAnswer::KeptAnswer(const resolver::ForwardQuestion& question,
                       const cache::ReceivedResponse& response)
    : question_(question), response_(response) {
  size_t size = question.qname.size();
  for (const cache::CachedRRset& rrset : response.answers) size += size_of(rrset);
  if (response.authority != nullptr) size += size_of(*response.authority);
  octets_ = std::make_unique<uint8_t[]>(size);
  uint8_t* at = octets_.get();
  question_.qname = append(question.qname, at);
  answers_.reserve(response.answers.size());
  for (const cache::CachedRRset& rrset : response.answers) answers_.push_back(append(rrset, at));
  response_.answers = answers_;
  if (response.authority == nullptr) return;
  authority_ = std::make_unique<cache::CachedRRset>(append(*response.authority, at));
  response_.authority = authority_.get();
}

resolver::ReceivedAnswer KeptAnswer::view() const noexcept { return {question_, response_}; }

WaitingQuery& WaitingQueries::acquire_slot() {
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
  WaitingQuery& query = acquire_slot();
  query.to = to;
  query.client = client_network(to.source.address);
  query.message.assign(message.begin(), message.end());
  query.arrived = now.wall_seconds;
  drop_answered();
  deadlines_.push_back({query.token(), now.monotonic_ms + timeout_ms_});
  return query;
}

WaitingQuery& WaitingQueries::add_refresh() {
  WaitingQuery& query = acquire_slot();
  query.to = {};
  query.client = {};
  return query;
}

void WaitingQueries::release(WaitingQuery& query) {
  query.to = {};
  // Frees the buffer of a long message; few messages are long.
  if (query.message.capacity() > kKeptCapacity) std::vector<uint8_t>().swap(query.message);
  query.kept.clear();
  query.failed.clear();
  queries_.release(query.index);
}

WaitingQuery* WaitingQueries::find(uint64_t token) noexcept {
  WaitingQuery* const query = queries_.find(static_cast<uint32_t>(token));
  return query != nullptr && query->token() == token ? query : nullptr;
}

// Removes deadlines of queries that were answered before their timeout.
void WaitingQueries::drop_answered() {
  while (!deadlines_.empty() && find(deadlines_.front().token) == nullptr) deadlines_.pop_front();
}

WaitingQuery* WaitingQueries::pop_expired(uint64_t now_ms) {
  drop_answered();
  if (deadlines_.empty() || deadlines_.front().at_ms > now_ms) return nullptr;
  WaitingQuery* const query = find(deadlines_.front().token);
  deadlines_.pop_front();
  return query;
}

std::optional<uint64_t> WaitingQueries::next_expiry_ms() {
  drop_answered();
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.front().at_ms;
}

}  // namespace inlet53::server
