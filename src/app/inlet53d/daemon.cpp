// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include <sys/resource.h>

#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/net/process.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/dns_daemon.h"
#include "inlet53/settings/settings.h"

namespace inlet53::app {

namespace {

// Raises the limit of descriptors to its maximum, because each connection needs one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void warn_of_few_descriptors(const settings::DnsDaemon& settings) {
  const uint32_t available = forward::available_sockets(settings.forward, settings.server.workers);
  const uint32_t needed = settings::sockets_for(settings.forward);
  if (available >= needed) return;
  log_warning(concat("the limit of open files allows each worker ", available,
                     " sockets to targets, but the limits of [forward] need ", needed,
                     ": raise it, or lower max_in_flight"));
}

void end_at_once(int) { std::_Exit(kExitOk); }

std::string groups_text(const topology::Topology& topology, std::string_view endpoint_id) {
  const topology::ResolverEndpoint* endpoint = topology.find_resolver_endpoint(endpoint_id);
  if (endpoint == nullptr) return {};
  std::vector<std::string_view> names;
  for (const std::string& id : endpoint->security_groups) {
    const topology::SecurityGroup* group = topology.find_security_group(id);
    if (group != nullptr) names.push_back(group->name);
  }
  return joined(names);
}

// Text for the operator about a client that security groups do not admit: the client, the endpoint
// IP address, the groups, and a rule that admits it.
std::string refusal_report(const topology::Topology& topology,
                           const resolver::EndpointAddress& address,
                           const server::RefusedClient& refused) {
  const std::string client = refused.client.to_text();
  const std::string_view protocol = refused.over_tcp ? "tcp" : "udp";
  return concat("no security group of ", address.endpoint_id, " (",
                groups_text(topology, address.endpoint_id), ") admits ", client, " over ", protocol,
                " at ", address.address.to_text(), "; it gets no answer. A rule that admits it: { ",
                "protocol = \"", protocol, "\", port = ", topology::service_port(address.protocol),
                ", cidr = \"", client, refused.client.is_v4() ? "/32" : "/128", "\" }");
}

}  // namespace

Daemon::Daemon(Options options)
    : options_(std::move(options)),
      seed_(zone::random_seed()),
      workers_wakeup_(loop_, [this] { on_workers_done(); }),
      refusal_wakeup_(loop_, [this] { report_refusals(); }),
      refused_clients_([this] { refusal_wakeup_.wake(); }),
      reload_(
          loop_, background_,
          [this] {
            return [this, state = state_, tls = tls_] {
              return prepare(options_, seed_, state.get(), tls);
            };
          },
          [this](uint64_t run, net::PreparationResult<Prepared> prepared) {
            apply_reload(run, std::move(prepared));
          }),
      renewal_(
          loop_, background_,
          [this] {
            return [settings = config_.settings, state = state_, tls = tls_] {
              return renew_certificate(settings, state, tls);
            };
          },
          [this](uint64_t, net::PreparationResult<RenewedCertificate> renewed) {
            install_certificate(std::move(renewed));
          }),
      renewal_timer_(loop_, [this] { renewal_.request(); }),
      cache_control_(loop_, workers_, [this](control::RequestId id, http::Response&& response) {
        control_->respond(id, std::move(response));
      }) {}

Daemon::~Daemon() = default;

int Daemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write(2), as a full disk is
  net::deny_tracing();  // it holds keys, and functions of the gateway may have its user id
  raise_descriptor_limit();
  forbid_others_to_write();
  // Installed before slow operations: signals wait until the loop runs.
  net::SignalWatcher hangup(loop_, SIGHUP, [this] { reload_.request(); });
  net::SignalWatcher user1(loop_, SIGUSR1, [this] {
    if (query_log_ != nullptr) query_log_->reopen();
  });
  if (const int code = start(); code != kExitOk) return code;

  std::optional<net::SignalWatcher> term(std::in_place, loop_, SIGTERM, [this] { end(); });
  std::optional<net::SignalWatcher> interrupt(std::in_place, loop_, SIGINT, [this] { end(); });
  net::Timer statistics(loop_, [this] { log_statistics(); });
  const uint64_t interval =
      uint64_t{config_.settings.dns.server.statistics_interval_seconds} * 1000;
  if (interval > 0) statistics.start(interval, interval);

  loop_.run();
  // The loop does not run any more, and a disk may block: another signal ends the process.
  term.reset();
  interrupt.reset();
  std::signal(SIGTERM, end_at_once);
  std::signal(SIGINT, end_at_once);
  if (query_log_ != nullptr) query_log_->close();
  log_statistics();
  log_info("ended");
  // A reload that is still being prepared is not needed.
  if (reload_.is_running() || renewal_.is_running()) std::_Exit(kExitOk);
  return kExitOk;
}

