// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/gateway_worker.h"

#include <utility>
#include <vector>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/call_runner.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/net/certificate_authority.h"

namespace inlet53::gateway {

namespace {

http::BodyBudget::Limits body_limits(const settings::Gateway& settings) {
  return {.total = settings.max_body_memory,
          .per_client = settings.max_body_memory_per_client,
          .wait_ms = settings.body_timeout_ms};
}

// Returns the protocols for ALPN. HTTP/2 is an addition to AWS's private APIs. A client may also
// name HTTP/1.0.
std::vector<std::string> protocols(bool http2) {
  if (http2) return {"h2", "http/1.1", "http/1.0"};
  return {"http/1.1", "http/1.0"};
}

}  // namespace

struct GatewayWorker::Impl {
  Impl(net::Loop& loop, const settings::HttpsDaemon& given, linelog::LineLogs& to,
       std::shared_ptr<lambda::Isolation> isolation)
      : settings(given),
        bodies(body_limits(given.gateway)),
        runner(
            loop, settings, logs, to, bodies,
            [this](CallId call, http::Response&& response) {
              server.respond(call, std::move(response));
            },
            std::move(isolation)),
        server(loop, settings.gateway, bodies, runner) {}

  const settings::HttpsDaemon settings;
  http::BodyBudget bodies;  // outlives the calls, which hold charges of it
  CallLogs logs;
  CallRunner runner;
  HttpsServer server;
  ServedConfiguration served;
};

GatewayWorker::GatewayWorker(net::Loop& loop, const settings::HttpsDaemon& settings,
                             linelog::LineLogs& logs, std::shared_ptr<lambda::Isolation> isolation)
    : impl_(std::make_unique<Impl>(loop, settings, logs, std::move(isolation))) {}
GatewayWorker::~GatewayWorker() = default;

Result<void, std::string> GatewayWorker::serve(ServedConfiguration configuration) {
  const std::vector<ServedAddress>& addresses = configuration.state->addresses();
  auto sockets = impl_->server.open_sockets(addresses);
  if (!sockets) return Unexpected(sockets.error().message);
  impl_->server.set_tls(configuration.certificate.tls);
  impl_->runner.replace_state(configuration.state);
  impl_->server.serve(addresses, std::move(*sockets));
  impl_->served = std::move(configuration);
  return {};
}

void GatewayWorker::show(ServerCertificate certificate) {
  impl_->server.set_tls(certificate.tls);
  impl_->served.certificate = std::move(certificate);
}

void GatewayWorker::retire_exposed_functions() { impl_->runner.retire_exposed_functions(); }

const ServedConfiguration& GatewayWorker::served() const noexcept { return impl_->served; }
void GatewayWorker::drain() { impl_->server.drain(); }

size_t GatewayWorker::open_connections() const noexcept {
  return static_cast<size_t>(impl_->server.counts().open);
}

std::string GatewayWorker::counts_text() const {
  const ServerCounts https = impl_->server.counts();
  const http::BodyBudget::Counts& bodies = impl_->bodies.counts();
  const CallCounts calls = impl_->runner.counts();
  const lambda::ServiceCounts functions = impl_->runner.function_counts();
  const auto average = [](uint64_t sum, uint64_t count) { return count == 0 ? 0 : sum / count; };
  return concat(
      "connections=", https.connections, " open=", https.open, " refused=", https.refused,
      " handshakes=", https.handshakes, " resumed=", https.resumed,
      " handshakes_failed=", https.handshakes_failed, " body_memory=", bodies.bytes,
      " bodies_waited=", bodies.waited, " bodies_denied=", bodies.denied,
      " bodies_refused=", bodies.refused, " calls=", calls.count, " 4xx=", calls.errors_4xx,
      " 5xx=", calls.errors_5xx, " requests_refused=", calls.refused,
      " abandoned=", calls.abandoned, " latency_us=", average(calls.latency_us, calls.count),
      " integration_latency_us=", average(calls.integration_latency_us, calls.integrations),
      " invocations=", functions.invocations, " function_errors=", functions.errors,
      " throttles=", functions.throttles, " cold_starts=", functions.cold_starts,
      " environments=", functions.environments,
      " runtime_api_refused=", functions.refused_connections);
}

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
