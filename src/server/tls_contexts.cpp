#include "inlet53/server/tls_contexts.h"

#include <algorithm>
#include <set>
#include <utility>

#include "inlet53/net/certificate_authority.h"

namespace inlet53::server {

namespace {

using topology::EndpointProtocol;

// As ALPN names them (IANA). A client that speaks HTTP/1.0 may say so.
const std::vector<std::string> kDotProtocols = {"dot"};
const std::vector<std::string> kDohProtocols = {"h2", "http/1.1", "http/1.0"};

bool serves(const resolver::ResolverState& state, EndpointProtocol protocol) {
  return std::any_of(state.addresses.begin(), state.addresses.end(),
                     [&](const auto& address) { return address.protocol == protocol; });
}

Result<std::shared_ptr<const net::TlsServerContext>, std::string> load(
    const net::CertificateAuthority::Issued& files, const std::vector<std::string>& protocols,
    const net::TlsServerContext* previous) {
  auto context =
      net::TlsServerContext::load(files.certificate_file, files.key_file, protocols, previous);
  if (!context) return Unexpected(context.error());
  return std::make_shared<const net::TlsServerContext>(std::move(*context));
}

}  // namespace

std::vector<std::string> certificate_names(const resolver::ResolverState& state) {
  std::set<std::string> endpoints;
  std::set<IpAddress> addresses;
  for (const resolver::EndpointAddress& address : state.addresses) {
    if (address.protocol == EndpointProtocol::Do53) continue;
    endpoints.insert(address.server_name);
    addresses.insert(address.address);
    addresses.insert(address.listen.address);
  }
  std::vector<std::string> names(endpoints.begin(), endpoints.end());
  for (const IpAddress& address : addresses) names.push_back(address.to_text());
  return names;
}

Result<TlsContexts, std::string> load_tls_contexts(const settings::Tls& settings,
                                                   const resolver::ResolverState& state,
                                                   const TlsContexts& previous) {
  const std::vector<std::string> names = certificate_names(state);
  if (names.empty()) return TlsContexts{};
  const auto files = net::certificate_files(
      {settings.certificate_file, settings.key_file, settings.authority_folder},
      std::string(kCertificateLabel), names);
  if (!files) return Unexpected(files.error());
  TlsContexts contexts;
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
