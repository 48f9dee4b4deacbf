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

/// Endpoint IP address, transport and time of a received message. Lifetime: of the call.
struct Arrival {
  const resolver::EndpointAddress& address;
  record::Transport transport = record::Transport::Udp;
  Now now;
};

/// The result for one message.
struct Reply {
  uint32_t size = 0;        // of the response in the buffer; 0: there is no response (yet)
  bool over_limit = false;  // the query is over a limit and gets no response
  /// ToAnswer: the query waits; another call answers it. ToRefresh: the query is answered, and the
  /// cache needs a new answer to `question`.
  resolver::FetchFor fetch_for = resolver::FetchFor::Nothing;
  /// Null: `fetch_for` is Nothing. Lifetime: until the next call of the responder.
  const resolver::ForwardQuestion* question = nullptr;
};

/// Answers and failures that a waiting query has received from targets. Lifetime: of the call.
struct Resumption {
  std::span<const resolver::ReceivedAnswer> received;
  std::span<const resolver::FailedQuestion> failed;
};

/// Answers one message at a time, for all transports:
///
///   parse_query → EdnsResponder::answer → decide → compose → write_record
///
/// Each step passes its result to the next one as a value. The class has no socket and no clock.
/// Threads: the worker's. Cost of `answer`: no allocation and no lock; system calls only by
/// LogAppender, if the query log has no free buffer.
class Responder {
 public:
  /// Immutable settings of the responder.
  struct Options {
    settings::DnsDaemon settings;
    CookieSecrets cookie_secrets;         // the same for all workers
    std::shared_ptr<QueryLimits> limits;  // null: no limits
  };

  /// `log`: null: no query log. `cache`: null: nothing is forwarded.
  /// Lifetime: `log`, `cache` and `counts` outlive this object.
  Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
            WorkerCounts& counts);

  /// Answers the message of `received` bytes at the start of `buffer`, which `source` sent. The
  /// response replaces the message. A query over a limit gets no response and no record; neither
  /// does a UDP query whose source the security groups do not admit.
  /// `resumed`: the results for a waiting query, which the caller passes again with its message.
  /// The query is decided again and may have to wait again. Requires: `buffer` has room for the
  /// largest response of the transport: 4096 bytes over UDP, 65535 otherwise.
  Reply answer(const Arrival& how, const SocketAddress& source, MutableBytes buffer,
               size_t received, const Resumption* resumed = nullptr) noexcept;

 private:
  [[nodiscard]] bool is_over_limit(Arrival how, IpAddress client) noexcept;
  [[nodiscard]] resolver::Decision decide(const Arrival& how, const dns::QueryView& query,
                                          const zone::NameKey& name,
                                          const Resumption* resumed) noexcept;
  /// Answers an invalid query with a response without records.
  Reply answer_fault(Arrival how, SocketAddress source, const dns::QueryView& query,
                     const zone::NameKey& name, dns::QueryVerdict verdict, OptionAnswer options,
                     MutableBytes buffer) noexcept;
  /// Answers with records from targets, or returns the question to forward.
  Reply answer_forwarded(Arrival how, SocketAddress source, const dns::QueryView& query,
                         const zone::NameKey& name, const resolver::Decision& decision,
                         OptionAnswer options, MutableBytes buffer, bool resumed) noexcept;
  struct Composed {
    size_t size = 0;
    size_t answers = 0;  // RRsets in the answer section
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
  /// Counts the response, pads it if `options` require it, and returns its size.
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
  /// Query counters by type, which rotate the records of an answer. Clients query A, AAAA and HTTPS
  /// in turn, so that with one counter each type would always get the same first record.
  std::array<uint16_t, 128> rotations_{};
};

}  // namespace inlet53::server
