#include "inlet53/http/https_connections.h"

#include <utility>
#include <vector>

#include "https_connection.h"

#include "inlet53/base/check.h"

namespace inlet53::http {

namespace {

// How often bodies that have waited for too long are looked for.
constexpr uint64_t kOverdueMs = 250;

}  // namespace

HeadDecision RequestTaker::head_received(RequestId, const RequestOrigin&, Request&) {
  return BodyUse::Keep;
}
void RequestTaker::request_abandoned(RequestId) {}

HttpsConnections::HttpsConnections(net::Loop& loop, const HttpsOptions& options, BodyBudget& budget)
    : options_(options),
      budget_(budget),
      shared_{.loop = loop, .options = options_, .next_turn = &next_turn_},
      turn_end_(loop, [this] { grant_room(); }),
      next_turn_(loop, [this] { go_on(); }),
      overdue_(loop, [this] { budget_.deny_overdue(shared_.loop.now_ms()); }) {
  budget_.set_wake([this] { watch_waiters(); });
}
HttpsConnections::~HttpsConnections() { budget_.set_wake({}); }

void HttpsConnections::open(net::TcpConnection& tcp, const net::TlsServerContext& tls,
                            RequestTaker& taker) {
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<HttpsConnection>(id, tcp, tls, shared_, taker,
                                                      budget_.open(tcp.peer().address));
  by_id_.emplace(id, connection.get());
  by_tcp_.emplace(&tcp, Entry{id, std::move(connection)});
  ++shared_.counts.connections;
}

void HttpsConnections::respond(RequestId id, Response&& response) {
  const auto found = by_id_.find(id.connection);
  if (found != by_id_.end()) found->second->respond(id.stream, std::move(response));
}

void HttpsConnections::drain() {
  // A connection may end at once, and leave the table.
  std::vector<uint64_t> ids;
  ids.reserve(by_id_.size());
  for (const auto& [id, connection] : by_id_) ids.push_back(id);
  for (const uint64_t id : ids) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) found->second->drain();
  }
}

void HttpsConnections::watch_waiters() {
  turn_end_.ask();
  if (!overdue_.active()) overdue_.start(kOverdueMs, kOverdueMs);
}

void HttpsConnections::grant_room() {
  budget_.grant();
  if (!budget_.has_waiters()) overdue_.stop();
}

// Each connection with work left does another part of it.
void HttpsConnections::go_on() {
  const std::vector<uint64_t> unfinished = std::exchange(shared_.unfinished, {});
  for (const uint64_t id : unfinished) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) found->second->go_on();
  }
  if (shared_.unfinished.empty()) next_turn_.stop();
}

HttpsConnection& HttpsConnections::connection_of(net::TcpConnection& tcp) {
  const auto found = by_tcp_.find(&tcp);
  INLET53_CHECK(found != by_tcp_.end());
  return *found->second.connection;
}

size_t HttpsConnections::received(net::TcpConnection& tcp, Bytes stream) {
  return connection_of(tcp).received(stream);
}

bool HttpsConnections::owes_responses(net::TcpConnection& tcp) {
  return connection_of(tcp).peer_finished();
}

void HttpsConnections::caught_up(net::TcpConnection& tcp) { connection_of(tcp).caught_up(); }

bool HttpsConnections::timed_out(net::TcpConnection& tcp) {
  connection_of(tcp).timed_out();
  return true;
}

void HttpsConnections::closed(net::TcpConnection& tcp) {
  const auto found = by_tcp_.find(&tcp);
  INLET53_CHECK(found != by_tcp_.end());
  by_id_.erase(found->second.id);
  found->second.connection->closed();
  by_tcp_.erase(found);
}

}  // namespace inlet53::http
