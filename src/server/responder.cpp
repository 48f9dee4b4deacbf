// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/responder.h"

#include <algorithm>

#include "inlet53/dns/composed_response.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_writer.h"
#include "inlet53/server/refused_clients.h"

namespace inlet53::server {

namespace {

using dns::QueryVerdict;
using dns::Rcode;
using dns::Section;
using record::Transport;

/// Returns the rcode of a response without records.
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

//--- Composing

// Adds the RRsets of the answer that fit and returns their number.
size_t add_answers(dns::ResponseWriter& writer, const dns::QueryView& query,
                   const resolver::Decision& decision) noexcept {
  const std::span<const record::AnswerRRset> answers = decision.answers();
  for (size_t i = 0; i < answers.size(); ++i) {
    const dns::RRsetView& rrset = answers[i].wire;
    const dns::NameView owner = decision.answer_owner(i);
    // Prepared records refer to the name of the question; this is the common case.
    const bool fits = owner.data() == query.qname.data()
                          ? writer.add(Section::Answer, rrset)
                          : writer.add(Section::Answer, owner, rrset);
    if (!fits) return i;
  }
  return answers.size();
}

void add_authority(dns::ResponseWriter& writer, const resolver::Decision& decision) noexcept {
  const resolver::OwnedRRset& authority = *decision.authority();
  if (!writer.add(Section::Authority, authority.owner, authority.rrset.wire)) return;
  for (const resolver::OwnedRRset& glue : decision.additional()) {
    if (writer.add(Section::Additional, glue.owner, glue.rrset.wire)) continue;
    // RFC 9471 §3.1: a referral must contain its in-domain glue.
    if (glue.owner.is_at_or_below(authority.owner)) writer.set_truncated();
  }
}

// Rare functions get a copy: a variable whose address leaves `UdpService::answer` would stay in
// memory there.
Arrival copy_of(const Arrival& how) noexcept {
  return {how.address, how.transport, {how.now.monotonic_ms, how.now.wall_seconds}};
}

}  // namespace

Responder::Responder(const Options& options, querylog::LogAppender* log, cache::Cache* cache,
                     WorkerCounts& counts)
    : udp_size_(static_cast<uint16_t>(options.settings.server.edns_udp_size)),
      unique_(options.settings.query_log.mode == settings::QueryLogMode::Unique),
      limits_(options.limits),
      log_(log),
      cache_(cache),
      counts_(counts),
      edns_(options.settings.edns, options.settings.tcp.idle_timeout_ms,
            options.settings.tls.idle_timeout_ms, options.cookie_secrets),
      chaos_(options.settings.server.version, options.settings.server.identity) {}

// Inlines all that it calls: separate calls cost a query over TCP 168 instructions.
[[gnu::flatten]] Reply Responder::answer(const Arrival& how, const SocketAddress& source,
                                         MutableBytes buffer, size_t received,
                                         const Resumption* resumed) noexcept {
  if (how.transport == Transport::Udp && !how.address.udp_sources.contains(source.address)) {
    counts_.denied.add();
    if (counts_.refused_clients != nullptr) {
      counts_.refused_clients->record(source.address, how.address, false);
    }
    return {};
  }
  if (limits_ != nullptr && resumed == nullptr && is_over_limit(copy_of(how), source.address)) {
    return {.over_limit = true};
  }

  dns::QueryView query;
  zone::NameKey name;
  const QueryVerdict verdict =
      dns::parse_query(buffer.first(received), query, name.begin(how.address.zones->seed()));
  if (verdict == QueryVerdict::Drop) {
    counts_.dropped.add();
    return {};
  }
  if (resumed == nullptr) counts_.queries(how.transport).add();

  const OptionAnswer options =
      edns_.answer(query, verdict, how.transport, source.address,
                   static_cast<uint32_t>(how.now.wall_seconds), option_room_);
  if (verdict != QueryVerdict::Accept || options.verdict != OptionVerdict::Answer) {
    return answer_fault(copy_of(how), source, query, name, verdict, options, buffer);
  }

  const resolver::Decision decision = decide(how, query, name, resumed);
  if (decision.forwards) {
    return answer_forwarded(copy_of(how), source, query, name, decision, options, buffer,
                            resumed != nullptr);
  }
  const Composed composed =
      compose(query, decision, options.options, buffer, response_limit(query, how.transport));
  if (log_ != nullptr) {
    write_record(how, source, query, name, decision.rcode,
                 decision.answers().first(composed.answers), decision.firewall.log_fields());
  }
  return {.size = finish(how.transport, decision.rcode, composed.size, options, buffer)};
}

// Not inlined: inlined into the path of all queries it costs each query 48 instructions.
[[gnu::noinline, gnu::cold]] Reply Responder::answer_forwarded(
    Arrival how, SocketAddress source, const dns::QueryView& query, const zone::NameKey& name,
    const resolver::Decision& decision, OptionAnswer options, MutableBytes buffer,
    bool resumed) noexcept {
  if (decision.fetch_for == resolver::FetchFor::Answer) {
    return {.fetch_for = decision.fetch_for, .question = decision.question()};
  }
  const Composed composed =
      compose_aged(query, decision, options.options, buffer, response_limit(query, how.transport));
  const bool is_hit = decision.from_cache && !resumed;
  if (is_hit) counts_.cache_hits.add();
  if (log_ != nullptr && !(is_hit && unique_)) {
    write_record(how, source, query, name, decision.rcode,
                 decision.answers().first(composed.answers), decision.firewall.log_fields());
  }
  return {.size = finish(how.transport, decision.rcode, composed.size, options, buffer),
          .fetch_for = decision.fetch_for,
          .question = decision.question()};
}

// Not inlined: inlined it costs each query 4 instructions.
[[gnu::noinline, gnu::cold]] bool Responder::is_over_limit(Arrival how, IpAddress client) noexcept {
  if (limits_->allow(how.address, client, how.now.monotonic_ms)) return false;
  counts_.limited.add();
  return true;
}

resolver::Decision Responder::decide(const Arrival& how, const dns::QueryView& query,
                                     const zone::NameKey& name,
                                     const Resumption* resumed) noexcept {
  if (query.qclass == static_cast<uint16_t>(dns::RRClass::CH)) {
    if (const record::AnswerRRset* const answer = chaos_.find(name.name().view(), query.qtype)) {
      return resolver::answer_with(*answer, query.qname, how.address.delegation, room_);
    }
  }
  const uint16_t rotation = ++rotations_[query.qtype % rotations_.size()];
  resolver::Sources sources{how.address, cache_, how.now.monotonic_ms};
  if (resumed != nullptr) {
    sources.received = resumed->received;
    sources.failed = resumed->failed;
  }
  return resolver::decide({name, query.qname, query.qtype, query.qclass, rotation}, sources, room_);
}

// Replaces the query by the response, which has at most `limit` bytes.
Responder::Composed Responder::compose(const dns::QueryView& query,
                                       const resolver::Decision& decision, Bytes options,
                                       MutableBytes buffer, size_t limit) noexcept {
  dns::ResponseWriter writer(buffer, query, std::min(limit, buffer.size()), options);
  const size_t answers = add_answers(writer, query, decision);
  if (decision.authority() != nullptr && answers == decision.answers().size()) {
    add_authority(writer, decision);
  }
  return {finish_message(writer, query, decision), answers};
}

// Does the same for cached records and reduces their TTLs by their age.
Responder::Composed Responder::compose_aged(const dns::QueryView& query,
                                            const resolver::Decision& decision, Bytes options,
                                            MutableBytes buffer, size_t limit) noexcept {
  dns::ResponseWriter writer(buffer, query, std::min(limit, buffer.size()), options);
  size_t answers = 0;
  while (answers < decision.answers().size() &&
         writer.add_aged(Section::Answer, decision.answer_owner(answers),
                         decision.answers()[answers].wire, decision.answer_age(answers))) {
    ++answers;
  }
  if (decision.authority() != nullptr && answers == decision.answers().size()) {
    const resolver::OwnedRRset& authority = *decision.authority();
    writer.add_aged(Section::Authority, authority.owner, authority.rrset.wire,
                    decision.authority_age());
  }
  return {finish_message(writer, query, decision), answers};
}

// Writes the header and OPT after all records. Returns the size.
size_t Responder::finish_message(dns::ResponseWriter& writer, const dns::QueryView& query,
                                 const resolver::Decision& decision) noexcept {
  if (writer.truncated()) counts_.truncated.add();
  const dns::ResponseFlags flags{decision.authoritative, decision.recursion_available};
  if (!query.edns.present) return writer.finish(flags, decision.rcode);
  dns::ResponseOpt opt{udp_size_};
  if (const auto ede = decision.ede()) {
    opt.ede = ede->code;
    opt.ede_text = ede->text;
  }
  return writer.finish(flags, decision.rcode, opt);
}

// Not inlined: inlined into the path of all queries it costs each query 48 instructions.
[[gnu::noinline, gnu::cold]] Reply Responder::answer_fault(
    Arrival how, SocketAddress source, const dns::QueryView& query, const zone::NameKey& name,
    QueryVerdict verdict, OptionAnswer options, MutableBytes buffer) noexcept {
  const Rcode rcode = rcode_of(verdict, options.verdict);
  const bool truncated = options.verdict == OptionVerdict::UseTcp;
  if (truncated) counts_.truncated.add();
  const dns::ResponseFlags flags{.recursion_available = !how.address.delegation,
                                 .truncated = truncated};
  const size_t size = dns::compose_error(buffer, query, flags, rcode, {udp_size_}, options.options);
  if (log_ != nullptr && query.has_question) write_record(how, source, query, name, rcode, {}, {});
  return {.size = finish(how.transport, rcode, size, options, buffer)};
}

uint32_t Responder::finish(Transport transport, Rcode rcode, size_t size, OptionAnswer options,
                           MutableBytes buffer) noexcept {
  counts_.responses[std::min<size_t>(static_cast<size_t>(rcode), 15)].add();
  if (transport != Transport::Udp && options.pads) {
    size = dns::pad_response(buffer, size, dns::kResponsePadding);
  }
  return static_cast<uint32_t>(size);
}

size_t Responder::response_limit(const dns::QueryView& query, Transport transport) const noexcept {
  if (transport != Transport::Udp) return dns::kMaxMessage;
  if (!query.edns.present) return dns::kPlainUdpLimit;
  // RFC 6891 §6.2.3: a size below 512 counts as 512. The maximum is ours.
  return std::clamp<size_t>(query.edns.udp_size, dns::kPlainUdpLimit,
                            std::max<size_t>(udp_size_, dns::kPlainUdpLimit));
}

void Responder::write_record(const Arrival& how, const SocketAddress& source,
                             const dns::QueryView& query, const zone::NameKey& name, Rcode rcode,
                             std::span<const record::AnswerRRset> answers,
                             std::string_view firewall_fields) noexcept {
  records_.set_origin(how.address.fragments, how.now.wall_seconds);
  record::QueryRecord record;
  record.qname = name.name().view();
  record.qtype = query.qtype;
  record.qclass = query.qclass;
  record.rcode = rcode;
  record.answers = answers;
  record.source = source.address;
  record.source_port = source.port;
  record.transport = how.transport;
  record.firewall_fields = firewall_fields;

  char* out = log_->reserve(records_.max_size(record));
  if (out == nullptr) return;  // the appender counts the lost record
  log_->commit(records_.write(record, out));
}

}  // namespace inlet53::server
