#include "waiting_queries.h"

#include "client_network.h"

namespace inlet53::server {

namespace {

constexpr size_t kKeptRoom = 512;  // octets

}  // namespace

WaitingQuery& WaitingQueries::take_slot() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.push_back(std::make_unique<WaitingQuery>());
    slots_.back()->index = free_.back();
  }
  WaitingQuery& query = *slots_[free_.back()];
  free_.pop_back();
  ++query.uses;
  query.waits = true;
  query.questions = 0;
  query.may_ask = true;
  query.refusal = {};
  return query;
}

WaitingQuery& WaitingQueries::add(const ReplyTo& to, Bytes message, Now now) {
  WaitingQuery& query = take_slot();
  query.to = to;
  query.message.assign(message.begin(), message.end());
  query.arrived = now.wall_seconds;
  ++clients_[client_network(to.source.address)];
  forget_answered();
  deadlines_.push_back({query.token(), now.monotonic_ms + patience_ms_});
  return query;
}

WaitingQuery& WaitingQueries::add_refresh() {
  WaitingQuery& query = take_slot();
  query.to = {};
  return query;
}

void WaitingQueries::release(WaitingQuery& query) {
  if (query.to.replier != nullptr) {
    const auto client = clients_.find(client_network(query.to.source.address));
    if (--client->second == 0) clients_.erase(client);
  }
  query.waits = false;
  query.to = {};
  // Few queries are long, and a long one's room is not to be kept for ever.
  if (query.message.capacity() > kKeptRoom) std::vector<uint8_t>().swap(query.message);
  query.kept.clear();
  query.failed.clear();
  free_.push_back(query.index);
}

WaitingQuery* WaitingQueries::find(uint64_t token) noexcept {
  WaitingQuery& query = *slots_[static_cast<uint32_t>(token)];
  return query.waits && query.token() == token ? &query : nullptr;
}

uint32_t WaitingQueries::of_client(const IpAddress& client) const {
  const auto found = clients_.find(client_network(client));
  return found == clients_.end() ? 0 : found->second;
}

// Most are answered long before their time.
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
