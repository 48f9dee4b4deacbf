#pragma once

#include <cstddef>
#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/pipeline.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// Answers one message at a time, whatever transport brought it: parse, decide, compose in the
/// message's own buffer, record. Every transport comes through here, so that one check serves all.
///
/// It is not a socket owner and reads no clock: `begin_batch` tells it the time.
/// Threads: its worker's. Cost of `answer`: no allocation, no lock, no system call.
class Responder {
 public:
  /// `log` may be null: no query log. Lifetime: `log` and `counts` outlive this.
  Responder(const settings::Server& settings, querylog::LogAppender* log, WorkerCounts& counts);

  /// The next messages were sent to `address`, and their records bear the time of `now`.
  /// Lifetime: `address` until the next call or the last message.
  void begin_batch(const resolver::EndpointAddress& address, Now now) noexcept;

  /// Answers the message of `received` octets at the start of `buffer`, sent by `source`, and
  /// returns the response's size, which stands in its place; 0: no response.
  /// Over UDP, a source that the security groups do not admit gets none and leaves no record.
  /// Requires: `buffer` has room for the most that the transport may send back: 4096 octets over
  /// UDP, 65535 else. begin_batch was called.
  size_t answer(const SocketAddress& source, record::Transport transport, MutableBytes buffer,
                size_t received) noexcept;

 private:
  /// The answer that a decision asks for; sets how many of its RRsets fitted.
  size_t compose(const dns::QueryView& query, MutableBytes buffer, size_t limit,
                 size_t& answers_sent) noexcept;
  size_t compose_failure(const dns::QueryView& query, dns::QueryVerdict verdict,
                         MutableBytes buffer) noexcept;
  [[nodiscard]] size_t response_limit(const dns::QueryView& query,
                                      record::Transport transport) const noexcept;
  void write_record(const SocketAddress& source, record::Transport transport,
                    const dns::QueryView& query, size_t answers_sent) noexcept;

  const uint16_t udp_size_;
  querylog::LogAppender* const log_;
  WorkerCounts& counts_;
  const resolver::EndpointAddress* address_ = nullptr;
  UtcSecond timestamp_;
  record::RecordWriter records_;
  resolver::Scratch scratch_;
  resolver::Decision decision_;
};

}  // namespace inlet53::server
