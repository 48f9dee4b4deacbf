#include "inlet53/gateway/gateway_worker.h"

#include <utility>

#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/call_runner.h"
#include "inlet53/gateway/https_server.h"
#include "inlet53/gateway/server_certificate.h"

namespace inlet53::gateway {

struct GatewayWorker::Impl {
  Impl(net::Loop& loop, const settings::Settings& given)
      : settings(given),
        logs(loop),
        runner(loop, settings, logs,
               [this](CallId call, http::Response&& response) {
                 server.respond(call, std::move(response));
               }),
        server(loop, settings.gateway, runner) {}

  const settings::Settings settings;
  CallLogs logs;
  CallRunner runner;
  HttpsServer server;
  std::shared_ptr<const net::TlsServerContext> tls;
  std::shared_ptr<const GatewayState> state;
};

GatewayWorker::GatewayWorker(net::Loop& loop, const settings::Settings& settings)
    : impl_(std::make_unique<Impl>(loop, settings)) {}
GatewayWorker::~GatewayWorker() = default;

Result<void, ServeError> GatewayWorker::serve(std::shared_ptr<const GatewayState> state,
                                              const topology::Topology& topology) {
  auto tls = load_server_certificate(impl_->settings.gateway, topology, impl_->tls.get());
  if (!tls) return Unexpected(ServeError{tls.error(), false});
  auto sockets = impl_->server.open_sockets(state->addresses());
  if (!sockets) return Unexpected(ServeError{sockets.error().message, true});
  if (const auto opened = impl_->logs.open(*state); !opened) {
    return Unexpected(ServeError{opened.error(), false});
  }
  impl_->tls = std::move(*tls);
  impl_->server.set_tls(impl_->tls);
  impl_->runner.take_up(state);
  impl_->server.serve(state->addresses(), std::move(*sockets));
  impl_->state = std::move(state);
  return {};
}

const GatewayState& GatewayWorker::state() const noexcept { return *impl_->state; }
void GatewayWorker::reopen_logs() {
  impl_->logs.reopen();
  impl_->runner.reopen_logs();
}
void GatewayWorker::drain() { impl_->server.drain(); }

size_t GatewayWorker::open_connections() const noexcept {
  return static_cast<size_t>(impl_->server.counts().open);
}

std::string GatewayWorker::counts_text() const {
  const ServerCounts https = impl_->server.counts();
  const CallCounts calls = impl_->runner.counts();
  const lambda::ServiceCounts functions = impl_->runner.function_counts();
  const auto average = [](uint64_t sum, uint64_t count) { return count == 0 ? 0 : sum / count; };
  return concat(
      "connections=", https.connections, " open=", https.open, " refused=", https.refused,
      " handshakes=", https.handshakes, " resumed=", https.resumed,
      " handshakes_failed=", https.handshakes_failed, " calls=", calls.count,
      " 4xx=", calls.errors_4xx, " 5xx=", calls.errors_5xx, " requests_refused=", calls.refused,
      " latency_us=", average(calls.latency_us, calls.count),
      " integration_latency_us=", average(calls.integration_latency_us, calls.integrations),
      " invocations=", functions.invocations, " function_errors=", functions.errors,
      " throttles=", functions.throttles, " cold_starts=", functions.cold_starts,
      " environments=", functions.environments, " log_lines_lost=", impl_->logs.lost());
}

}  // namespace inlet53::gateway
