#include "daemon.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include <sys/resource.h>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

constexpr uint64_t kDrainMs = 3000;
constexpr uint64_t kDrainPollMs = 10;

// Each connection is a descriptor: take as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A configuration with the state that was built from it.
struct Prepared {
  config::Config config;
  std::shared_ptr<const gateway::GatewayState> state;
};

// Every error is logged; nothing comes when there was one.
std::optional<Prepared> prepare(const GatewayOptions& options) {
  auto config = config::load_config(options.config);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return std::nullopt;
  }
  auto state = gateway::GatewayState::build(config->topology, options.config);
  if (!state) {
    for (const gateway::StateError& error : state.error()) log_error(error.to_text());
    return std::nullopt;
  }
  if (!topology::calls_for_gateway(config->topology)) {
    log_error(concat(options.config, ": no REST API has a stage: there is nothing to serve"));
    return std::nullopt;
  }
  if ((*state)->addresses().empty()) {
    log_error(concat(options.config, ": no execute-api VPC endpoint has a network interface"));
    return std::nullopt;
  }
  return Prepared{std::move(*config), std::move(*state)};
}

}  // namespace

GatewayDaemon::GatewayDaemon(GatewayOptions options)
    : options_(std::move(options)), drain_timer_(loop_, [this] { check_drained(); }) {}

GatewayDaemon::~GatewayDaemon() = default;

int GatewayDaemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write(2), as a full disk is
  raise_descriptor_limit();
  // Before anything that takes time: what a signal asks for waits until the loop runs.
  net::SignalWatcher hangup(loop_, SIGHUP, [this] { reload(); });
  net::SignalWatcher user1(loop_, SIGUSR1, [this] { worker_->reopen_logs(); });
  if (const int code = start(); code != kExitOk) return code;

  net::SignalWatcher term(loop_, SIGTERM, [this] { end(); });
  net::SignalWatcher interrupt(loop_, SIGINT, [this] { end(); });
  net::Timer statistics(loop_, [this] { log_statistics(); });
  const uint64_t interval = uint64_t{config_.settings.gateway.statistics_interval_seconds} * 1000;
  if (interval > 0) statistics.start(interval, interval);

  loop_.run();
  log_statistics();
  worker_.reset();  // ends the functions' processes, writes out the logs
  log_info("ended");
  return kExitOk;
}

int GatewayDaemon::start() {
  auto prepared = prepare(options_);
  if (!prepared) return kExitConfiguration;
  config_ = std::move(prepared->config);
  auto worker = std::make_unique<gateway::GatewayWorker>(loop_, config_.settings);
  if (const auto served = worker->serve(std::move(prepared->state), config_.topology); !served) {
    log_error(served.error().message);
    return served.error().cannot_bind ? kExitCannotBind : kExitFailure;
  }
  worker_ = std::move(worker);
  for (const gateway::ServedAddress& address : worker_->state().addresses()) {
    log_info(
        concat("serving ", address.vpc_endpoint, " at ", address.listen.to_text(), " (HTTPS)"));
  }
  return kExitOk;
}

void GatewayDaemon::reload() {
  if (ending_) return;
  auto prepared = prepare(options_);
  if (!prepared) return log_error("reload refused: the old configuration stays");
  const auto served = worker_->serve(std::move(prepared->state), prepared->config.topology);
  if (!served) {
    log_error(served.error().message);
    return log_error("reload refused: the old configuration stays");
  }
  config_.topology = std::move(prepared->config.topology);
  const settings::Settings& settings = prepared->config.settings;
  if (!(settings.gateway == config_.settings.gateway &&
        settings.lambda == config_.settings.lambda)) {
    log_warning("reload: [gateway] and [lambda] change only at a restart");
  }
  log_info(concat("reloaded ", options_.config, ": serving ", worker_->state().addresses().size(),
                  " addresses, ", worker_->state().apis().size(), " REST APIs"));
}

void GatewayDaemon::end() {
  if (std::exchange(ending_, true)) {
    log_warning("ended at once, at the second signal");
    std::_Exit(kExitOk);
  }
  worker_->drain();
  drain_until_ms_ = loop_.now_ms() + kDrainMs;
  drain_timer_.start(0, kDrainPollMs);
}

void GatewayDaemon::check_drained() {
  if (worker_->open_connections() == 0 || loop_.now_ms() >= drain_until_ms_) loop_.stop();
}

void GatewayDaemon::log_statistics() const {
  log_info(concat("statistics: ", worker_->counts_text()));
}

}  // namespace inlet53::app
