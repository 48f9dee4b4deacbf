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

/// The service of a socket, which takes the responses to queries that waited.
class Replier {
 public:
  /// Returns the endpoint address of the socket in the current state. Lifetime: until a reload.
  [[nodiscard]] virtual const resolver::EndpointAddress& address() const noexcept = 0;
  /// Sends the response to a query that waited; empty: there is none.
  virtual void reply(const ReplyTo& to, Bytes response) = 0;

 protected:
  ~Replier() = default;
};

/// The place that the response to a waiting query goes to.
struct ReplyTo {
  Replier* replier = nullptr;
  uint64_t connection = 0;  // the replier's own number; 0: it has none
  SocketAddress source;
  record::Transport transport = record::Transport::Udp;
  uint32_t stream = 0;  // of the connection, where it has several
};

/// Keeps queries that wait for the targets of rules: the interface that services use.
class QueryForwarder {
 public:
  /// Keeps the query `message` and asks `question`, which `Responder::answer` returned.
  /// `to.replier` gets the response later, or within this call when the query cannot wait.
  virtual void begin(const ReplyTo& to, Bytes message,
                     const resolver::ForwardQuestion& question) = 0;
  /// Asks `question` to renew the cache.
  virtual void refresh(const resolver::ForwardQuestion& question) = 0;
  /// Drops the queries of `replier`, which takes no more responses.
  virtual void forget(const Replier& replier) = 0;

 protected:
  ~QueryForwarder() = default;
};

}  // namespace inlet53::server
