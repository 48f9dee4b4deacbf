#include "inlet53/gateway/server_certificate.h"

#include <set>
#include <utility>

#include "inlet53/base/text.h"
#include "inlet53/net/certificate_authority.h"

namespace inlet53::gateway {

namespace {

// HTTP/2 is ours beyond AWS's private APIs. A client that speaks HTTP/1.0 may say so.
const std::vector<std::string> kProtocols = {"h2", "http/1.1", "http/1.0"};

}  // namespace

std::vector<std::string> certificate_names(const topology::Topology& topology) {
  std::set<std::string> regions;
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (topology::service_label(endpoint.service_name) == "execute-api") {
      regions.emplace(topology::service_region(endpoint.service_name));
    }
  }
  std::vector<std::string> names;
  for (const std::string& region : regions) {
    names.push_back(concat("*.execute-api.", region, ".amazonaws.com"));
    names.push_back(concat("*.execute-api.", region, ".vpce.amazonaws.com"));
  }
  return names;
}

Result<std::shared_ptr<const net::TlsServerContext>, std::string> load_server_certificate(
    const settings::Gateway& settings, const topology::Topology& topology,
    const net::TlsServerContext* previous) {
  const auto files = net::certificate_files(
      {settings.certificate_file, settings.key_file, settings.authority_folder},
      std::string(kCertificateLabel), certificate_names(topology));
  if (!files) return Unexpected(files.error());
  auto context =
      net::TlsServerContext::load(files->certificate_file, files->key_file, kProtocols, previous);
  if (!context) return Unexpected(context.error());
  return std::make_shared<const net::TlsServerContext>(std::move(*context));
}

}  // namespace inlet53::gateway
