// SPDX-License-Identifier: Apache-2.0
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

/// Decision about the EDNS options of a query.
enum class OptionVerdict : uint8_t {
  Answer,     // the query is answered
  FormErr,    // an option is malformed
  BadCookie,  // the response is BADCOOKIE with a cookie for the client's next query
  UseTcp,     // the response is empty and has TC
};

/// The result of the options of one query.
struct OptionAnswer {
  OptionVerdict verdict = OptionVerdict::Answer;
  /// The response is padded (RFC 8467): the connection is encrypted and the client has padded the
  /// query (RFC 7830 §4).
  bool pads = false;
  Bytes options = {};  // for the OPT of the response. Lifetime: of the writer that holds them
};

/// Answers the EDNS options of queries: cookies (RFC 7873), the server's identifier (RFC 5001),
/// keepalive of TCP and TLS connections (RFC 7828), client subnets (RFC 7871), padding (RFC 7830).
/// It ignores options that are disabled or unknown (RFC 6891 §6.1.2).
/// Threads: const methods any. Cost: no allocation; linear in the query's options, plus the cost of
/// ServerCookies for a cookie.
class EdnsResponder {
 public:
  EdnsResponder(const settings::Edns& settings, uint32_t tcp_idle_timeout_ms,
                uint32_t tls_idle_timeout_ms, const CookieSecrets& secrets);

  /// Decides about the options of a query and writes those of the response to `room`. The response
  /// has no options unless `verdict` is Accept or CookieOnly. `now`: seconds since 1970, modulo
  /// 2^32. For a query without a question (QueryVerdict::CookieOnly, RFC 7873 §5.4), Answer means
  /// that cookies are enabled and that the server cookie, if there is one, is valid.
  [[nodiscard]] OptionAnswer answer(const dns::QueryView& query, dns::QueryVerdict verdict,
                                    record::Transport transport, const IpAddress& client,
                                    uint32_t now, dns::OptionWriter& room) const noexcept {
    const bool required = cookies_required_ && transport == record::Transport::Udp;
    if (!required && query.edns.options.empty()) return {};
    return answer_options(query, verdict, transport, client, now, room);
  }

 private:
  [[nodiscard]] OptionAnswer answer_options(const dns::QueryView& query, dns::QueryVerdict verdict,
                                            record::Transport transport, IpAddress client,
                                            uint32_t now, dns::OptionWriter& room) const noexcept;
  [[nodiscard]] OptionVerdict answer_cookie(const dns::QueryOption& cookie,
                                            const dns::QueryView& query,
                                            record::Transport transport, const IpAddress& client,
                                            uint32_t now, dns::OptionWriter& out) const noexcept;

  const settings::Cookies cookies_;
  const bool cookies_required_;
  const settings::ClientSubnet client_subnet_;
  const std::string nsid_;
  const uint16_t tcp_keepalive_;  // in units of 100 ms
  const uint16_t tls_keepalive_;
  const ServerCookies server_cookies_;
};

}  // namespace inlet53::server