int Daemon::start() {
  auto result =
      net::run_preparation<Prepared>([this] { return prepare(options_, seed_, nullptr, tls_); });
  if (!result) {
    for (const std::string& error : result.error()) log_error(error);
    return kExitConfiguration;
  }
  const std::unique_ptr<Prepared> prepared = std::move(*result);
  for (const std::string& warning : prepared->warnings) log_warning(warning);
  config_ = std::move(prepared->config);
  auto sockets = open_sockets(*prepared->state);
  if (!sockets) {
    log_error(sockets.error());
    return kExitCannotBind;
  }
  if (const int code = load_authorities(config_.settings.dns.forward); code != kExitOk) return code;
  if (const int code = open_control(config_.settings.dns.control); code != kExitOk) return code;
  if (const int code = start_query_log(config_.settings.dns.query_log); code != kExitOk)
    return code;
  if (!prepared->state->forward_rules.empty()) warn_of_few_descriptors(config_.settings.dns);
  start_workers();
  assign(std::move(*prepared), std::move(*sockets));
  for (const resolver::EndpointAddress& address : state_->addresses) {
    const bool plain = address.protocol == topology::EndpointProtocol::Do53;
    log_info(concat("serving ", address.endpoint_id, " ", address.interface_id, " at ",
                    address.listen.to_text(), " (",
                    plain ? "UDP and TCP" : topology::to_text(address.protocol), ")"));
  }
  return kExitOk;
}

int Daemon::load_authorities(const settings::Forward& settings) {
  auto context = net::TlsClientContext::make(settings.certificate_authorities);
  if (!context) {
    log_error(concat(config_.file, ": forward.certificate_authorities: ", context.error()));
    return kExitConfiguration;
  }
  forward_tls_ = std::make_shared<const net::TlsClientContext>(std::move(*context));
  return kExitOk;
}

int Daemon::open_control(const settings::Control& settings) {
  auto opened = control::DaemonInterface::open(
      loop_, {"inlet53d", INLET53_VERSION, options_.config, settings.socket, settings.group},
      {.status = [this] { return status_json(); },
       .reload = [this] { return reload_.request(); },
       .stop = [this] { end(); }},
      cache_control_.routes());
  if (!opened) {
    log_error(opened.error().message);
    return opened.error().exit_code;
  }
  control_ = std::move(*opened);
  return kExitOk;
}

int Daemon::start_query_log(const settings::QueryLog& settings) {
  if (settings.file.empty()) {
    log_info("query log: off");
    return kExitOk;
  }
  auto opened = querylog::QueryLog::open(settings, config_.settings.dns.server.workers);
  if (!opened) {
    log_error(opened.error());
    return kExitFailure;
  }
  query_log_ = std::move(*opened);
  log_info(concat("query log: ", settings.file));
  return kExitOk;
}

void Daemon::start_workers() {
  const settings::DnsDaemon& settings = config_.settings.dns;
  const server::CookieSecrets cookie_secrets = server::make_cookie_secrets(
      settings.edns.cookie_secret, settings.edns.previous_cookie_secret);
  const auto limits = server::QueryLimits::make(settings.limits);
  const bool fill = settings.server.udp_spread == settings::UdpSpread::Fill;
  if (fill && settings.server.workers > 1) {
    spread_ = std::make_unique<server::SpreadKeeper>(loop_, workers_, settings.server.workers);
  }
  for (uint32_t i = 0; i < settings.server.workers; ++i) {
    server::Worker::Options options;
    options.settings = settings;
    options.cookie_secrets = cookie_secrets;
    options.limits = limits;
    options.forward_tls = forward_tls_;
    const std::vector<uint32_t>& cpus = settings.server.cpus;
    if (!cpus.empty()) options.cpu = cpus[i % cpus.size()];
    options.refused_clients = &refused_clients_;
    if (query_log_ != nullptr) options.log = &query_log_->appender(i);
    if (spread_ != nullptr) options.fell_behind = [this] { spread_->fell_behind(); };
    options.assigned = [this] {
      if (assigning_.fetch_sub(1) == 1) workers_wakeup_.wake();
    };
    options.ended = [this] {
      if (running_.fetch_sub(1) == 1) workers_wakeup_.wake();
    };
    workers_.push_back(std::make_unique<server::Worker>(std::move(options)));
    ++running_;
  }
}

Result<Daemon::Sockets, std::string> Daemon::open_sockets(
    const resolver::ResolverState& state) const {
  std::vector<server::ServedAt> added;
  for (const resolver::EndpointAddress& address : state.addresses) {
    if (state_ == nullptr || state_->find(address.listen, address.protocol) == nullptr) {
      added.push_back({address.listen, address.protocol});
    }
  }
  auto sockets = server::open_sockets(added, config_.settings.dns.server);
  if (!sockets) return Unexpected(sockets.error().message);
  return std::move(*sockets);
}

void Daemon::assign(Prepared prepared, Sockets sockets) {
  reload_.pause();  // a reload may need addresses that are still being closed
  assigning_ = workers_.size();
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->assign({prepared.state, std::move(sockets[i]), prepared.tls});
  }
  retiring_ = std::exchange(state_, std::move(prepared.state));
  tls_ = std::move(prepared.tls);
  renewal_timer_.set(tls_.renewal);
}

