#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

namespace inlet53::gateway {

/// The names of the gateway's certificate: for each region with an execute-api endpoint
/// `*.execute-api.R.amazonaws.com`, the APIs', and `*.execute-api.R.vpce.amazonaws.com`, the
/// endpoints' own. In the order of the regions' names.
[[nodiscard]] std::vector<std::string> certificate_names(const topology::Topology& topology);

/// What its file is called in the authority's folder.
inline constexpr std::string_view kCertificateLabel = "gateway";

/// Loads the certificate that the settings name, or has the local authority make one (its folder
/// is made on first use). `previous`: whose session tickets go on to be taken; may be null.
/// Errors: for people, with the file's name.
[[nodiscard]] Result<std::shared_ptr<const net::TlsServerContext>, std::string>
load_server_certificate(const settings::Gateway& settings, const topology::Topology& topology,
                        const net::TlsServerContext* previous);

}  // namespace inlet53::gateway
