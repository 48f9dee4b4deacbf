// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/tls_contexts.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/net/certificate_authority.h"

namespace inlet53::server {

namespace {

using topology::EndpointProtocol;

// ALPN protocol IDs (IANA). HTTP/1.0 clients may send theirs.
const std::vector<std::string> kDotProtocols = {"dot"};
const std::vector<std::string> kDohProtocols = {"h2", "http/1.1", "http/1.0"};

bool serves(const resolver::ResolverState& state, EndpointProtocol protocol) {
  return std::any_of(state.addresses.begin(), state.addresses.end(),
                     [&](const auto& address) { return address.protocol == protocol; });
}

Result<std::shared_ptr<const net::TlsServerContext>, std::string> load(
    const net::CertificateFiles& files, const std::vector<std::string>& protocols,
    const net::TlsServerContext* previous) {
  auto context =
      net::TlsServerContext::load(files.certificate_file, files.key_file, protocols, previous);
  if (!context) return Unexpected(context.error());
  return std::make_shared<const net::TlsServerContext>(std::move(*context));
}

}  // namespace

Result<TlsContexts, std::string> load_tls_contexts(const settings::Settings& settings,
                                                   const resolver::ResolverState& state,
                                                   const TlsContexts& previous) {
  const topology::CertificateNames& names = state.certificate_names;
  if (names.dns.empty()) return TlsContexts{};
  const settings::Tls& tls = settings.dns.tls;
  net::CertificateRequest request{std::string(kCertificateLabel), names.dns, names.dns};
  if (tls.authority_folder == settings.https.gateway.authority_folder) {
    request.permitted.insert(request.permitted.end(), names.gateway.begin(), names.gateway.end());
  }
  const auto files =
      net::certificate_files({tls.certificate_file, tls.key_file, tls.authority_folder}, request);
  if (!files) return Unexpected(files.error());
  for (const std::string& notice : files->notices) log_warning(notice);
  TlsContexts contexts;
  contexts.renewal = files->renewal;
  if (serves(state, EndpointProtocol::DoT)) {
    auto loaded = load(*files, kDotProtocols, previous.dot.get());
    if (!loaded) return Unexpected(loaded.error());
    contexts.dot = std::move(*loaded);
  }
  if (serves(state, EndpointProtocol::DoH)) {
    auto loaded = load(*files, kDohProtocols, previous.doh.get());
    if (!loaded) return Unexpected(loaded.error());
    contexts.doh = std::move(*loaded);
  }
  return contexts;
}

}  // namespace inlet53::server
