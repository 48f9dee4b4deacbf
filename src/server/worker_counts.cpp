// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/worker_counts.h"

#include "inlet53/base/text.h"

namespace inlet53::server {

namespace {

struct Described {
  std::string_view name;
  std::string_view text;
};

constexpr std::array<Described, kForwardRefusals> kDescribed{{
    {"queries_full", "too many queries wait for targets"},
    {"memory_full", "the queries that wait for targets use too much memory"},
    {"client_limit", "too many queries of this client wait for targets"},
    {"client_share", "this client uses its share of the queries that may wait for targets"},
    {"client_memory", "this client uses its share of the memory of queries that wait for targets"},
    {"client_questions", "this client uses its share of the questions that may wait for targets"},
    {"client_at_targets", "this client uses its share of the places at the targets of the rule"},
    {"question_full", "too many queries wait for the answer to this question"},
    {"questions_full", "too many questions wait for targets"},
    {"targets_full", "too many questions wait for the targets of the rule"},
    {"too_many_questions", "this query needs too many questions to targets"},
    {"not_sent", ""},
}};

}  // namespace

std::string_view name_of(ForwardRefusal refusal) noexcept {
  return kDescribed[static_cast<size_t>(refusal)].name;
}

std::string_view text_of(ForwardRefusal refusal) noexcept {
  return kDescribed[static_cast<size_t>(refusal)].text;
}

void CountTotals::add(const WorkerCounts& counts) {
  udp_queries += counts.udp_queries.get();
  tcp_queries += counts.tcp_queries.get();
  dot_queries += counts.dot_queries.get();
  doh_queries += counts.doh_queries.get();
  denied += counts.denied.get();
  limited += counts.limited.get();
  dropped += counts.dropped.get();
  truncated += counts.truncated.get();
  for (size_t i = 0; i < responses.size(); ++i) responses[i] += counts.responses[i].get();
  tcp_connections += counts.tcp_connections.get();
  dot_connections += counts.dot_connections.get();
  doh_connections += counts.doh_connections.get();
  tls_handshakes += counts.tls_handshakes.get();
  tls_resumed += counts.tls_resumed.get();
  tls_handshakes_failed += counts.tls_handshakes_failed.get();
  tcp_refused += counts.tcp_refused.get();
  datagrams_unsent += counts.datagrams_unsent.get();
  udp_groups += counts.udp_groups.get();
  cache_hits += counts.cache_hits.get();
  forwarded += counts.forwarded.get();
  forward_failed += counts.forward_failed.get();
  for (size_t i = 0; i < forward_refused.size(); ++i) {
    forward_refused[i] += counts.forward_refused[i].get();
  }
}

std::string CountTotals::to_text() const {
  std::string out = concat(
      "udp_queries=", udp_queries, " tcp_queries=", tcp_queries, " dot_queries=", dot_queries,
      " doh_queries=", doh_queries, " denied=", denied, " limited=", limited, " dropped=", dropped,
      " truncated=", truncated, " unsent=", datagrams_unsent, " udp_groups=", udp_groups,
      " tcp_connections=", tcp_connections, " dot_connections=", dot_connections,
      " doh_connections=", doh_connections, " tcp_refused=", tcp_refused,
      " tls_handshakes=", tls_handshakes, " tls_resumed=", tls_resumed,
      " tls_handshakes_failed=", tls_handshakes_failed, " forwarded=", forwarded,
      " forward_failed=", forward_failed, " cache_hits=", cache_hits);
  for (size_t i = 0; i < forward_refused.size(); ++i) {
    if (forward_refused[i] == 0) continue;
    out += concat(" forward_", name_of(static_cast<ForwardRefusal>(i)), "=", forward_refused[i]);
  }
  for (size_t i = 0; i < responses.size(); ++i) {
    if (responses[i] == 0) continue;
    const std::string_view rcode = i == 15 ? "OTHER" : dns::rcode_text(static_cast<dns::Rcode>(i));
    out += concat(" ", rcode, "=", responses[i]);
  }
  return out;
}

}  // namespace inlet53::server
