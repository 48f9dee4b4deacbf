#include "inlet53/server/responder.h"

#include <algorithm>

#include "inlet53/dns/padding.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_writer.h"

namespace inlet53::server {

namespace {

using dns::QueryVerdict;
using dns::Rcode;
using dns::Section;
using record::Transport;

/// The rcode of a response without records.
Rcode rcode_of(QueryVerdict verdict, OptionVerdict options) noexcept {
  switch (verdict) {
    case QueryVerdict::NotImp:
      return Rcode::NotImp;
    case QueryVerdict::BadVers:
      return Rcode::BadVers;
    case QueryVerdict::Accept:
    case QueryVerdict::CookieOnly:
      if (options == OptionVerdict::BadCookie) return Rcode::BadCookie;
      return options == OptionVerdict::FormErr ? Rcode::FormErr : Rcode::NoError;
    case QueryVerdict::Drop:
    case QueryVerdict::FormErr:
      break;
  }
  return Rcode::FormErr;
}

}  // namespace

Responder::Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
                     WorkerCounts& counts)
    : udp_size_(static_cast<uint16_t>(options.server.edns_udp_size)),
      unique_(options.unique_records),
      limits_(options.limits),
      log_(log),
      counts_(counts),
      edns_(options.edns, options.tcp_idle_timeout_ms, options.tls_idle_timeout_ms,
            options.cookie_secrets),
      chaos_(options.server.version, options.server.identity) {
  scratch_.cache = cache;
}

void Responder::begin_batch(const resolver::EndpointAddress& address, Now now) noexcept {
  address_ = &address;
  scratch_.now_ms = now.monotonic_ms;
  now_seconds_ = static_cast<uint32_t>(now.wall_seconds);
  if (log_ == nullptr) return;
  timestamp_.set(now.wall_seconds);
  records_.begin_batch(address.fragments, timestamp_.text());
}

Reply Responder::answer(const SocketAddress& source, Transport transport, MutableBytes buffer,
                        size_t received, const Resumption* resumed) noexcept {
  return answer_message(source, transport, buffer, received, resumed);
}

Reply Responder::answer_datagram(const SocketAddress& source, MutableBytes buffer,
                                 size_t received) noexcept {
  return answer_message(source, Transport::Udp, buffer, received, nullptr);
}

[[gnu::always_inline]] inline Reply Responder::answer_message(const SocketAddress& source,
                                                              Transport transport,
                                                              MutableBytes buffer, size_t received,
                                                              const Resumption* resumed) noexcept {
  const resolver::EndpointAddress& address = *address_;
  if (transport == Transport::Udp && !address.udp_sources.contains(source.address)) {
    counts_.denied.add();
    return {};
  }
  if (limits_ != nullptr && resumed == nullptr && is_over_limit(source.address)) [[unlikely]] {
    return {.over_limit = true};
  }
  dns::QueryView query;
  const QueryVerdict verdict =
      dns::parse_query(buffer.first(received), query, scratch_.key.begin(address.zones->seed()));
  if (verdict == QueryVerdict::Drop) {
    counts_.dropped.add();
    return {};
  }
  if (resumed == nullptr) [[likely]] {
    counts_.queries(transport).add();
  }

  bool answers = verdict == QueryVerdict::Accept;
  OptionVerdict options = OptionVerdict::Answer;
  if (edns_.begin(query, transport)) [[unlikely]] {
    options = judge_options(query, verdict, source.address, transport);
    answers = answers && options == OptionVerdict::Answer;
  }

  size_t size = 0;
  size_t answers_sent = 0;
  bool recorded = log_ != nullptr;
  if (answers) [[likely]] {
    // What one query has got is nobody else's.
    if (resumed != nullptr) [[unlikely]]
      lend(*resumed);
    resolver::decide(address, query, scratch_, decision_);
    if (resumed != nullptr) [[unlikely]]
      lend({});
    if (query.qclass != static_cast<uint16_t>(dns::RRClass::IN)) [[unlikely]]
      decide_chaos(query);
    if (decision_.forwards) [[unlikely]] {
      if (decision_.asks == resolver::Asks::First) return {0, decision_.asks};
      size = compose_forwarded(query, buffer, response_limit(query, transport), answers_sent);
      if (take_cache_hit(resumed != nullptr)) recorded = false;
    } else {
      size = compose(query, buffer, response_limit(query, transport), answers_sent);
    }
  } else {
    decision_.rcode = rcode_of(verdict, options);
    decision_.answer_count = 0;
    decision_.firewall = {};
    decision_.asks = resolver::Asks::Nothing;
    size = compose_empty(query, options == OptionVerdict::UseTcp, buffer);
    recorded = recorded && query.has_question;
  }
  if (transport != Transport::Udp && edns_.pads()) [[unlikely]]
    size = pad(buffer, size);
  counts_.responses[std::min<size_t>(static_cast<size_t>(decision_.rcode), 15)].add();
  if (recorded) write_record(source, transport, query, answers_sent);
  return {static_cast<uint32_t>(size), decision_.asks};
}

bool Responder::is_over_limit(const IpAddress& client) noexcept {
  if (limits_->admit(*address_, client, scratch_.now_ms)) return false;
  counts_.limited.add();
  return true;
}

void Responder::lend(const Resumption& got) noexcept {
  scratch_.received = got.received;
  scratch_.failed = got.failed;
}

// Counts an answer of the cache. Returns whether it leaves no record.
bool Responder::take_cache_hit(bool resumed) noexcept {
  if (!decision_.from_cache || resumed) return false;
  counts_.cache_hits.add();
  return unique_;
}

