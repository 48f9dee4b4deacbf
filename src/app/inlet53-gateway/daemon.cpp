// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "inlet53/base/file.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/net/process.h"
#include "inlet53/settings/settings.h"

namespace inlet53::app {

namespace {

constexpr uint64_t kDrainMs = 3000;
constexpr uint64_t kDrainPollMs = 10;
constexpr uint64_t kLeastLogMs = 500;  // minimum time for the end of the logs

// Raises the limit of descriptors to its maximum, because each connection needs one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void end_at_once(int) { std::_Exit(kExitOk); }

}  // namespace

GatewayDaemon::GatewayDaemon(GatewayOptions options)
    : options_(std::move(options)),
      drain_timer_(loop_, [this] { check_drained(); }),
      reload_(
          loop_, background_,
          [this] {
            return
                [context = context(worker_->served().certificate.tls)] { return prepare(context); };
          },
          [this](uint64_t run, net::PreparationResult<Prepared> prepared) {
            apply_reload(run, std::move(prepared));
          }),
      renewal_(
          loop_, background_,
          [this] {
            return [settings = settings_, served = worker_->served()] {
              return renew_certificate(settings, served);
            };
          },
          [this](uint64_t, net::PreparationResult<RenewedCertificate> renewed) {
            install_certificate(std::move(renewed));
          }),
      renewal_timer_(loop_, [this] { renewal_.request(); }) {}

GatewayDaemon::~GatewayDaemon() = default;

int GatewayDaemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write(2), as a full disk is
  net::deny_tracing();            // it holds keys, and functions may have its user id
  raise_descriptor_limit();
  forbid_others_to_write();
  // Installed before slow operations: signals wait until the loop runs.
  net::SignalWatcher hangup(loop_, SIGHUP, [this] { reload_.request(); });
  net::SignalWatcher user1(loop_, SIGUSR1, [this] { logs_.reopen(); });
  if (const int code = start(); code != kExitOk) return code;
  const net::StrayChildren strays(loop_);  // functions can give it children

  std::optional<net::SignalWatcher> term(std::in_place, loop_, SIGTERM, [this] { end(); });
  std::optional<net::SignalWatcher> interrupt(std::in_place, loop_, SIGINT, [this] { end(); });
  net::Timer statistics(loop_, [this] { log_statistics(); });
  const uint64_t interval = uint64_t{settings_.https.gateway.statistics_interval_seconds} * 1000;
  if (interval > 0) statistics.start(interval, interval);

  loop_.run();
  // The loop does not run any more, and a disk may block: another signal ends the process.
  term.reset();
  interrupt.reset();
  std::signal(SIGTERM, end_at_once);
  std::signal(SIGINT, end_at_once);
  return finish();
}

int GatewayDaemon::start() {
  auto result = net::run_preparation<Prepared>([this] { return prepare(context(nullptr)); });
  if (!result) {
    for (const std::string& error : result.error()) log_error(error);
    return kExitConfiguration;
  }
  const std::unique_ptr<Prepared> prepared = std::move(*result);
  for (const std::string& warning : prepared->warnings) log_warning(warning);
  settings_ = prepared->settings;
  isolation_ = prepared->isolation;
  logs_.set_max_waiting(settings_.https.gateway.log_buffer);
  worker_ = std::make_unique<gateway::GatewayWorker>(loop_, settings_.https, logs_, isolation_);
  if (const auto served = serve(*prepared); !served) {
    log_error(served.error());
    return kExitCannotBind;
  }
  if (const int code = open_control(); code != kExitOk) return code;
  for (const gateway::ServedAddress& address : worker_->served().state->addresses()) {
    log_info(
        concat("serving ", address.vpc_endpoint, " at ", address.listen.to_text(), " (HTTPS)"));
  }
  return kExitOk;
}

PreparationContext GatewayDaemon::context(
    std::shared_ptr<const net::TlsServerContext> previous_tls) {
  return {options_, logs_, background_, std::move(previous_tls), isolation_};
}

Result<void, std::string> GatewayDaemon::serve(Prepared& prepared) {
  if (auto served = worker_->serve(std::move(prepared.served)); !served) return served;
  renewal_timer_.set(worker_->served().certificate.renewal);
  return {};
}

// After an error the timer requests it again. A reload in the meantime has loaded the certificate.
void GatewayDaemon::install_certificate(net::PreparationResult<RenewedCertificate> renewed) {
  if (!renewed) {
    for (const std::string& error : renewed.error()) log_error(error);
    return;
  }
  if (ending_ || (*renewed)->state != worker_->served().state) return;
  worker_->show(std::move((*renewed)->certificate));
  renewal_timer_.set(worker_->served().certificate.renewal);
  log_info("renewed the certificate of HTTPS");
}

