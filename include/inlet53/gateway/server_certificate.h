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

/// The TLS context that has the certificate of HTTPS.
struct ServerCertificate {
  std::shared_ptr<const net::TlsServerContext> tls;
  net::RenewalTimes renewal{};  // when to load it again
};

/// The name of its file in the authority's directory, without `.pem`.
inline constexpr std::string_view kCertificateLabel = "gateway";
/// AWS's endpoints have RSA certificates, and some clients take no other.
inline constexpr bool kWithRsa = true;

/// Loads the certificate that `settings.https.gateway` names, or has the local authority make or
/// renew one. `previous`: whose session tickets go on to be taken; may be null. Notices of the
/// authority are logged. Errors: for people, with the file's name. Threads: any.
[[nodiscard]] Result<ServerCertificate, std::string> load_server_certificate(
    const settings::Settings& settings, const topology::CertificateNames& names,
    const net::TlsServerContext* previous);

}  // namespace inlet53::gateway
