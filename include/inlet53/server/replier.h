#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/pipeline.h"
#include "inlet53/resolver/state.h"

namespace inlet53::server {

struct ReplyTo;

/// Who brought a query, and takes its response when it has one: a socket's service.
class Replier {
 public:
  /// The address that the query came to, as it is now. Lifetime: until the next reload.
  [[nodiscard]] virtual const resolver::EndpointAddress& address() const noexcept = 0;
  /// The response to a query that waited; empty: there will be none.
  virtual void reply(const ReplyTo& to, Bytes response) = 0;

 protected:
  ~Replier() = default;
};

/// Where the response to a query that waits goes.
struct ReplyTo {
  Replier* replier = nullptr;
  uint64_t connection = 0;  // the replier's own number; 0: it has none
  SocketAddress source;
  record::Transport transport = record::Transport::Udp;
  uint32_t stream = 0;  // of the connection, where it has several
};

/// Who has queries wait for the targets of rules: what a socket's service knows of forwarding.
class QueryForwarder {
 public:
  /// Has a query wait: `message` is the query, `question` what `Responder::answer` asks for. It is
  /// answered by `to.replier`, within this call where it can't wait, or later.
  virtual void begin(const ReplyTo& to, Bytes message,
                     const resolver::ForwardQuestion& question) = 0;
  /// Asks for the cache only.
  virtual void refresh(const resolver::ForwardQuestion& question) = 0;
  /// Nobody is there any more to take responses.
  virtual void forget(const Replier& replier) = 0;

 protected:
  ~QueryForwarder() = default;
};

}  // namespace inlet53::server