// Only of a sound message: what is wrong with another is said without its options.
OptionVerdict Responder::judge_options(const dns::QueryView& query, QueryVerdict verdict,
                                       const IpAddress& client, Transport transport) noexcept {
  if (verdict != QueryVerdict::Accept && verdict != QueryVerdict::CookieOnly) {
    return OptionVerdict::Answer;
  }
  return edns_.answer(query, transport, client, now_seconds_);
}

size_t Responder::response_limit(const dns::QueryView& query, Transport transport) const noexcept {
  if (transport != Transport::Udp) return dns::kMaxMessage;
  if (!query.edns.present) return dns::kPlainUdpLimit;
  // RFC 6891 §6.2.3: a size below 512 counts as 512. Ours bounds what may be sent.
  return std::clamp<size_t>(query.edns.udp_size, dns::kPlainUdpLimit,
                            std::max<size_t>(udp_size_, dns::kPlainUdpLimit));
}

[[gnu::always_inline]] inline size_t Responder::finish(dns::ResponseWriter& writer,
                                                       const dns::QueryView& query) noexcept {
  if (writer.truncated()) counts_.truncated.add();
  const dns::ResponseFlags flags{decision_.authoritative, decision_.recursion_available};
  if (!query.edns.present) return writer.finish(flags, decision_.rcode);
  dns::ResponseOpt opt{udp_size_};
  if (decision_.ede) [[unlikely]] {
    opt.ede = decision_.ede->code;
    opt.ede_text = decision_.ede->text;
  }
  return writer.finish(flags, decision_.rcode, opt);
}

size_t Responder::compose(const dns::QueryView& query, MutableBytes buffer, size_t limit,
                          size_t& answers_sent) noexcept {
  dns::ResponseWriter writer(buffer, query, std::min(limit, buffer.size()), edns_.options());
  // The first owner is the question's name, which the records point to as they stand.
  bool fits = true;
  for (; answers_sent < decision_.answer_count; ++answers_sent) {
    const dns::RRsetView& rrset = decision_.answers[answers_sent].wire;
    const dns::NameView owner = decision_.answer_owners[answers_sent];
    fits = owner.data() == query.qname.data() ? writer.add(Section::Answer, rrset)
                                              : writer.add(Section::Answer, owner, rrset);
    if (!fits) break;
  }
  if (fits && decision_.authority_count > 0) {
    const resolver::OwnedRRset& authority = decision_.authority;
    fits = writer.add(Section::Authority, authority.owner, authority.rrset.wire);
    for (size_t i = 0; fits && i < decision_.additional_count; ++i) {
      const resolver::OwnedRRset& glue = decision_.additional[i];
      if (writer.add(Section::Additional, glue.owner, glue.rrset.wire)) continue;
      // RFC 9471 §3.1: without its in-domain glue a referral is of no use.
      if (glue.owner.is_at_or_below(authority.owner)) writer.set_truncated();
    }
  }
  return finish(writer, query);
}

// Apart from `compose`, so that an answer from zones pays nothing for it.
size_t Responder::compose_forwarded(const dns::QueryView& query, MutableBytes buffer, size_t limit,
                                    size_t& answers_sent) noexcept {
  dns::ResponseWriter writer(buffer, query, std::min(limit, buffer.size()), edns_.options());
  bool fits = true;
  for (; answers_sent < decision_.answer_count; ++answers_sent) {
    fits =
        writer.add_aged(Section::Answer, decision_.answer_owners[answers_sent],
                        decision_.answers[answers_sent].wire, decision_.answer_ages[answers_sent]);
    if (!fits) break;
  }
  if (fits && decision_.authority_count > 0) {
    const resolver::OwnedRRset& authority = decision_.authority;
    writer.add_aged(Section::Authority, authority.owner, authority.rrset.wire,
                    decision_.authority_age);
  }
  return finish(writer, query);
}

size_t Responder::compose_empty(const dns::QueryView& query, bool truncated,
                                MutableBytes buffer) noexcept {
  if (truncated) counts_.truncated.add();
  const dns::ResponseFlags flags{.recursion_available = !address_->delegation,
                                 .truncated = truncated};
  return dns::compose_error(buffer, query, flags, decision_.rcode, {udp_size_}, edns_.options());
}

size_t Responder::pad(MutableBytes buffer, size_t size) const noexcept {
  return dns::pad_response(buffer, size, dns::kResponsePadding);
}

void Responder::decide_chaos(const dns::QueryView& query) noexcept {
  if (query.qclass != static_cast<uint16_t>(dns::RRClass::CH)) return;
  const record::AnswerRRset* const answer = chaos_.find(scratch_.key.name().view(), query.qtype);
  if (answer == nullptr) return;
  decision_.rcode = Rcode::NoError;
  decision_.authoritative = true;  // it is about nobody but us
  decision_.recursion_available = !address_->delegation;
  decision_.ede.reset();
  decision_.answers[0] = *answer;
  decision_.answer_owners[0] = query.qname;
  decision_.answer_count = 1;
  decision_.authority_count = 0;
  decision_.additional_count = 0;
}

void Responder::write_record(const SocketAddress& source, Transport transport,
                             const dns::QueryView& query, size_t answers_sent) noexcept {
  record::QueryRecord record;
  record.qname = scratch_.key.name().view();
  record.qtype = query.qtype;
  record.qclass = query.qclass;
  record.rcode = decision_.rcode;
  record.answers = {decision_.answers.data(), answers_sent};
  record.source = source.address;
  record.source_port = source.port;
  record.transport = transport;
  if (decision_.firewall.rule != nullptr) [[unlikely]]
    record.firewall_fields = decision_.firewall.log_fields();

  char* out = log_->reserve(records_.max_size(record));
  if (out == nullptr) return;  // the appender has counted it
  log_->commit(records_.write(record, out));
}

}  // namespace inlet53::server
