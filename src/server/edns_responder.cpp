// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/edns_responder.h"

#include <algorithm>
#include <cstring>

namespace inlet53::server {

namespace {

using dns::EdnsOption;
using record::Transport;
using settings::ClientSubnet;
using settings::Cookies;

// RFC 7828 §3.1: 16 bits, in units of 100 ms.
uint16_t keepalive_of(uint32_t idle_timeout_ms) {
  return static_cast<uint16_t>(std::min<uint32_t>(idle_timeout_ms / 100, 0xFFFF));
}

// Only for DNS over TCP and TLS; HTTP manages its own connections.
bool is_dns_connection(Transport transport) noexcept {
  return transport == Transport::Tcp || transport == Transport::Dot;
}

bool is_encrypted(Transport transport) noexcept {
  return transport == Transport::Dot || transport == Transport::Doh;
}

bool has_sound_opt(dns::QueryVerdict verdict) noexcept {
  return verdict == dns::QueryVerdict::Accept || verdict == dns::QueryVerdict::CookieOnly;
}

// RFC 7871 §7.2.1: repeats the option with scope 0, because the subnet does not affect the answer.
void add_client_subnet(Bytes asked, dns::OptionWriter& out) noexcept {
  uint8_t* const option = out.add(EdnsOption::ClientSubnet, asked.size());
  std::memcpy(option, asked.data(), asked.size());
  option[dns::kClientSubnetScope] = 0;
}

}  // namespace

EdnsResponder::EdnsResponder(const settings::Edns& settings, uint32_t tcp_idle_timeout_ms,
                             uint32_t tls_idle_timeout_ms, const CookieSecrets& secrets)
    : cookies_(settings.cookies),
      cookies_required_(settings.cookies == Cookies::Require),
      client_subnet_(settings.client_subnet),
      nsid_(settings.nsid),
      tcp_keepalive_(keepalive_of(tcp_idle_timeout_ms)),
      tls_keepalive_(keepalive_of(tls_idle_timeout_ms)),
      server_cookies_(secrets) {}

// Not inlined: inlined into the path of all queries it costs each query 42 instructions.
[[gnu::noinline, gnu::cold]] OptionAnswer EdnsResponder::answer_options(
    const dns::QueryView& query, dns::QueryVerdict verdict, Transport transport, IpAddress client,
    uint32_t now, dns::OptionWriter& room) const noexcept {
  if (!has_sound_opt(verdict)) return {};
  const dns::QueryOptions asked = dns::find_options(query.edns.options);
  const bool keeps_alive = asked.tcp_keepalive.present && is_dns_connection(transport);
  const bool answers_subnet = asked.client_subnet.present && client_subnet_ == ClientSubnet::Answer;
  // RFC 7828 §3.2.1: a query must not contain a timeout.
  if ((keeps_alive && !asked.tcp_keepalive.data.empty()) ||
      (answers_subnet && !dns::is_valid_client_subnet(asked.client_subnet.data)) ||
      (asked.cookie.present && cookies_ != Cookies::Off &&
       !dns::is_valid_cookie(asked.cookie.data))) {
    return {.verdict = OptionVerdict::FormErr};
  }
  room.clear();
  if (asked.nsid.present && !nsid_.empty()) room.add(EdnsOption::Nsid, as_bytes(nsid_));
  if (answers_subnet) add_client_subnet(asked.client_subnet.data, room);
  if (keeps_alive) {
    const uint16_t keepalive = transport == Transport::Dot ? tls_keepalive_ : tcp_keepalive_;
    store_be16(room.add(EdnsOption::TcpKeepalive, sizeof keepalive), keepalive);
  }
  const OptionVerdict cookie = answer_cookie(asked.cookie, query, transport, client, now, room);
  const bool pads = asked.padding.present && is_encrypted(transport);
  return {cookie, pads, room.octets()};
}

OptionVerdict EdnsResponder::answer_cookie(const dns::QueryOption& cookie,
                                           const dns::QueryView& query, Transport transport,
                                           const IpAddress& client, uint32_t now,
                                           dns::OptionWriter& out) const noexcept {
  const bool required = cookies_required_ && transport == Transport::Udp;
  if (cookies_ == Cookies::Off) {
    return query.has_question ? OptionVerdict::Answer : OptionVerdict::FormErr;
  }
  // RFC 7873 §5.2.3: a client without cookies can prove its address over TCP.
  if (!cookie.present) return required ? OptionVerdict::UseTcp : OptionVerdict::Answer;
  const CookieProof proof = server_cookies_.answer(
      cookie.data, client, now, out.add(EdnsOption::Cookie, ServerCookies::kSize));
  if (!query.has_question) {
    return proof == CookieProof::Invalid ? OptionVerdict::BadCookie : OptionVerdict::Answer;
  }
  return required && proof != CookieProof::Valid ? OptionVerdict::BadCookie : OptionVerdict::Answer;
}

}  // namespace inlet53::server
