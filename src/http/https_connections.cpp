// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/https_connections.h"

#include <utility>
#include <vector>

#include "https_connection.h"

namespace inlet53::http {

namespace {

// Interval of the search for bodies that have waited too long.
constexpr uint64_t kOverdueMs = 250;

}  // namespace

HeadDecision RequestReceiver::head_received(RequestId, const RequestOrigin&, Request&) {
  return BodyUse::Keep;
}
void RequestReceiver::request_abandoned(RequestId) {}

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

std::unique_ptr<net::TcpClient> HttpsConnections::open(net::TcpConnection& tcp,
                                                       const net::TlsServerContext& tls,
                                                       RequestReceiver& receiver) {
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<HttpsConnection>(id, tcp, tls, shared_, receiver,
                                                      budget_.open(tcp.peer().address));
  shared_.open.emplace(id, connection.get());
  ++shared_.counts.connections;
  return connection;
}

HttpsConnection* HttpsConnections::find(uint64_t id) const {
  const auto found = shared_.open.find(id);
  return found == shared_.open.end() ? nullptr : found->second;
}

void HttpsConnections::respond(RequestId id, Response&& response) {
  if (HttpsConnection* const connection = find(id.connection)) {
    connection->respond(id.stream, std::move(response));
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

// Continues each connection that has work left.
void HttpsConnections::go_on() {
  const std::vector<uint64_t> unfinished = std::exchange(shared_.unfinished, {});
  for (const uint64_t id : unfinished) {
    if (HttpsConnection* const connection = find(id)) connection->go_on();
  }
  if (shared_.unfinished.empty()) next_turn_.stop();
}

}  // namespace inlet53::http
