#include "inlet53/http/https_connections.h"

#include <utility>
#include <vector>

#include "https_connection.h"

#include "inlet53/base/check.h"

namespace inlet53::http {

HttpsConnections::HttpsConnections(const HttpsOptions& options) : options_(options) {}
HttpsConnections::~HttpsConnections() = default;

void HttpsConnections::open(net::TcpConnection& tcp, const net::TlsServerContext& tls,
                            RequestTaker& taker) {
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<HttpsConnection>(id, tcp, tls, options_, taker, counts_);
  by_id_.emplace(id, connection.get());
  by_tcp_.emplace(&tcp, Entry{id, std::move(connection)});
  ++counts_.connections;
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
