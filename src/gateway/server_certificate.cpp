// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/server_certificate.h"

#include <utility>
#include <vector>

#include "inlet53/base/operator_log.h"
#include "inlet53/net/certificate_authority.h"

namespace inlet53::gateway {

namespace {

// Returns the protocols for ALPN. HTTP/2 is an addition to AWS's private APIs. A client may also
// name HTTP/1.0.
std::vector<std::string> protocols(bool http2) {
  if (http2) return {"h2", "http/1.1", "http/1.0"};
  return {"http/1.1", "http/1.0"};
}

}  // namespace

Result<ServerCertificate, std::string> load_server_certificate(
    const settings::Settings& settings, const topology::CertificateNames& names,
    const net::TlsServerContext* previous) {
  const settings::Gateway& gateway = settings.https.gateway;
  net::CertificateRequest request{std::string(kCertificateLabel), names.gateway, names.gateway,
                                  kWithRsa};
  if (gateway.authority_folder == settings.dns.tls.authority_folder) {
    request.permitted.insert(request.permitted.end(), names.dns.begin(), names.dns.end());
  }
  const auto files = net::certificate_files(
      {gateway.certificate_file, gateway.key_file, gateway.authority_folder}, request);
  if (!files) return Unexpected(files.error());
  for (const std::string& notice : files->notices) log_warning(notice);
  auto context = net::TlsServerContext::load(files->certificate_file, files->key_file,
                                             protocols(gateway.http2), previous);
  if (!context) return Unexpected(context.error());
  return ServerCertificate{std::make_shared<const net::TlsServerContext>(std::move(*context)),
                           files->renewal};
}

}  // namespace inlet53::gateway
