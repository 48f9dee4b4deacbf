// SPDX-License-Identifier: Apache-2.0
#include "target_connection.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "inlet53/dns/types.h"

namespace inlet53::forward {

namespace {

// Size of the length prefix of a message. Source: RFC 1035 §4.2.2.
constexpr size_t kPrefix = 2;

}  // namespace

TargetConnection::TargetConnection(net::Loop& loop, const Target& target, const Options& options,
                                   RandomOctets& random, TargetConnectionOwner& owner)
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

}  // namespace inlet53::forward
