// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache_control.h"
#include "daemon_status.h"
#include "preparation.h"

#include "inlet53/config/config.h"
#include "inlet53/control/daemon_interface.h"
#include "inlet53/net/background_thread.h"
#include "inlet53/net/certificate_authority.h"
#include "inlet53/net/loop.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/query_spread.h"
#include "inlet53/server/refused_clients.h"
#include "inlet53/server/worker.h"

namespace inlet53::app {

/// DNS daemon: reads the configuration, runs the workers and the query log, handles signals. A
/// reload is prepared completely on another thread before it reaches a worker. Threads: the main
/// thread's.
class Daemon {
 public:
  explicit Daemon(Options options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Starts, serves until TERM or INT, and ends. Returns the exit code; errors are logged.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] int start();
  [[nodiscard]] int load_authorities(const settings::Forward& settings);
  [[nodiscard]] int open_control(const settings::Control& settings);
  [[nodiscard]] int start_query_log(const settings::QueryLog& settings);
  void start_workers();
  void apply_reload(uint64_t run, net::PreparationResult<Prepared> prepared);
  /// Logs the result of a reload and responds to the requests for it.
  void conclude_reload(uint64_t run, control::ReloadReport report);
  [[nodiscard]] std::string status_json() const;
  /// One list of sockets per worker, for the addresses of `state` that are not served yet.
  using Sockets = std::vector<std::vector<server::AddressSockets>>;
  /// Errors: an address that cannot be bound; nothing has changed then.
  [[nodiscard]] Result<Sockets, std::string> open_sockets(
      const resolver::ResolverState& state) const;
  void assign(Prepared prepared, Sockets sockets);
  void on_workers_done();
  void report_refusals();
  void install_certificate(net::PreparationResult<RenewedCertificate> renewed);
  void end();
  void log_statistics() const;

  const Options options_;
  const zone::HashSeed seed_;
  net::Loop loop_;
  config::Config config_;
  std::shared_ptr<const resolver::ResolverState> state_;
  server::TlsContexts tls_;
  /// State before `state_`, kept until no worker uses it; then `background_` frees it.
  std::shared_ptr<const resolver::ResolverState> retiring_;
  std::unique_ptr<querylog::QueryLog> query_log_;
  std::shared_ptr<const net::TlsClientContext> forward_tls_;  // authorities of DoT targets
  std::atomic<size_t> assigning_{0};  // workers that have not applied `state_`
  std::atomic<size_t> running_{0};    // workers that have not ended
  net::Wakeup workers_wakeup_;        // one of the counters is 0
  net::Wakeup refusal_wakeup_;        // of `refused_clients_`
  server::RefusedClients refused_clients_;
  net::BackgroundThread background_{"reload"};
  net::Preparation<Prepared> reload_;
  net::Preparation<RenewedCertificate> renewal_;
  net::RenewalTimer renewal_timer_;  // asks for `renewal_`
  bool ending_ = false;
  CacheControl cache_control_;
  std::unique_ptr<control::DaemonInterface> control_;  // null: there is no control socket
  /// A reload whose state not all workers have applied: its run and its report.
  std::optional<std::pair<uint64_t, control::ReloadReport>> applying_;
  std::unique_ptr<server::SpreadKeeper> spread_;  // null: UDP queries go to all workers
  std::vector<std::unique_ptr<server::Worker>> workers_;
};

}  // namespace inlet53::app
