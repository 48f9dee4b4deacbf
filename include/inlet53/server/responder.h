// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "inlet53/base/bytes.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/dns/response_writer.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/chaos_answers.h"
#include "inlet53/server/edns_responder.h"
#include "inlet53/server/query_limits.h"
#include "inlet53/server/server_cookies.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// Endpoint IP address that received a message, its transport, and the time. Lifetime: of the call.
struct Arrival {
  const resolver::EndpointAddress& address;
  record::Transport transport = record::Transport::Udp;
  Now now;
};

/// Result of `Responder::answer`.
struct Reply {
  uint32_t size = 0;        // bytes of the response in the buffer; 0: no response, or none yet
  bool over_limit = false;  // the query is over a limit and gets no DNS response
  /// Answer: the query has no response yet; it waits, and another call answers it. Refresh: the
  /// query has a response, and `question` is forwarded to refresh the cache.
  resolver::FetchFor fetch_for = resolver::FetchFor::Nothing;
  /// Question for the targets; null if `fetch_for` is Nothing. Lifetime: until the next call of the
  /// responder.
  const resolver::ForwardQuestion* question = nullptr;
};

/// Responses of targets and failed questions of a waiting query. Lifetime: of the call.
struct Resumption {
  std::span<const resolver::ReceivedAnswer> received;
  std::span<const resolver::FailedQuestion> failed;
};

/// Answers one message at a time, for all transports:
///
///   parse_query → EdnsResponder::answer → decide → compose → write_record
///
/// Each step is one call; later steps use the results of earlier ones. The class has no socket and
/// no clock. Threads: the worker's. Cost of `answer`: no allocation and no lock; a system call only
/// to wake the writer thread of the query log, or to wait for it.
class Responder {
 public:
  /// Immutable settings of the responder.
  struct Options {
    settings::DnsDaemon settings;
    CookieSecrets cookie_secrets;         // the same for all workers
    std::shared_ptr<QueryLimits> limits;  // null: no limits
  };

  /// `log`: null: there is no query log. `cache`: null: nothing is cached.
  /// Lifetime: `log`, `cache` and `counts` outlive this object.
  Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
            WorkerCounts& counts);

  /// Answers a message from `source`, which has `received` bytes at the start of `buffer`. The
  /// response replaces the message. A query over a limit gets no DNS response and no record;
  /// neither does a UDP query whose source the security groups do not admit.
  /// `resumed`: for a waiting query, what it has received; null for a new query. The caller passes
  /// the message again. The query is decided from the start, and may have to wait again.
  /// Requires: `buffer` has room for the largest response of the transport: 4096 bytes over UDP,
  /// 65535 bytes otherwise.
  Reply answer(const Arrival& how, const SocketAddress& source, MutableBytes buffer,
               size_t received, const Resumption* resumed = nullptr) noexcept;

 private:
  [[nodiscard]] bool is_over_limit(Arrival how, IpAddress client) noexcept;
  [[nodiscard]] resolver::Decision decide(const Arrival& how, const dns::QueryView& query,
                                          const zone::NameKey& name,
                                          const Resumption* resumed) noexcept;
  /// Answers a query that is invalid, or that its options end, with a response without records.
  Reply answer_fault(Arrival how, SocketAddress source, const dns::QueryView& query,
                     const zone::NameKey& name, dns::QueryVerdict verdict, OptionAnswer options,
                     MutableBytes buffer) noexcept;
  /// Answers a query that a FORWARD rule covers, or returns the question for the targets.
  Reply answer_forwarded(Arrival how, SocketAddress source, const dns::QueryView& query,
                         const zone::NameKey& name, const resolver::Decision& decision,
                         OptionAnswer options, MutableBytes buffer, bool resumed) noexcept;
  struct Composed {
    size_t size = 0;
    size_t answers = 0;  // number of RRsets that fit in the answer section
  };
  [[nodiscard]] Composed compose(const dns::QueryView& query, const resolver::Decision& decision,
                                 Bytes options, MutableBytes buffer, size_t limit) noexcept;
  [[nodiscard]] Composed compose_aged(const dns::QueryView& query,
                                      const resolver::Decision& decision, Bytes options,
                                      MutableBytes buffer, size_t limit) noexcept;
  [[nodiscard]] size_t finish_message(dns::ResponseWriter& writer, const dns::QueryView& query,
                                      const resolver::Decision& decision) noexcept;
  [[nodiscard]] size_t response_limit(const dns::QueryView& query,
                                      record::Transport transport) const noexcept;
  /// Counts the response, pads it if `options.pads`, and returns its size.
  [[nodiscard]] uint32_t finish(record::Transport transport, dns::Rcode rcode, size_t size,
                                OptionAnswer options, MutableBytes buffer) noexcept;
  void write_record(const Arrival& how, const SocketAddress& source, const dns::QueryView& query,
                    const zone::NameKey& name, dns::Rcode rcode,
                    std::span<const record::AnswerRRset> answers,
                    std::string_view firewall_fields) noexcept;

  const uint16_t udp_size_;
  const bool unique_;
  const std::shared_ptr<QueryLimits> limits_;
  querylog::LogAppender* const log_;
  cache::Cache* const cache_;
  WorkerCounts& counts_;
  const EdnsResponder edns_;
  const ChaosAnswers chaos_;
  record::RecordWriter records_;
  resolver::Workspace room_;
  dns::OptionWriter option_room_;
  /// Counters of queries by type, which select the first record of an answer. Clients query A, AAAA
  /// and HTTPS in turn: with a single counter, each type would always get the same first record.
  std::array<uint16_t, 128> rotations_{};
};

}  // namespace inlet53::server
