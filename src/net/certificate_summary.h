#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <openssl/x509.h>

#include "inlet53/net/certificate_authority.h"

/// What certificates of OpenSSL say, as values.
namespace inlet53::net {

/// The DNS names and IP addresses that a certificate is for, in its order.
[[nodiscard]] std::vector<std::string> alternative_names(const X509* certificate);

/// Its common name; empty: it has none.
[[nodiscard]] std::string common_name(const X509* certificate);

/// In seconds since 1970-01-01T00:00:00Z.
[[nodiscard]] int64_t not_before(const X509* certificate);
[[nodiscard]] int64_t not_after(const X509* certificate);

[[nodiscard]] CertificateSummary summary_of(const X509* certificate);

}  // namespace inlet53::net
