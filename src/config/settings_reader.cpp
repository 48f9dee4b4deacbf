#include "settings_reader.h"

#include "inlet53/settings/forward_sockets.h"

namespace inlet53::config {

namespace {

namespace range = settings::range;
/// Of a file that names neither a certificate nor an authority; beside it.
constexpr std::string_view kAuthorityFolder = "authority";

using settings::QueryLogMode;
using settings::UdpSpread;
using settings::WhenFull;

/// A text that is sent as it stands.
auto parse_octets_of(Range range) {
  return [range](const toml::node& node) -> Value<std::string> {
    Value<std::string> text = parse_text(node);
    if (text && (text->size() < range.least || text->size() > range.most)) {
      return Unexpected(concat("expected a text of ", std::to_string(range.least), " to ",
                               std::to_string(range.most), " octets, found ",
                               std::to_string(text->size())));
    }
    return text;
  };
}

void read_server(TableReader& in, settings::Server& server) {
  in.read("workers", Need::Optional, server.workers,
          in_range<uint32_t>(parse_number, range::kWorkers));
  in.read_list("cpus", Need::Optional, server.cpus, in_range<uint32_t>(parse_number, range::kCpu));
  in.read("edns_udp_size", Need::Optional, server.edns_udp_size,
          in_range<uint32_t>(parse_number, range::kEdnsUdpSize));
  in.read("udp_receive_buffer", Need::Optional, server.udp_receive_buffer,
          in_range<uint32_t>(parse_octets, range::kUdpReceiveBuffer));
  in.read("udp_segment", Need::Optional, server.udp_segment, parse_boolean);
  in.read(
      "udp_spread", Need::Optional, server.udp_spread,
      one_of<UdpSpread>(
          {{"fill", UdpSpread::Fill}, {"query", UdpSpread::Query}, {"client", UdpSpread::Client}}));
  in.read("statistics_interval", Need::Optional, server.statistics_interval_seconds,
          in_range<uint32_t>(parse_seconds, range::kStatisticsIntervalSeconds));
  in.read("version", Need::Optional, server.version, parse_octets_of(range::kChaosText));
  in.read("identity", Need::Optional, server.identity, parse_octets_of(range::kChaosText));
}

/// RFC 9018 §4: the secret of SipHash has 128 bits.
Value<std::string> parse_cookie_secret(const toml::node& node) {
  constexpr size_t kOctets = 16;
  const Value<std::string> text = parse_text(node);
  if (!text) return text;
  auto octets = parse_hex(*text);
  // Without the value: it is a secret.
  if (!octets || octets->size() != kOctets) {
    return Unexpected(std::string("expected 32 hexadecimal digits"));
  }
  return *std::move(octets);
}

/// A text, or octets: "0x" and hexadecimal digits.
Value<std::string> parse_nsid(const toml::node& node) {
  const Value<std::string> text =
      parse_octets_of({range::kNsid.least, 2 + 2 * range::kNsid.most})(node);
  if (!text || !text->starts_with("0x")) return parse_octets_of(range::kNsid)(node);
  auto octets = parse_hex(std::string_view(*text).substr(2));
  if (!octets || octets->empty()) {
    return Unexpected(std::string("expected pairs of hexadecimal digits after 0x"));
  }
  return *std::move(octets);
}

void read_edns(TableReader& in, settings::Edns& edns) {
  using settings::ClientSubnet;
  using settings::Cookies;
  in.read("cookies", Need::Optional, edns.cookies,
          one_of<Cookies>(
              {{"off", Cookies::Off}, {"answer", Cookies::Answer}, {"require", Cookies::Require}}));
  in.read("cookie_secret", Need::Optional, edns.cookie_secret, parse_cookie_secret);
  in.read("previous_cookie_secret", Need::Optional, edns.previous_cookie_secret,
          parse_cookie_secret);
  if (in.has("previous_cookie_secret") && !in.has("cookie_secret")) {
    in.report("previous_cookie_secret", "there is no cookie_secret that it came before");
  }
  in.read("nsid", Need::Optional, edns.nsid, parse_nsid);
  in.read(
      "client_subnet", Need::Optional, edns.client_subnet,
      one_of<ClientSubnet>({{"ignore", ClientSubnet::Ignore}, {"answer", ClientSubnet::Answer}}));
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

void read_limits(TableReader& in, settings::Limits& limits) {
  in.read("aws_quotas", Need::Optional, limits.aws_quotas, parse_boolean);
  in.read("queries_per_client", Need::Optional, limits.queries_per_client,
          in_range<uint32_t>(parse_number, range::kQueriesPerClient));
  in.read_list("unlimited_clients", Need::Optional, limits.unlimited_clients, parse_cidr);
}

// The limits that the file does not give follow from those that it gives.
void derive_limits(const TableReader& in, settings::Forward& forward) {
  const auto derive = [&](std::string_view key, auto& limit, auto derived) {
    if (!in.has(key)) limit = derived;
  };
  derive("max_in_flight_per_target", forward.max_in_flight_per_target,
         std::max(forward.max_in_flight / 5, 1U));
  const settings::Forward usual;
  derive("max_waiting", forward.max_waiting,
         std::max(usual.max_waiting, 2 * forward.max_in_flight));
  derive("max_waiting_size", forward.max_waiting_octets,
         2 * settings::Forward::kQueryOctets * forward.max_waiting);
  derive("max_waiting_per_client", forward.max_waiting_per_client,
         std::min(usual.max_waiting_per_client, forward.max_waiting));
  derive("max_waiters", forward.max_waiters, std::min(usual.max_waiters, forward.max_waiting));
  derive("max_sockets", forward.max_sockets,
         std::max(usual.max_sockets, settings::sockets_for(forward)));
}

// A limit that others keep from being reached is a mistake, and is reported at its own key.
void check_limits(TableReader& in, const settings::Forward& forward) {
  const auto require_at_most = [&](std::string_view key, uint64_t value, std::string_view other,
                                   uint64_t most) {
    if (value > most) in.report(key, concat("it is over ", other, ", which is ", most));
  };
  require_at_most("max_in_flight_per_target", forward.max_in_flight_per_target, "max_in_flight",
                  forward.max_in_flight);
  require_at_most("max_waiting_per_client", forward.max_waiting_per_client, "max_waiting",
                  forward.max_waiting);
  require_at_most("max_waiters", forward.max_waiters, "max_waiting", forward.max_waiting);
  if (forward.max_waiting < forward.max_in_flight) {
    in.report("max_waiting", concat("it is below max_in_flight, which is ", forward.max_in_flight,
                                    ": a query waits for each question"));
  }
  if (const uint64_t least = settings::Forward::kQueryOctets * forward.max_waiting;
      forward.max_waiting_octets < least) {
    in.report("max_waiting_size", concat("it is below ", least, " octets, 1 KiB for each of the ",
                                         forward.max_waiting, " queries of max_waiting"));
  }
  if (const uint32_t least = settings::sockets_for(forward); forward.max_sockets < least) {
    in.report("max_sockets", concat("it is below ", least, ", which max_in_flight_per_target = ",
                                    forward.max_in_flight_per_target,
                                    " and max_in_flight = ", forward.max_in_flight, " need"));
  }
}

void read_forward(TableReader& in, settings::Forward& forward) {
  in.read("query_timeout", Need::Optional, forward.query_timeout_ms,
          in_range<uint32_t>(parse_milliseconds, range::kForwardTimeoutMs));
  in.read("max_in_flight", Need::Optional, forward.max_in_flight,
          in_range<uint32_t>(parse_number, range::kForwardsInFlight));
  in.read("max_in_flight_per_target", Need::Optional, forward.max_in_flight_per_target,
          in_range<uint32_t>(parse_number, range::kForwardsInFlight));
  in.read("max_waiting", Need::Optional, forward.max_waiting,
          in_range<uint32_t>(parse_number, range::kForwardWaiting));
  in.read("max_waiting_size", Need::Optional, forward.max_waiting_octets,
          in_range<uint64_t>(parse_octets, range::kForwardWaitingOctets));
  in.read("max_waiting_per_client", Need::Optional, forward.max_waiting_per_client,
          in_range<uint32_t>(parse_number, range::kForwardsInFlight));
  in.read("max_waiters", Need::Optional, forward.max_waiters,
          in_range<uint32_t>(parse_number, range::kForwardWaiters));
  in.read("edns_udp_size", Need::Optional, forward.edns_udp_size,
          in_range<uint32_t>(parse_number, range::kEdnsUdpSize));
  in.read("case_randomization", Need::Optional, forward.case_randomization, parse_boolean);
  in.read("max_sockets", Need::Optional, forward.max_sockets,
          in_range<uint32_t>(parse_number, range::kForwardSockets));
  in.read("connection_idle_timeout", Need::Optional, forward.connection_idle_timeout_ms,
          in_range<uint32_t>(parse_milliseconds, range::kForwardIdleTimeoutMs));
  in.read("certificate_authorities", Need::Optional, forward.certificate_authorities,
          path_below(in.reading().folder));
  derive_limits(in, forward);
  check_limits(in, forward);
}

void read_cache(TableReader& in, settings::Cache& cache) {
  in.read("size", Need::Optional, cache.octets,
          in_range<uint64_t>(parse_octets, range::kCacheOctets));
  const auto read_ttl = [&](std::string_view key, uint32_t& out) {
    in.read(key, Need::Optional, out, in_range<uint32_t>(parse_seconds, range::kCacheTtlSeconds));
  };
  read_ttl("min_ttl", cache.min_ttl);
  read_ttl("max_ttl", cache.max_ttl);
  read_ttl("max_negative_ttl", cache.max_negative_ttl);
  in.read("failure_ttl", Need::Optional, cache.failure_ttl,
          in_range<uint32_t>(parse_seconds, range::kFailureTtlSeconds));
  read_ttl("max_stale", cache.max_stale);
  in.read("prefetch", Need::Optional, cache.prefetch, parse_boolean);
  if (cache.min_ttl > cache.max_ttl) in.report("min_ttl", "it is over max_ttl");
}

void read_query_log(TableReader& in, settings::QueryLog& log) {
  in.read("file", Need::Optional, log.file, path_below(in.reading().folder));
  in.read("mode", Need::Optional, log.mode,
          one_of<QueryLogMode>({{"all", QueryLogMode::All}, {"unique", QueryLogMode::Unique}}));
  in.read("outbound", Need::Optional, log.outbound, parse_boolean);
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

void read_control(TableReader& in, settings::Control& control) {
  in.read("socket", Need::Optional, control.socket, path_below(in.reading().folder));
}

/// A certificate of one's own has its key; without, the local authority makes one. `Section`:
/// settings::Gateway or settings::Tls.
template <class Section>
void read_certificate(TableReader& in, Section& section) {
  const auto parse_path = path_below(in.reading().folder);
  in.read("certificate", Need::Optional, section.certificate_file, parse_path);
  in.read("key", Need::Optional, section.key_file, parse_path);
  in.read("authority", Need::Optional, section.authority_folder, parse_path);
  if (in.has("certificate") != in.has("key")) {
    const bool lacks_key = in.has("certificate");
    in.report(lacks_key ? "certificate" : "key",
              concat("certificate and key go together; ", lacks_key ? "key" : "certificate",
                     " is missing"));
  } else if (in.has("certificate") && in.has("authority")) {
    in.report("authority", "there is a certificate, so that no authority makes one");
  }
}

template <class Section>
void default_authority(TableReader& root, Section& section) {
  if (!section.certificate_file.empty() || !section.authority_folder.empty()) return;
  section.authority_folder = (root.reading().folder / kAuthorityFolder).string();
}

void read_tls(TableReader& in, settings::Tls& tls) {
  const auto read_timeout = [&](std::string_view key, uint32_t& out) {
    in.read(key, Need::Optional, out, in_range<uint32_t>(parse_milliseconds, range::kTcpTimeoutMs));
  };
  read_certificate(in, tls);
  in.read("max_connections", Need::Optional, tls.max_connections,
          in_range<uint32_t>(parse_number, range::kConnections));
  in.read("max_connections_per_client", Need::Optional, tls.max_connections_per_client,
          in_range<uint32_t>(parse_number, range::kConnections));
  read_timeout("handshake_timeout", tls.handshake_timeout_ms);
  read_timeout("idle_timeout", tls.idle_timeout_ms);
  read_timeout("head_timeout", tls.head_timeout_ms);
  read_timeout("body_timeout", tls.body_timeout_ms);
  in.read("max_pipelined", Need::Optional, tls.max_pipelined_octets,
          in_range<uint32_t>(parse_octets, range::kMaxPipelined));
  in.read("backlog", Need::Optional, tls.backlog,
          in_range<uint32_t>(parse_number, range::kBacklog));
}

void read_gateway(TableReader& in, settings::Gateway& gateway) {
  const auto read_timeout = [&](std::string_view key, uint32_t& out) {
    in.read(key, Need::Optional, out,
            in_range<uint32_t>(parse_milliseconds, range::kGatewayTimeoutMs));
  };
  read_certificate(in, gateway);
  in.read("max_connections", Need::Optional, gateway.max_connections,
          in_range<uint32_t>(parse_number, range::kConnections));
  in.read("max_connections_per_client", Need::Optional, gateway.max_connections_per_client,
          in_range<uint32_t>(parse_number, range::kConnections));
  read_timeout("handshake_timeout", gateway.handshake_timeout_ms);
  read_timeout("head_timeout", gateway.head_timeout_ms);
  read_timeout("body_timeout", gateway.body_timeout_ms);
  read_timeout("idle_timeout", gateway.idle_timeout_ms);
  in.read("max_body_memory", Need::Optional, gateway.max_body_memory,
          in_range<uint64_t>(parse_octets, range::kBodyMemory));
  in.read("max_body_memory_per_client", Need::Optional, gateway.max_body_memory_per_client,
          in_range<uint64_t>(parse_octets, range::kBodyMemoryPerClient));
  if (gateway.max_body_memory_per_client > gateway.max_body_memory) {
    in.report(
        in.has("max_body_memory_per_client") ? "max_body_memory_per_client" : "max_body_memory",
        "one client may not have more than max_body_memory, which is for all");
  }
  in.read("backlog", Need::Optional, gateway.backlog,
          in_range<uint32_t>(parse_number, range::kBacklog));
  in.read("throttling_rate_limit", Need::Optional, gateway.throttling_rate_limit,
          [](const toml::node& node) { return parse_decimal(node, range::kThrottlingRateLimit); });
  in.read("throttling_burst_limit", Need::Optional, gateway.throttling_burst_limit,
          in_range<uint32_t>(parse_number, range::kThrottlingBurstLimit));
  in.read("statistics_interval", Need::Optional, gateway.statistics_interval_seconds,
          in_range<uint32_t>(parse_seconds, range::kStatisticsIntervalSeconds));
  in.read("log_buffer", Need::Optional, gateway.log_buffer,
          in_range<uint32_t>(parse_octets, range::kLogBuffer));
  in.read("former_refusal_wording", Need::Optional, gateway.former_refusal_wording, parse_boolean);
}

/// A program's name, looked up in PATH, or where it is.
auto parse_program(const std::filesystem::path& folder) {
  return [&folder](const toml::node& node) -> Value<std::string> {
    const Value<std::string> text = parse_text(node);
    if (!text || text->find('/') != std::string::npos || text->empty()) {
      return path_below(folder)(node);
    }
    return text;
  };
}

void read_lambda(TableReader& in, settings::Lambda& lambda) {
  const std::filesystem::path& folder = in.reading().folder;
  in.read("log_folder", Need::Optional, lambda.log_folder, path_below(folder));
  in.read("python", Need::Optional, lambda.python, parse_program(folder));
  in.read("node", Need::Optional, lambda.node, parse_program(folder));
  in.read("max_environments", Need::Optional, lambda.max_environments,
          in_range<uint32_t>(parse_number, range::kEnvironments));
  in.read("idle_timeout", Need::Optional, lambda.idle_seconds,
          in_range<uint32_t>(parse_seconds, range::kEnvironmentIdleSeconds));
  in.read("isolation", Need::Optional, lambda.isolation,
          one_of<settings::Isolation>({{"off", settings::Isolation::Off},
                                       {"preferred", settings::Isolation::Preferred},
                                       {"required", settings::Isolation::Required}}));
  in.read("first_user_id", Need::Optional, lambda.first_user_id,
          in_range<uint32_t>(parse_number, range::kFirstUserId));
}

}  // namespace

void read_settings(TableReader& root, settings::Settings& settings) {
  root.section("server", [&](TableReader& in) { read_server(in, settings.dns.server); });
  root.section("edns", [&](TableReader& in) { read_edns(in, settings.dns.edns); });
  root.section("tcp", [&](TableReader& in) { read_tcp(in, settings.dns.tcp); });
  root.section("limits", [&](TableReader& in) { read_limits(in, settings.dns.limits); });
  root.section("tls", [&](TableReader& in) { read_tls(in, settings.dns.tls); });
  root.section("forward", [&](TableReader& in) { read_forward(in, settings.dns.forward); });
  root.section("cache", [&](TableReader& in) { read_cache(in, settings.dns.cache); });
  root.section("query_log", [&](TableReader& in) { read_query_log(in, settings.dns.query_log); });
  root.section("control", [&](TableReader& in) { read_control(in, settings.dns.control); });
  root.section("gateway", [&](TableReader& in) { read_gateway(in, settings.https.gateway); });
  root.section("lambda", [&](TableReader& in) { read_lambda(in, settings.https.lambda); });
  default_authority(root, settings.https.gateway);
  default_authority(root, settings.dns.tls);
}

}  // namespace inlet53::config
