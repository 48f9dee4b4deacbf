// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/net/certificate_authority.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/resolver/state.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// TLS contexts of encrypted DNS. All workers share them, so that each worker resumes the sessions
/// of the others. Null: no address has this protocol.
struct TlsContexts {
  std::shared_ptr<const net::TlsServerContext> dot;
  std::shared_ptr<const net::TlsServerContext> doh;
  net::RenewalTimes renewal{};  // when to load them again
};

/// Name of the certificate's file in the directory of the authority.
inline constexpr std::string_view kCertificateLabel = "dns";

/// Loads the certificate that `settings.dns.tls` names, or lets the local authority create or renew
/// one. The contexts are null if `state` has no encrypted DNS. `previous`: contexts whose session
/// tickets remain valid. Logs the notices of the authority. Errors: text for people with the name
/// of the file. Threads: any.
[[nodiscard]] Result<TlsContexts, std::string> load_tls_contexts(
    const settings::Settings& settings, const resolver::ResolverState& state,
    const TlsContexts& previous);

}  // namespace inlet53::server
