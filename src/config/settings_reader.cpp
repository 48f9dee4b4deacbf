#include "settings_reader.h"

namespace inlet53::config {

namespace {

namespace range = settings::range;
using settings::QueryLogMode;
using settings::UdpSpread;
using settings::WhenFull;

void read_server(TableReader& in, settings::Server& server) {
  in.read("workers", Need::Optional, server.workers,
          in_range<uint32_t>(parse_number, range::kWorkers));
  in.read_list("cpus", Need::Optional, server.cpus, in_range<uint32_t>(parse_number, range::kCpu));
  in.read("edns_udp_size", Need::Optional, server.edns_udp_size,
          in_range<uint32_t>(parse_number, range::kEdnsUdpSize));
  in.read("udp_receive_buffer", Need::Optional, server.udp_receive_buffer,
          in_range<uint32_t>(parse_octets, range::kUdpReceiveBuffer));
  in.read("udp_segment", Need::Optional, server.udp_segment, parse_boolean);
  in.read("udp_spread", Need::Optional, server.udp_spread,
          one_of<UdpSpread>({{"query", UdpSpread::Query}, {"client", UdpSpread::Client}}));
  in.read("statistics_interval", Need::Optional, server.statistics_interval_seconds,
          in_range<uint32_t>(parse_seconds, range::kStatisticsIntervalSeconds));
}

void read_tcp(TableReader& in, settings::Tcp& tcp) {
  in.read("max_connections", Need::Optional, tcp.max_connections,
          in_range<uint32_t>(parse_number, range::kConnections));
  in.read("max_connections_per_client", Need::Optional, tcp.max_connections_per_client,
          in_range<uint32_t>(parse_number, range::kConnections));
  in.read("idle_timeout", Need::Optional, tcp.idle_timeout_ms,
          in_range<uint32_t>(parse_milliseconds, range::kTcpTimeoutMs));
  in.read("first_query_timeout", Need::Optional, tcp.first_query_timeout_ms,
          in_range<uint32_t>(parse_milliseconds, range::kTcpTimeoutMs));
  in.read("max_pipelined", Need::Optional, tcp.max_pipelined_octets,
          in_range<uint32_t>(parse_octets, range::kMaxPipelined));
  in.read("backlog", Need::Optional, tcp.backlog,
          in_range<uint32_t>(parse_number, range::kBacklog));
}

/// "unique" leaves out what a cache answered: without a cache it would only look like a setting.
Value<QueryLogMode> parse_mode(const toml::node& node) {
  const auto mode =
      one_of<QueryLogMode>({{"all", QueryLogMode::All}, {"unique", QueryLogMode::Unique}})(node);
  if (mode && *mode == QueryLogMode::Unique) {
    return Unexpected(std::string(
        "\"unique\" leaves out what a cache answered, but this version has no cache; use \"all\""));
  }
  return mode;
}

void read_query_log(TableReader& in, settings::QueryLog& log) {
  in.read("file", Need::Optional, log.file, path_below(in.reading().folder));
  in.read("mode", Need::Optional, log.mode, parse_mode);
  in.read("when_full", Need::Optional, log.when_full,
          one_of<WhenFull>({{"drop", WhenFull::Drop}, {"block", WhenFull::Block}}));
  in.read("buffers_per_worker", Need::Optional, log.buffers_per_worker,
          in_range<uint32_t>(parse_number, range::kBuffersPerWorker));
  in.read("rotate_size", Need::Optional, log.rotate_octets,
          in_range<uint64_t>(parse_octets, range::kRotateOctets));
  in.read("rotate_interval", Need::Optional, log.rotate_seconds,
          in_range<uint32_t>(parse_seconds, range::kRotateSeconds));
  in.read("keep_files", Need::Optional, log.keep_files,
          in_range<uint32_t>(parse_number, range::kKeepFiles));
}

}  // namespace

void read_settings(TableReader& root, settings::Settings& settings) {
  root.section("server", [&](TableReader& in) { read_server(in, settings.server); });
  root.section("tcp", [&](TableReader& in) { read_tcp(in, settings.tcp); });
  root.section("query_log", [&](TableReader& in) { read_query_log(in, settings.query_log); });
}

}  // namespace inlet53::config