// After an error the timer requests it again. A reload in the meantime has loaded the certificate.
void Daemon::install_certificate(net::PreparationResult<RenewedCertificate> renewed) {
  if (!renewed) {
    for (const std::string& error : renewed.error()) log_error(error);
    return;
  }
  if (ending_ || (*renewed)->state != state_) return;
  tls_ = std::move((*renewed)->tls);
  for (auto& worker : workers_) worker->set_tls(tls_);
  renewal_timer_.set(tls_.renewal);
  log_info("renewed the certificate of DNS over TLS and HTTPS");
}

void Daemon::apply_reload(uint64_t run, net::PreparationResult<Prepared> result) {
  if (ending_) return;
  if (!result) return conclude_reload(run, {.errors = std::move(result.error())});
  const std::unique_ptr<Prepared> prepared = std::move(*result);
  auto sockets = open_sockets(*prepared->state);
  if (!sockets) return conclude_reload(run, {.errors = {sockets.error()}});
  control::ReloadReport report{.warnings = std::move(prepared->warnings)};
  config::Config config = std::move(prepared->config);
  assign(std::move(*prepared), std::move(*sockets));
  config_.topology = std::move(config.topology);
  config_.settings.https =
      config.settings.https;  // the other daemon's; certificates need its authority
  report.needs_restart = settings::apply_reload(config_.settings.dns, config.settings.dns);
  report.summary = concat("serving ", state_->addresses.size(), " addresses");
  applying_.emplace(run, std::move(report));
}

void Daemon::conclude_reload(uint64_t run, control::ReloadReport report) {
  report.log(options_.config);
  if (control_ != nullptr) control_->reloaded(run, std::move(report));
}

std::string Daemon::status_json() const {
  server::CountTotals totals;
  for (const auto& worker : workers_) totals.add(worker->counts());
  const auto workers = static_cast<uint32_t>(workers_.size());
  std::optional<querylog::QueryLogCounts> log_counts;
  if (query_log_ != nullptr) log_counts = query_log_->counts();
  return app::status_json({.state = *state_,
                           .topology = config_.topology,
                           .workers = workers,
                           .udp_workers = spread_ == nullptr ? workers : spread_->active(),
                           .query_log = config_.settings.dns.query_log.file,
                           .log_counts = log_counts,
                           .totals = totals});
}

void Daemon::on_workers_done() {
  if (ending_) {
    if (running_ == 0) loop_.stop();
    return;
  }
  if (assigning_ > 0) return;
  // Freeing a large state takes long: another thread does it, so that signals and commands do not
  // wait.
  if (retiring_ != nullptr) {
    background_.post([retired = std::move(retiring_)] {});
    refused_clients_.clear();
  }
  if (applying_) {
    auto [run, report] = *std::exchange(applying_, std::nullopt);
    conclude_reload(run, std::move(report));
  }
  reload_.resume();
}

void Daemon::report_refusals() {
  const server::RefusedClients::Report report = refused_clients_.collect();
  for (const server::RefusedClient& refused : report.clients) {
    const resolver::EndpointAddress* address = state_->find(refused.listen, refused.protocol);
    if (address == nullptr) continue;  // no longer served
    const CidrSet& admitted = refused.over_tcp ? address->tcp_sources : address->udp_sources;
    if (admitted.contains(refused.client)) continue;  // since a reload
    log_warning(refusal_report(config_.topology, *address, refused));
  }
  if (report.is_full) {
    log_warning(
        concat("security groups have refused ", server::RefusedClients::kMaxClients,
               " clients; until the next reload, further clients are only counted (denied)"));
  }
}

void Daemon::end() {
  if (std::exchange(ending_, true)) {
    log_warning("stopped immediately after a second signal");
    std::_Exit(kExitOk);
  }
  if (query_log_ != nullptr) query_log_->stop_waiting();  // a full disk must not block the end
  reload_.pause();
  renewal_.pause();
  for (auto& worker : workers_) worker->stop();
}

void Daemon::log_statistics() const {
  server::CountTotals totals;
  for (const auto& worker : workers_) totals.add(worker->counts());
  std::string line = concat("statistics: ", totals.to_text());
  if (query_log_ != nullptr) {
    const querylog::QueryLogCounts log = query_log_->counts();
    line += concat(" records=", log.written, " records_dropped_ring=", log.dropped_ring,
                   " records_dropped_disk=", log.dropped_disk);
  }
  if (spread_ != nullptr) line += concat(" udp_workers=", spread_->active());
  log_info(line);
}

}  // namespace inlet53::app

int main(int argc, char** argv) {
  using namespace inlet53;
  return run_program("inlet53d", [&] {
    auto options = app::parse_options(argc, argv);
    if (const int* code = std::get_if<int>(&options)) return *code;
    return app::Daemon(std::get<app::Options>(std::move(options))).run();
  });
}
