// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/renewal_timer.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/certificate_names.h"

namespace inlet53::gateway {

/// TLS context with the certificate of the HTTPS server.
struct ServerCertificate {
  std::shared_ptr<const net::TlsServerContext> tls;
  net::RenewalTimes renewal{};  // times of the next load
};

/// Name of its file in the authority's directory, without `.pem`.
inline constexpr std::string_view kCertificateLabel = "gateway";
/// AWS's endpoints have RSA certificates, and some clients accept no other.
inline constexpr bool kWithRsa = true;

/// Loads the certificate that `settings.https.gateway` names, or lets the local authority issue or
/// renew one. `previous`: the context whose session tickets stay valid; may be null. Logs the
/// authority's notices. Errors: a text with the file's name. Threads: any.
[[nodiscard]] Result<ServerCertificate, std::string> load_server_certificate(
    const settings::Settings& settings, const topology::CertificateNames& names,
    const net::TlsServerContext* previous);

}  // namespace inlet53::gateway
