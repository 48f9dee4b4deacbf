#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/dns/response_writer.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/pipeline.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/chaos_answers.h"
#include "inlet53/server/edns_responder.h"
#include "inlet53/server/query_limits.h"
#include "inlet53/server/server_cookies.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// What became of one message.
struct Reply {
  uint32_t size = 0;  // of the response, which stands in the query's place; 0: there is none (yet)
  /// `Responder::question` is to be asked: for the query, which waits and is answered by
  /// `Responder::answer` once more, or for the cache.
  resolver::Asks asks = resolver::Asks::Nothing;
  bool over_limit = false;  // there is none for that
};

/// What a query that waited has got. Lifetime: of the call.
struct Resumption {
  std::span<const resolver::ReceivedAnswer> received;  // what the cache did not keep
  std::span<const resolver::FailedQuestion> failed;
};

/// Answers one message at a time, whatever transport brought it: parse, decide, compose in the
/// message's own buffer, record. Every transport comes through here, so that one check serves all.
///
/// It is not a socket owner and reads no clock: `begin_batch` tells it the time.
/// Threads: its worker's. Cost of `answer`: no allocation, no lock, no system call.
class Responder {
 public:
  /// What it is told that no query changes.
  struct Options {
    settings::Server server;
    settings::Edns edns;
    uint32_t tcp_idle_timeout_ms = settings::Tcp{}.idle_timeout_ms;
    uint32_t tls_idle_timeout_ms = settings::Tls{}.idle_timeout_ms;
    CookieSecrets cookie_secrets;         // all workers' alike
    bool unique_records = false;          // no record of a query that the cache answered
    std::shared_ptr<QueryLimits> limits;  // null: there are none
  };

  /// `log` may be null: no query log; `cache` too: nothing is forwarded.
  /// Lifetime: all of them outlive this.
  Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
            WorkerCounts& counts);

  /// The next messages were sent to `address`, and their records bear the time of `now`.
  /// Lifetime: `address` until the next call or the last message.
  void begin_batch(const resolver::EndpointAddress& address, Now now) noexcept;

  /// Answers the message of `received` octets at the start of `buffer`, sent by `source`.
  /// Over UDP, a source that the security groups do not admit gets none and leaves no record; nor
  /// does a query over a limit, whatever its transport.
  /// Requires: `buffer` has room for the most that the transport may send back: 4096 octets over
  /// UDP, 65535 else. begin_batch was called.
  /// `resumed`: of a query that an earlier call had wait, what it has got; it is decided anew, and
  /// may have to wait again. Its message must be the same.
  [[gnu::flatten]] Reply answer(const SocketAddress& source, record::Transport transport,
                                MutableBytes buffer, size_t received,
                                const Resumption* resumed = nullptr) noexcept;

  /// The same of a datagram that has just come. For the worker's batch alone, which has it and all
  /// that it calls compiled into itself: calls of each step cost 120 instructions a query.
  [[gnu::hot]] Reply answer_datagram(const SocketAddress& source, MutableBytes buffer,
                                     size_t received) noexcept;

  /// What the last message asks for. Lifetime: until the responder is called again.
  [[nodiscard]] const resolver::ForwardQuestion& question() const noexcept {
    return decision_.question;
  }

 private:
  Reply answer_message(const SocketAddress& source, record::Transport transport,
                       MutableBytes buffer, size_t received, const Resumption* resumed) noexcept;
  /// The same of an answer that targets have a part in, with TTLs that have aged.
  [[gnu::noinline, gnu::cold]] size_t compose_forwarded(const dns::QueryView& query,
                                                        MutableBytes buffer, size_t limit,
                                                        size_t& answers_sent) noexcept;
  size_t finish(dns::ResponseWriter& writer, const dns::QueryView& query) noexcept;
  [[gnu::noinline, gnu::cold]] size_t pad(MutableBytes buffer, size_t size) const noexcept;
  [[gnu::noinline, gnu::cold]] bool take_cache_hit(bool resumed) noexcept;
  [[gnu::noinline, gnu::cold]] void lend(const Resumption& got) noexcept;
  /// The answer that a decision asks for; sets how many of its RRsets fitted.
  size_t compose(const dns::QueryView& query, MutableBytes buffer, size_t limit,
                 size_t& answers_sent) noexcept;
  /// A response without records, of what `decision_.rcode` says.
  [[gnu::noinline, gnu::cold]] size_t compose_empty(const dns::QueryView& query, bool truncated,
                                                    MutableBytes buffer) noexcept;
  /// The decision about a refused query of class CHAOS, if it is one that we answer.
  [[gnu::noinline, gnu::cold]] void decide_chaos(const dns::QueryView& query) noexcept;
  [[gnu::noinline, gnu::cold]] bool is_over_limit(const IpAddress& client) noexcept;
  [[gnu::noinline]] OptionVerdict judge_options(const dns::QueryView& query,
                                                dns::QueryVerdict verdict, const IpAddress& client,
                                                record::Transport transport) noexcept;
  [[nodiscard]] size_t response_limit(const dns::QueryView& query,
                                      record::Transport transport) const noexcept;
  void write_record(const SocketAddress& source, record::Transport transport,
                    const dns::QueryView& query, size_t answers_sent) noexcept;

  const uint16_t udp_size_;
  const bool unique_;
  const std::shared_ptr<QueryLimits> limits_;
  querylog::LogAppender* const log_;
  WorkerCounts& counts_;
  const resolver::EndpointAddress* address_ = nullptr;
  uint32_t now_seconds_ = 0;  // since 1970, modulo 2^32
  EdnsResponder edns_;
  const ChaosAnswers chaos_;
  UtcSecond timestamp_;
  record::RecordWriter records_;
  resolver::Scratch scratch_;
  resolver::Decision decision_;
};

}  // namespace inlet53::server