void GatewayDaemon::apply_reload(uint64_t run, net::PreparationResult<Prepared> result) {
  if (ending_) return;
  worker_->retire_exposed_functions();  // a reload that is refused may have made keys, too
  if (!result) return conclude_reload(run, {.errors = std::move(result.error())});
  const std::unique_ptr<Prepared> prepared = std::move(*result);
  if (const auto served = serve(*prepared); !served) {
    return conclude_reload(run, {.errors = {served.error()}});
  }
  settings_.dns = prepared->settings.dns;  // the other daemon's; certificates need its authority
  control::ReloadReport report{.warnings = std::move(prepared->warnings)};
  report.needs_restart = settings::apply_reload(settings_.https, prepared->settings.https);
  const gateway::GatewayState& state = *worker_->served().state;
  report.summary = concat("serving ", state.addresses().size(), " addresses, ", state.apis().size(),
                          " REST APIs");
  conclude_reload(run, std::move(report));
}

void GatewayDaemon::conclude_reload(uint64_t run, control::ReloadReport report) {
  report.log(options_.config);
  if (control_ != nullptr) control_->reloaded(run, std::move(report));
}

int GatewayDaemon::open_control() {
  const settings::Gateway& settings = settings_.https.gateway;
  auto opened = control::DaemonInterface::open(loop_,
                                               {"inlet53-gateway", INLET53_VERSION, options_.config,
                                                settings.control_socket, settings.control_group},
                                               {.status = [this] { return status_json(); },
                                                .reload = [this] { return reload_.request(); },
                                                .stop = [this] { end(); }},
                                               {});
  if (!opened) {
    log_error(opened.error().message);
    return opened.error().exit_code;
  }
  control_ = std::move(*opened);
  return kExitOk;
}

std::string GatewayDaemon::status_json() const {
  const gateway::GatewayState& state = *worker_->served().state;
  nlohmann::ordered_json addresses = nlohmann::ordered_json::array();
  for (const gateway::ServedAddress& address : state.addresses()) {
    addresses.push_back({{"vpc_endpoint", address.vpc_endpoint},
                         {"listen", address.listen.to_text()},
                         {"protocol", "HTTPS"},
                         {"state", "serving"}});
  }
  return dump_json({{"addresses", std::move(addresses)},
                    {"apis", state.apis().size()},
                    {"open_connections", worker_->open_connections()}});
}

void GatewayDaemon::end() {
  if (std::exchange(ending_, true)) {
    log_warning("stopped immediately after a second signal");
    std::_Exit(kExitOk);
  }
  reload_.pause();
  renewal_.pause();
  worker_->drain();
  drain_until_ms_ = loop_.now_ms() + kDrainMs;
  drain_timer_.start(0, kDrainPollMs);
}

void GatewayDaemon::check_drained() {
  if (worker_->open_connections() == 0 || loop_.now_ms() >= drain_until_ms_) loop_.stop();
}

int GatewayDaemon::finish() {
  const std::string calls = worker_->counts_text();
  worker_.reset();  // ends the functions' processes
  const uint64_t now = loop_.now_ms();
  const uint64_t left = drain_until_ms_ > now ? drain_until_ms_ - now : 0;
  const bool closed = logs_.close(std::chrono::milliseconds(std::max(left, kLeastLogMs)));
  log_info(concat("statistics: ", calls, line_counts_text()));
  log_info("ended");
  // A reload that is still being prepared is not needed, and a thread that hangs in a write would
  // use objects that a return destroys.
  if (!closed || reload_.is_running() || renewal_.is_running()) std::_Exit(kExitOk);
  return kExitOk;
}

std::string GatewayDaemon::line_counts_text() const {
  const linelog::LineCounts lines = logs_.counts();
  return concat(" log_lines=", lines.written, " log_lines_waiting=", lines.waiting,
                " log_lines_dropped_full=", lines.dropped_full,
                " log_lines_dropped_disk=", lines.dropped_disk);
}

void GatewayDaemon::log_statistics() const {
  log_info(concat("statistics: ", worker_->counts_text(), line_counts_text()));
}

}  // namespace inlet53::app

int main(int argc, char** argv) {
  using namespace inlet53;
  return run_program("inlet53-gateway", [&] {
    auto options = app::parse_gateway_options(argc, argv);
    if (const int* code = std::get_if<int>(&options)) return *code;
    return app::GatewayDaemon(std::get<app::GatewayOptions>(std::move(options))).run();
  });
}
