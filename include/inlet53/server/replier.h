// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/state.h"

namespace inlet53::server {

struct ReplyTo;

/// Receives the responses to waiting queries; implemented by the services of sockets.
class Replier {
 public:
  /// Returns the endpoint address of the socket in the current state. Lifetime: until a reload.
  [[nodiscard]] virtual const resolver::EndpointAddress& address() const noexcept = 0;
  /// Sends the response to a waiting query. An empty response: the query gets none.
  virtual void reply(const ReplyTo& to, Bytes response) = 0;

 protected:
  ~Replier() = default;
};

/// Destination of the response to a waiting query.
struct ReplyTo {
  Replier* replier = nullptr;
  uint64_t connection = 0;  // number that the replier chose; 0: none
  SocketAddress source;
  record::Transport transport = record::Transport::Udp;
  uint32_t stream = 0;  // of an HTTP/2 connection
};

/// Forwards queries to the targets of rules; the interface for services.
class QueryForwarder {
 public:
  /// Stores the query `message` and forwards `question`, which `Responder::answer` returned.
  /// `to.replier` gets the response later, or within this call if the query cannot wait.
  virtual void enqueue(const ReplyTo& to, Bytes message,
                       const resolver::ForwardQuestion& question) = 0;
  /// Forwards `question` to refresh the cache.
  virtual void refresh(const resolver::ForwardQuestion& question) = 0;
  /// Drops the queries of `replier`. It gets no more responses.
  virtual void cancel(const Replier& replier) = 0;

 protected:
  ~QueryForwarder() = default;
};

}  // namespace inlet53::server
