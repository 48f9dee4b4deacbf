// SPDX-License-Identifier: Apache-2.0
#include "stream_exchange.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "inlet53/dns/types.h"

namespace inlet53::forward {

namespace {

// Size of the length prefix of a message. Source: RFC 1035 §4.2.2.
constexpr size_t kPrefix = 2;

constexpr uint64_t kSweepMs = 500;

}  // namespace

TargetConnection::TargetConnection(net::Loop& loop, const Target& target, const Options& options,
                                   RandomBytes& random, TargetConnectionOwner& owner)
    : loop_(loop),
      random_(random),
      owner_(owner),
      active_ms_(loop.now_ms()),
      transport_(loop, target.address.address.to_text(), target.address.port,
                 options.connect_timeout_ms, *this, options.source) {
  if (options.tls == nullptr) return;
  tls_.emplace(*options.tls, target.server_name, static_cast<net::TlsStreamOwner&>(*this));
  if (options.session != nullptr) tls_->offer(*options.session);
}

//--- Sending

void TargetConnection::add(StreamQuery query) {
  const auto has_id = [&](uint16_t id) {
    return std::ranges::count(queries_, id, &StreamQuery::id);
  };
  do {
    query.id = random_.u16();
  } while (has_id(query.id) > 0);
  query.since_ms = loop_.now_ms();
  store_be16(query.message.data(), query.id);
  uint8_t prefix[kPrefix];
  store_be16(prefix, static_cast<uint16_t>(query.message.size()));
  out_.insert(out_.end(), prefix, prefix + kPrefix);
  out_.insert(out_.end(), query.message.begin(), query.message.end());
  queries_.push_back(std::move(query));
}

// Sends everything in one write: a prefix alone would be a segment of its own (RFC 7766 §8).
void TargetConnection::flush() {
  if (!open_ || over_ || out_.empty()) return;
  active_ms_ = loop_.now_ms();
  tls_ ? tls_->send(out_) : transport_.send(out_);
  out_.clear();
}

void TargetConnection::close() { end(); }

//--- Time

bool TargetConnection::is_stuck(uint64_t limit_ms) const noexcept {
  const uint64_t now = loop_.now_ms();
  return std::ranges::any_of(queries_, [&](const StreamQuery& each) {
    return now - each.since_ms >= limit_ms && received_ms_ <= each.since_ms;
  });
}

std::vector<StreamQuery> TargetConnection::remove_older(uint64_t limit_ms) {
  const uint64_t now = loop_.now_ms();
  const auto old = std::partition(queries_.begin(), queries_.end(), [&](const StreamQuery& each) {
    return now - each.since_ms < limit_ms;
  });
  std::vector<StreamQuery> removed;
  std::move(old, queries_.end(), std::back_inserter(removed));
  queries_.erase(old, queries_.end());
  return removed;
}

//--- Events of the transport

void TargetConnection::connected() {
  local_ = transport_.local();
  if (tls_) return tls_->begin();
  open_ = true;
  flush();
}

void TargetConnection::received(Bytes octets) {
  active_ms_ = received_ms_ = loop_.now_ms();
  if (!tls_) {
    parse_stream(octets);
    return;
  }
  tls_->received(octets);
  if (over_) return;
  if (!open_ && tls_->state() == net::TlsStream::State::Open) {
    open_ = true;
    flush();
  }
  if (tls_->state() == net::TlsStream::State::Failed ||
      tls_->state() == net::TlsStream::State::Ended) {
    end();
  }
}

size_t TargetConnection::received_plaintext(Bytes stream) {
  parse_stream(stream);
  return stream.size();
}

void TargetConnection::ended(const std::string&) { end(); }

void TargetConnection::end() {
  if (std::exchange(over_, true)) return;
  // OpenSSL does not resume a session whose connection was not closed in order.
  if (tls_ && open_) tls_->end();
  owner_.connection_ended(*this);
}

//--- Messages

void TargetConnection::parse_stream(Bytes octets) {
  if (in_.empty()) {
    const size_t parsed = deliver_messages(octets);
    in_.assign(octets.begin() + static_cast<ptrdiff_t>(parsed), octets.end());
    return;
  }
  in_.insert(in_.end(), octets.begin(), octets.end());
  const size_t parsed = deliver_messages(in_);
  in_.erase(in_.begin(), in_.begin() + static_cast<ptrdiff_t>(parsed));
}

size_t TargetConnection::deliver_messages(Bytes octets) {
  size_t at = 0;
  while (!over_ && octets.size() - at >= kPrefix) {
    const size_t size = load_be16(&octets[at]);
    if (octets.size() - at - kPrefix < size) break;
    deliver(octets.subspan(at + kPrefix, size));
    at += kPrefix + size;
  }
  return at;
}

void TargetConnection::deliver(Bytes message) {
  if (message.size() < dns::kHeaderSize) return end();
  const auto found = std::ranges::find(queries_, load_be16(message.data()), &StreamQuery::id);
  if (found == queries_.end()) return;
  const uint64_t token = found->token;
  *found = std::move(queries_.back());
  queries_.pop_back();
  proven_ = true;
  owner_.message_received(token, message, local_);
}

StreamExchange::StreamExchange(net::Loop& loop, const Options& options, StreamExchangeOwner& owner)
    : loop_(loop),
      options_(options),
      owner_(owner),
      turn_end_(loop, [this] { end_turn(); }),
      sweeper_(loop, [this] { sweep(); }) {}

void StreamExchange::add_target(uint32_t target, const Target& address,
                                const std::vector<IpAddress>& sources) {
  if (target >= places_.size()) places_.resize(target + 1);
  Place& place = places_[target];
  place.target = address;
  place.sources = sources;
  const IpFamily family = address.address.address.family();
  std::erase_if(place.sources, [&](const IpAddress& each) { return each.family() != family; });
}

void StreamExchange::remove_target(uint32_t target) {
  Place& place = places_[target];
  // One of the connections may be the caller.
  std::ranges::move(place.connections, std::back_inserter(removed_));
  place = Place{};
  turn_end_.request();
}

//--- Sending

void StreamExchange::send(uint32_t target, Bytes query, uint64_t token) {
  send(places_[target], {.token = token, .message = {query.begin(), query.end()}});
}

void StreamExchange::send(Place& place, StreamQuery query) {
  TargetConnection* connection = connection_for(place);
  if (connection == nullptr) return fail(query.token);
  connection->add(std::move(query));
  turn_end_.request();
}

TargetConnection* StreamExchange::connection_for(Place& place) {
  const bool dot = place.target->protocol == TargetProtocol::DoT;
  if (dot && options_.tls == nullptr) return nullptr;
  TargetConnection* least = nullptr;
  size_t alive = 0;
  for (const auto& each : place.connections) {
    if (each->over() || each->retired()) continue;
    ++alive;
    if (least == nullptr || each->waiting() < least->waiting()) least = each.get();
  }
  if (least != nullptr && (least->waiting() < kPipelined || alive == kMaxConnections)) {
    return least->waiting() < kMaxWaiting ? least : nullptr;
  }
  TargetConnection::Options options;
  options.tls = dot ? options_.tls : nullptr;
  options.session = dot ? &place.session : nullptr;
  options.connect_timeout_ms = options_.connect_timeout_ms;
  if (!place.sources.empty()) options.source = place.sources[random_.below(place.sources.size())];
  auto& as_owner = static_cast<TargetConnectionOwner&>(*this);
  place.connections.push_back(
      std::make_unique<TargetConnection>(loop_, *place.target, options, random_, as_owner));
  ++counts_.connections;
  if (!sweeper_.active()) sweeper_.start(kSweepMs, kSweepMs);
  return place.connections.back().get();
}

void StreamExchange::fail(uint64_t token) {
  failed_.push_back(token);
  turn_end_.request();
}

//--- Events of connections

void StreamExchange::message_received(uint64_t token, Bytes message, const SocketAddress& from) {
  owner_.received_on_stream(token, message, from);
}

void StreamExchange::connection_ended(TargetConnection& connection) {
  turn_end_.request();
  const auto has_it = [&](const Place& place) {
    return std::ranges::any_of(place.connections,
                               [&](const auto& each) { return each.get() == &connection; });
  };
  const auto place = std::ranges::find_if(places_, has_it);
  if (place == places_.end()) return;
  for (StreamQuery& query : std::exchange(connection.unanswered(), {})) {
    if (query.again || !connection.proven()) {
      fail(query.token);
      continue;
    }
    query.again = true;
    ++counts_.again;
    send(*place, std::move(query));
  }
}

//--- Turns and time

void StreamExchange::end_turn() {
  for (Place& place : places_) {
    remove_ended(place);
    // Uses an index: a connection may end while it is written to, and another may take over its
    // queries.
    for (size_t i = 0; i < place.connections.size(); ++i) place.connections[i]->flush();
  }
  removed_.clear();
  for (const uint64_t token : std::exchange(failed_, {})) owner_.stream_failed(token);
}

void StreamExchange::remove_ended(Place& place) {
  for (const auto& each : place.connections) {
    if (!each->over()) continue;
    if (net::TlsSession session = each->session(); !session.empty()) {
      place.session = std::move(session);
    }
    counts_.resumed += each->resumed() ? 1 : 0;
  }
  std::erase_if(place.connections, [](const auto& each) { return each->over(); });
}

void StreamExchange::sweep() {
  bool any = false;
  for (Place& place : places_) {
    any = any || !place.connections.empty();
    close_stuck(place);
    close_idle(place);
  }
  if (!any) sweeper_.stop();
}

// Finds all stuck connections before it closes one, so that no query moves to another stuck one.
// Queries whose time has ended are not sent again.
void StreamExchange::close_stuck(Place& place) {
  std::vector<TargetConnection*> stuck;
  for (const auto& each : place.connections) {
    if (each->over()) continue;
    if (each->is_stuck(options_.response_timeout_ms)) stuck.push_back(each.get());
    for (const StreamQuery& query : each->remove_older(options_.response_timeout_ms)) {
      fail(query.token);
    }
  }
  for (TargetConnection* each : stuck) each->retire();
  for (TargetConnection* each : stuck) each->close();
}

// Uses an index: connections that are opened meanwhile are not idle.
void StreamExchange::close_idle(Place& place) {
  const uint64_t now = loop_.now_ms();
  for (size_t i = 0, count = place.connections.size(); i < count; ++i) {
    TargetConnection& each = *place.connections[i];
    const bool idle = !each.over() && each.waiting() == 0;
    if (idle && now - each.active_ms() >= options_.idle_timeout_ms) each.close();
  }
}

}  // namespace inlet53::forward
