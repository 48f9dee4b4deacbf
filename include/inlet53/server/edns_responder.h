#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/dns/edns_options.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/record/query_record.h"
#include "inlet53/server/server_cookies.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// What a query's EDNS options ask for.
enum class OptionVerdict : uint8_t {
  Answer,     // the query is answered, with `options()`
  FormErr,    // an option is malformed
  BadCookie,  // answered BADCOOKIE, with a cookie that the client is to come back with
  UseTcp,     // answered with TC and nothing else
};

/// Answers the EDNS options of queries: cookies (RFC 7873), the server's identifier (RFC 5001),
/// keepalive of TCP and TLS connections (RFC 7828), client subnets (RFC 7871), padding (RFC 7830).
/// What is switched off is not looked at, as an option that is unknown is not (RFC 6891 §6.1.2).
/// Threads: its worker's. Cost: no allocation; linear in the query's options, and with a cookie
/// what ServerCookies costs.
class EdnsResponder {
 public:
  EdnsResponder(const settings::Edns& settings, uint32_t tcp_idle_timeout_ms,
                uint32_t tls_idle_timeout_ms, const CookieSecrets& secrets);

  /// Forgets the options of the response before. True when `answer` has to be called: the query has
  /// options, or may not go without.
  [[nodiscard]] bool begin(const dns::QueryView& query, record::Transport transport) noexcept {
    options_.clear();
    if (transport != record::Transport::Udp) pads_ = false;
    return !query.edns.options.empty() ||
           (cookies_required_ && transport == record::Transport::Udp);
  }

  /// Decides about the options of a query with a sound OPT, or none, and composes the response's.
  /// `now`: seconds since 1970, modulo 2^32.
  /// For a query without a question (QueryVerdict::CookieOnly): Answer says that the server does
  /// cookies and the server cookie, if there was one, is valid; RFC 7873 §5.4.
  [[nodiscard]] OptionVerdict answer(const dns::QueryView& query, record::Transport transport,
                                     const IpAddress& client, uint32_t now) noexcept;

  /// Whether the response is to be padded (RFC 8467): over a connection that is encrypted, for who
  /// has padded the query (RFC 7830 §4). Requires: the query did not come over UDP.
  [[nodiscard]] bool pads() const noexcept { return pads_; }

  /// For the response's OPT. Lifetime: until `begin`.
  [[nodiscard]] Bytes options() const noexcept { return options_.octets(); }

 private:
  [[nodiscard]] OptionVerdict answer_cookie(const dns::QueryOption& cookie,
                                            const dns::QueryView& query,
                                            record::Transport transport, const IpAddress& client,
                                            uint32_t now) noexcept;
  void add_tcp_keepalive(record::Transport transport) noexcept;
  void add_client_subnet(Bytes asked) noexcept;

  const settings::Cookies cookies_;
  const bool cookies_required_;
  const settings::ClientSubnet client_subnet_;
  const std::string nsid_;
  const uint16_t tcp_keepalive_;  // in units of 100 ms
  const uint16_t tls_keepalive_;
  const ServerCookies server_cookies_;
  bool pads_ = false;
  dns::OptionWriter options_;
};

}  // namespace inlet53::server
