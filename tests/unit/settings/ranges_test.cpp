#include "inlet53/settings/ranges.h"

#include <limits>

#include <gtest/gtest.h>

#include "inlet53/settings/settings.h"

namespace inlet53::settings {
namespace {

/// A setting, its range and the most that its field holds.
struct Setting {
  const char* name;
  uint64_t value;
  range::Range range;
  uint64_t field_holds;
};

constexpr uint64_t k32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t k64 = std::numeric_limits<uint64_t>::max();

TEST(Ranges, HoldTheDefaultsAndFitTheFields) {
  const Settings defaults;
  const Setting all[] = {
      {"workers", defaults.dns.server.workers, range::kWorkers, k32},
      {"edns_udp_size", defaults.dns.server.edns_udp_size, range::kEdnsUdpSize, k32},
      {"udp_receive_buffer", defaults.dns.server.udp_receive_buffer, range::kUdpReceiveBuffer, k32},
      {"statistics_interval", defaults.dns.server.statistics_interval_seconds,
       range::kStatisticsIntervalSeconds, k32},
      {"max_connections", defaults.dns.tcp.max_connections, range::kConnections, k32},
      {"max_connections_per_client", defaults.dns.tcp.max_connections_per_client,
       range::kConnections, k32},
      {"idle_timeout", defaults.dns.tcp.idle_timeout_ms, range::kTcpTimeoutMs, k32},
      {"first_query_timeout", defaults.dns.tcp.first_query_timeout_ms, range::kTcpTimeoutMs, k32},
      {"max_pipelined", defaults.dns.tcp.max_pipelined_octets, range::kMaxPipelined, k32},
      {"backlog", defaults.dns.tcp.backlog, range::kBacklog, k32},
      {"query_timeout", defaults.dns.forward.query_timeout_ms, range::kForwardTimeoutMs, k32},
      {"max_in_flight", defaults.dns.forward.max_in_flight, range::kForwardsInFlight, k32},
      {"max_in_flight_per_target", defaults.dns.forward.max_in_flight_per_target,
       range::kForwardsInFlight, k32},
      {"max_waiters", defaults.dns.forward.max_waiters, range::kForwardWaiters, k32},
      {"max_waiting", defaults.dns.forward.max_waiting, range::kForwardWaiting, k32},
      {"max_waiting_size", defaults.dns.forward.max_waiting_octets, range::kForwardWaitingOctets,
       k64},
      {"max_waiting_per_client", defaults.dns.forward.max_waiting_per_client,
       range::kForwardsInFlight, k32},
      {"forward edns_udp_size", defaults.dns.forward.edns_udp_size, range::kEdnsUdpSize, k32},
      {"max_sockets", defaults.dns.forward.max_sockets, range::kForwardSockets, k32},
      {"connection_idle_timeout", defaults.dns.forward.connection_idle_timeout_ms,
       range::kForwardIdleTimeoutMs, k32},
      {"log_buffer", defaults.https.gateway.log_buffer, range::kLogBuffer, k32},
      {"buffers_per_worker", defaults.dns.query_log.buffers_per_worker, range::kBuffersPerWorker,
       k32},
      {"rotate_size", defaults.dns.query_log.rotate_octets, range::kRotateOctets, k64},
      {"rotate_interval", defaults.dns.query_log.rotate_seconds, range::kRotateSeconds, k32},
      {"keep_files", defaults.dns.query_log.keep_files, range::kKeepFiles, k32},
  };
  for (const Setting& setting : all) {
    EXPECT_LE(setting.range.least, setting.value) << setting.name;
    EXPECT_LE(setting.value, setting.range.most) << setting.name;
    EXPECT_LE(setting.range.most, setting.field_holds) << setting.name;
  }
}

}  // namespace
}  // namespace inlet53::settings
