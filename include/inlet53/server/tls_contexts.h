// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/net/renewal_timer.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/resolver/state.h"
#include "inlet53/settings/settings.h"

namespace inlet53::server {

/// What encrypted DNS shows its clients; one for all workers, so that a session that one of them
/// gave is resumed by any. Null: no address is served that way.
struct TlsContexts {
  std::shared_ptr<const net::TlsServerContext> dot;
  std::shared_ptr<const net::TlsServerContext> doh;
  net::RenewalTimes renewal{};  // when to load them again
};

/// What its file is called in the authority's folder.
inline constexpr std::string_view kCertificateLabel = "dns";

/// Loads the certificate that `settings.dns.tls` names, or has the local authority make or renew
/// one; nothing when `state` serves nothing encrypted. `previous`: whose session tickets go on to
/// be taken. Notices of the authority are logged. Errors: for people, with the file's name.
/// Threads: any.
[[nodiscard]] Result<TlsContexts, std::string> load_tls_contexts(
    const settings::Settings& settings, const resolver::ResolverState& state,
    const TlsContexts& previous);

}  // namespace inlet53::server
