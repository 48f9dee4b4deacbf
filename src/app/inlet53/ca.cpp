// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include <nlohmann/json.hpp>

#include "inlet53/base/clock.h"
#include "inlet53/base/file.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/net/certificate_authority.h"
#include "inlet53/server/tls_contexts.h"
#include "inlet53/topology/endpoint_names.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;

// Certificate to show, and its file.
struct Shown {
  std::string title;  // for people
  std::string key;    // of the JSON object
  std::string file;
  bool made = false;
  net::CertificateSummary summary;
};

// Source and purpose of a daemon's certificate.
struct Server {
  std::string title;
  std::string key;
  std::string label;
  net::CertificateSource source;
  std::vector<std::string> names;
  bool with_rsa;
};

std::string utc(int64_t seconds) {
  UtcSecond second;
  second.set(seconds);
  return std::string(second.text());
}

void print(const Shown& shown) {
  std::cout << shown.title << "  " << shown.file << (shown.made ? "  (made now)" : "") << '\n';
  const net::CertificateSummary& summary = shown.summary;
  if (!summary.names.empty()) std::cout << "  for          " << joined(summary.names) << '\n';
  if (!summary.permitted.empty()) {
    std::cout << "  may certify  " << joined(summary.permitted) << '\n';
  }
  std::cout << "  valid until  " << utc(summary.not_after) << "\n  SHA-256      " << summary.sha256
            << '\n';
}

Json to_json(const Shown& shown) {
  Json out{{"file", shown.file},
           {"made_now", shown.made},
           {"subject", shown.summary.subject},
           {"names", shown.summary.names}};
  if (!shown.summary.permitted.empty()) out["permitted"] = shown.summary.permitted;
  out["not_before"] = utc(shown.summary.not_before);
  out["not_after"] = utc(shown.summary.not_after);
  out["sha256"] = shown.summary.sha256;
  return out;
}

// Reads the certificate in `shown.file` and appends it. Errors: as `read_certificate`.
Result<void, std::string> append(std::vector<Shown>& all, Shown shown) {
  auto summary = net::read_certificate(shown.file);
  if (!summary) return Unexpected(summary.error());
  shown.summary = std::move(*summary);
  all.push_back(std::move(shown));
  return {};
}

Result<void, std::string> append_authority(std::vector<Shown>& all, const std::string& directory,
                                           bool made) {
  const std::string file = net::authority_certificate_file(directory);
  for (Shown& shown : all) {
    if (shown.file != file) continue;
    shown.made = shown.made || made;
    auto summary = net::read_certificate(file);  // it may be renewed since
    if (!summary) return Unexpected(summary.error());
    shown.summary = std::move(*summary);
    return {};
  }
  const bool first = all.empty() || all.front().key != "certificate_authority";
  return append(all, {.title = "certificate authority",
                      .key = first ? "certificate_authority" : "dns_certificate_authority",
                      .file = file,
                      .made = made,
                      .summary = {}});
}

// Creates certificates of servers that have no own certificate, and shows all.
Result<std::vector<Shown>, std::string> prepare(const std::vector<Server>& servers) {
  std::vector<Shown> all;
  for (const Server& server : servers) {
    if (server.names.empty()) continue;
    net::CertificateRequest request{server.label, server.names, {}, server.with_rsa};
    for (const Server& other : servers) {
      if (other.source.authority_directory != server.source.authority_directory) continue;
      request.permitted.insert(request.permitted.end(), other.names.begin(), other.names.end());
    }
    const auto files = net::certificate_files(server.source, request);
    if (!files) return Unexpected(files.error());
    for (const std::string& notice : files->notices) print_error(notice);
    if (server.source.certificate_file.empty()) {
      const auto shown =
          append_authority(all, server.source.authority_directory, files->authority_made);
      if (!shown) return Unexpected(shown.error());
    }
    const auto shown = append(all, {.title = server.title,
                                    .key = server.key,
                                    .file = files->certificate_file,
                                    .made = files->made,
                                    .summary = {}});
    if (!shown) return Unexpected(shown.error());
  }
  return all;
}

std::vector<Server> servers_of(const config::Config& config) {
  const settings::Gateway& gateway = config.settings.https.gateway;
  const settings::Tls& tls = config.settings.dns.tls;
  const topology::CertificateNames names = topology::certificate_names(config.topology);
  return {{"certificate of HTTPS ",
           "server_certificate",
           std::string(gateway::kCertificateLabel),
           {gateway.certificate_file, gateway.key_file, gateway.authority_folder},
           names.gateway,
           gateway::kWithRsa},
          {"certificate of DNS   ",
           "dns_certificate",
           std::string(server::kCertificateLabel),
           {tls.certificate_file, tls.key_file, tls.authority_folder},
           names.dns,
           false}};
}

int print_all(const std::vector<Shown>& all, bool json) {
  if (json) {
    Json out = Json::object();
    for (const Shown& shown : all) out[shown.key] = to_json(shown);
    std::cout << dump_json(out) << '\n';
    return kExitOk;
  }
  for (const Shown& shown : all) print(shown);
  const auto authority = std::ranges::find_if(
      all, [](const Shown& shown) { return shown.key == "certificate_authority"; });
  if (all.empty()) {
    std::cout << "The configuration serves nothing with TLS; it needs no certificate.\n";
  } else if (authority == all.end()) {
    std::cout << "\nThe configuration names its certificates itself; no local authority is used.\n";
  } else {
    std::cout << "\nClients trust the authority by its file: curl --cacert " << authority->file
              << " …\nIt cannot certify any other name or address.\n";
  }
  return kExitOk;
}

int ca_error(const std::string& fault) {
  print_error(fault);
  return kExitFailure;
}

// Opens an existing authority. A new one needs a configuration for its permitted names.
int show_directory(const CaOptions& options) {
  const std::string directory = absolute_path(options.folder);
  std::vector<Shown> all;
  if (const auto shown = append_authority(all, directory, false); !shown) {
    return ca_error(concat(shown.error(), "; `inlet53 ca --config FILE` makes an authority"));
  }
  return print_all(all, options.json);
}

}  // namespace

int run_ca(const CaOptions& options) {
  if (options.config.empty()) return show_directory(options);
  const auto config = config::load_config(options.config);
  if (!config) {
    for (const config::ConfigError& error : config.error()) print_error(error.to_text());
    return kExitConfiguration;
  }
  const auto all = prepare(servers_of(*config));
  if (!all) return ca_error(all.error());
  return print_all(*all, options.json);
}

}  // namespace inlet53::app
