#include "ca.h"

#include <filesystem>
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "inlet53/base/clock.h"
#include "inlet53/base/exit_code.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/gateway/server_certificate.h"
#include "inlet53/net/certificate_authority.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;

// A certificate with the file that it came from.
struct Shown {
  std::string title;
  std::string file;
  bool fresh = false;
  net::CertificateSummary summary;
};

void say(std::string_view fault) { std::cerr << "inlet53: " << fault << '\n'; }

std::string utc(int64_t seconds) {
  UtcSecond second;
  second.set(seconds);
  return std::string(second.text());
}

Result<Shown, std::string> show(std::string title, std::string file, bool fresh) {
  auto summary = net::read_certificate(file);
  if (!summary) return Unexpected(summary.error());
  return Shown{std::move(title), std::move(file), fresh, std::move(*summary)};
}

void print(const Shown& shown) {
  std::cout << shown.title << "  " << shown.file << (shown.fresh ? "  (made now)" : "") << '\n';
  std::string names;
  for (const std::string& name : shown.summary.names) {
    names += names.empty() ? "" : ", ";
    names += name;
  }
  if (!names.empty()) std::cout << "  for         " << names << '\n';
  std::cout << "  valid until " << utc(shown.summary.not_after) << "\n  SHA-256     "
            << shown.summary.sha256 << '\n';
}

Json to_json(const Shown& shown) {
  return {{"file", shown.file},
          {"made_now", shown.fresh},
          {"subject", shown.summary.subject},
          {"names", shown.summary.names},
          {"not_before", utc(shown.summary.not_before)},
          {"not_after", utc(shown.summary.not_after)},
          {"sha256", shown.summary.sha256}};
}

int fail(const std::string& fault) {
  say(fault);
  return kExitFailure;
}

// With a user's own certificate there is no authority of ours to show.
int show_own(const CaOptions& options, const settings::Gateway& settings) {
  const auto shown = show("server certificate   ", settings.certificate_file, false);
  if (!shown) return fail(shown.error());
  if (options.json) {
    std::cout << Json{{"server_certificate", to_json(*shown)}}.dump() << '\n';
  } else {
    print(*shown);
    std::cout << "\nThe configuration names this certificate itself; no local authority is used.\n";
  }
  return kExitOk;
}

}  // namespace

int run_ca(const CaOptions& options) {
  std::string folder = options.folder;
  std::vector<std::string> names;
  if (!options.config.empty()) {
    const auto config = config::load_config(options.config);
    if (!config) {
      for (const config::ConfigError& error : config.error()) say(error.to_text());
      return kExitConfiguration;
    }
    const settings::Gateway& settings = config->settings.gateway;
    if (!settings.certificate_file.empty()) return show_own(options, settings);
    folder = settings.authority_folder;
    names = gateway::certificate_names(config->topology);
  }
  const auto authority =
      net::CertificateAuthority::open(std::filesystem::absolute(folder).string());
  if (!authority) return fail(authority.error());
  const auto shown =
      show("certificate authority", authority->certificate_file(), authority->fresh());
  if (!shown) return fail(shown.error());
  std::optional<Shown> server;
  if (!names.empty()) {
    const auto issued = authority->issue(std::string(gateway::kCertificateLabel), names);
    if (!issued) return fail(issued.error());
    auto leaf = show("server certificate   ", issued->certificate_file, issued->fresh);
    if (!leaf) return fail(leaf.error());
    server = std::move(*leaf);
  }
  if (options.json) {
    Json out{{"certificate_authority", to_json(*shown)}};
    if (server) out["server_certificate"] = to_json(*server);
    std::cout << out.dump() << '\n';
    return kExitOk;
  }
  print(*shown);
  if (server) print(*server);
  std::cout << "\nClients trust it by that file: curl --cacert " << shown->file
            << " …\nOf names it can certify those below amazonaws.com only.\n";
  return kExitOk;
}

}  // namespace inlet53::app
