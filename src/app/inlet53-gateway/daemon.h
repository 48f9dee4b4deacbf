#pragma once

#include <memory>
#include <optional>

#include "options.h"

#include "inlet53/config/config.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/gateway/gateway_worker.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"

namespace inlet53::app {

/// The HTTPS daemon: reads the configuration, runs the gateway, takes signals. A configuration that
/// is refused changes nothing. Threads: the main thread's.
class GatewayDaemon {
 public:
  explicit GatewayDaemon(GatewayOptions options);
  ~GatewayDaemon();
  GatewayDaemon(const GatewayDaemon&) = delete;
  GatewayDaemon& operator=(const GatewayDaemon&) = delete;

  /// Starts, serves until TERM or INT, ends. Returns the exit code; what went wrong was logged.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] int start();
  void reload();
  void end();
  void check_drained();
  void log_statistics() const;

  const GatewayOptions options_;
  net::Loop loop_;
  config::Config config_;
  std::unique_ptr<gateway::GatewayWorker> worker_;
  net::Timer drain_timer_;
  uint64_t drain_until_ms_ = 0;
  bool ending_ = false;
};

}  // namespace inlet53::app
