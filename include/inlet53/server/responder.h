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

/// How and when a message came. Lifetime: of the call.
struct Arrival {
  const resolver::EndpointAddress& address;  // that the message was sent to
  record::Transport transport = record::Transport::Udp;
  Now now;
};

/// The result of one message.
struct Reply {
  uint32_t size = 0;        // of the response, which replaces the query; 0: there is none (yet)
  bool over_limit = false;  // the query is over a limit and gets no response
  /// ToAnswer: the query waits; another call answers it. ToRefresh: it is answered, and the cache
  /// needs a new answer to `question`.
  resolver::Asks asks = resolver::Asks::Nothing;
  /// Null: `asks` is Nothing. Lifetime: until the next call of the responder.
  const resolver::ForwardQuestion* question = nullptr;
};

/// The answers and failures that a waiting query has got from targets. Lifetime: of the call.
struct Resumption {
  std::span<const resolver::ReceivedAnswer> received;
  std::span<const resolver::FailedQuestion> failed;
};

/// Answers one message at a time, for all transports:
///
///   parse_query → EdnsResponder::answer → decide → compose → write_record
///
/// Each step returns a value that the next one gets. It owns no socket and reads no clock.
/// Threads: its worker's. Cost of `answer`: no allocation and no lock; no system call but those of
/// LogAppender, when the query log runs out of buffers.
class Responder {
 public:
  /// Settings that no query changes.
  struct Options {
    settings::DnsDaemon settings;
    CookieSecrets cookie_secrets;         // the same for all workers
    std::shared_ptr<QueryLimits> limits;  // null: there are none
  };

  /// `log` may be null: no query log; `cache` too: nothing is forwarded.
  /// Lifetime: all of them outlive this.
  Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
            WorkerCounts& counts);

  /// Answers the message of `received` octets at the start of `buffer`, sent by `source`.
  /// A query over a limit gets no response and leaves no record. So does a query over UDP whose
  /// source the security groups do not admit.
  /// `resumed`: what was received for a query that waited. Its message is given again, it is
  /// decided again, and it may have to wait again. Requires: `buffer` has room for the largest
  /// response of the transport: 4096 octets over UDP, 65535 otherwise.
  Reply answer(const Arrival& how, const SocketAddress& source, MutableBytes buffer,
               size_t received, const Resumption* resumed = nullptr) noexcept;

 private:
  [[nodiscard]] bool is_over_limit(Arrival how, IpAddress client) noexcept;
  [[nodiscard]] resolver::Decision decide(const Arrival& how, const dns::QueryView& query,
                                          const zone::NameKey& name,
                                          const Resumption* resumed) noexcept;
  /// Answers a faulty query with a response without records.
  Reply answer_fault(Arrival how, SocketAddress source, const dns::QueryView& query,
                     const zone::NameKey& name, dns::QueryVerdict verdict, OptionAnswer options,
                     MutableBytes buffer) noexcept;
  /// Answers with what targets have said, or returns the question for them.
  Reply answer_forwarded(Arrival how, SocketAddress source, const dns::QueryView& query,
                         const zone::NameKey& name, const resolver::Decision& decision,
                         OptionAnswer options, MutableBytes buffer, bool resumed) noexcept;
  struct Composed {
    size_t size = 0;
    size_t answers = 0;  // RRsets of the answer section that fitted
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
  /// Counts the response and pads it where the options say so; returns its size.
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
  /// Count the queries of each type: clients ask for A, AAAA and HTTPS in turn, so that one count
  /// for all would give each type the same first record again and again.
  std::array<uint16_t, 128> rotations_{};
};

}  // namespace inlet53::server
