// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/settings/row.h"

/// Settings of the DNS daemon: all its values in the configuration file that are not AWS objects.
/// Each section has a struct with the defaults, followed by the rows of its keys. `kDnsTable` has
/// all sections. `conf/inlet53.toml` describes each key for operators. Sizes are in bytes.
namespace inlet53::settings {

//--- [server]

/// How the kernel spreads UDP queries over the workers.
enum class UdpSpread : uint8_t {
  Fill,    // query by query, over as few workers as can keep up
  Query,   // query by query, over all workers
  Client,  // by the client's address and port
};

/// The response to a query for a name that no endpoint, rule or hosted zone covers.
enum class UncoveredNames : uint8_t { Refused, NXDomain };

struct Server {
  uint32_t workers = 1;
  std::vector<uint32_t> cpus;  // empty: no pinning
  uint32_t edns_udp_size = 1232;
  uint32_t udp_receive_buffer = 4U << 20;  // 0: the system's default
  bool udp_segment = true;
  UdpSpread udp_spread = UdpSpread::Fill;
  UncoveredNames uncovered_names = UncoveredNames::Refused;
  uint32_t statistics_interval_seconds = 60;  // 0: only at the end
  std::string version;                        // empty: REFUSED
  std::string identity;                       // empty: REFUSED

  friend bool operator==(const Server&, const Server&) = default;
};

// RFC 6891 §6.2.3: a value below 512 counts as 512. Datagrams over 4096 bytes are often lost.
inline constexpr Amount kUdpSize = number(512, 4096);
// RFC 1035 §3.3.14: a string has at most 255 octets.
inline constexpr Text kChaosText{{1, 255}};

inline constexpr std::tuple kServerRows{
    Row{"workers", &Server::workers, number(1, 256), At::Restart, "threads that answer queries"},
    Row{"cpus", &Server::cpus, Numbers{{0, 1023}}, At::Restart,  // a cpu_set_t of glibc holds 1024
        "worker i runs on the (i mod n)-th of these processors"},
    Row{"edns_udp_size", &Server::edns_udp_size, kUdpSize, At::Restart,
        "largest UDP payload that is advertised and sent"},
    // SO_RCVBUF is an int.
    Row{"udp_receive_buffer", &Server::udp_receive_buffer, octets(0, 1U << 30), At::Restart,
        "SO_RCVBUF of each UDP socket"},
    Row{"udp_segment", &Server::udp_segment, Boolean{}, At::Restart,
        "send answers to one client port as one UDP_SEGMENT message"},
    Row{"udp_spread", &Server::udp_spread,
        words(Word{"fill", UdpSpread::Fill}, Word{"query", UdpSpread::Query},
              Word{"client", UdpSpread::Client}),
        At::Restart, "how UDP queries are spread over the workers"},
    Row{"uncovered_names", &Server::uncovered_names,
        words(Word{"refused", UncoveredNames::Refused}, Word{"nxdomain", UncoveredNames::NXDomain}),
        At::Reload, "the answer to names that no endpoint, rule or hosted zone covers"},
    Row{"statistics_interval", &Server::statistics_interval_seconds, seconds(0, 86'400),
        At::Restart, "time between two lines of statistics in the operator log"},
    Row{"version", &Server::version, kChaosText, At::Restart,
        "answer to TXT version.bind in class CHAOS"},
    Row{"identity", &Server::identity, kChaosText, At::Restart,
        "answer to TXT id.server in class CHAOS"},
};

//--- [edns]

/// How DNS cookies are handled (RFC 7873).
enum class Cookies : uint8_t {
  Off,      // ignore them, as AWS does
  Answer,   // send a cookie to each client that sends one
  Require,  // over UDP, answer only clients that send a valid cookie
};

/// How client subnets are handled (RFC 7871).
enum class ClientSubnet : uint8_t {
  Ignore,  // ignore them, as AWS does
  Answer,  // tell each client that sends one that it has no effect
};

struct Edns {
  Cookies cookies = Cookies::Answer;
  std::string cookie_secret;           // bytes; empty: a random one for the process
  std::string previous_cookie_secret;  // bytes; empty: none
  std::string nsid;                    // bytes; empty: none
  ClientSubnet client_subnet = ClientSubnet::Ignore;

  friend bool operator==(const Edns&, const Edns&) = default;
};

// RFC 9018 §4: the secret of SipHash has 128 bits.
inline constexpr Secret kCookieSecret{16};

inline constexpr std::tuple kEdnsRows{
    Row{"cookies", &Edns::cookies,
        words(Word{"off", Cookies::Off}, Word{"answer", Cookies::Answer},
              Word{"require", Cookies::Require}),
        At::Restart, "how DNS cookies are handled"},
    Row{"cookie_secret", &Edns::cookie_secret, kCookieSecret, At::Restart,
        "secret that server cookies are made with"},
    Row{"previous_cookie_secret", &Edns::previous_cookie_secret, kCookieSecret, At::Restart,
        "former secret, whose cookies are still accepted"},
    // A response of 512 bytes has space for the longest question, all other options and 128 bytes.
    Row{"nsid", &Edns::nsid, TextOrOctets{{1, 128}}, At::Restart, "name server identifier"},
    Row{"client_subnet", &Edns::client_subnet,
        words(Word{"ignore", ClientSubnet::Ignore}, Word{"answer", ClientSubnet::Answer}),
        At::Restart, "how client subnets are handled"},
};

//--- [tcp]

inline constexpr Amount kConnections = number(1, 1'000'000);
inline constexpr Amount kConnectionTimeout = milliseconds(100, 3'600'000);
inline constexpr Amount kMaxPipelined = octets(4U << 10, 64U << 20);
inline constexpr Amount kBacklog = number(1, 65'535);

/// DNS over TCP. Each limit applies to one worker at one served address.
struct Tcp {
  uint32_t max_connections = 10'000;
  uint32_t max_connections_per_client = 1000;
  uint32_t idle_timeout_ms = 10'000;
  uint32_t first_query_timeout_ms = 3000;
  uint32_t max_pipelined_octets = 256U << 10;
  uint32_t backlog = 1024;

  friend bool operator==(const Tcp&, const Tcp&) = default;
};

inline constexpr std::tuple kTcpRows{
    Row{"max_connections", &Tcp::max_connections, kConnections, At::Restart,
        "connections of one worker at one address"},
    Row{"max_connections_per_client", &Tcp::max_connections_per_client, kConnections, At::Restart,
        "connections of one client at one worker and address"},
    Row{"idle_timeout", &Tcp::idle_timeout_ms, kConnectionTimeout, At::Restart,
        "time that a connection may stay without a complete query"},
    Row{"first_query_timeout", &Tcp::first_query_timeout_ms, kConnectionTimeout, At::Restart,
        "time from accept to the first complete query"},
    Row{"max_pipelined", &Tcp::max_pipelined_octets, kMaxPipelined, At::Restart,
        "size of unsent answers at which a connection is not read"},
    Row{"backlog", &Tcp::backlog, kBacklog, At::Restart,
        "connections that wait in the kernel for accept"},
};

//--- [limits]

/// Limits of queries a second, over all transports.
struct Limits {
  bool aws_quotas = false;
  uint32_t queries_per_client = 0;  // 0: no limit
  std::vector<Cidr> unlimited_clients;

  friend bool operator==(const Limits&, const Limits&) = default;
};

inline constexpr std::tuple kLimitsRows{
    Row{"aws_quotas", &Limits::aws_quotas, Boolean{}, At::Restart,
        "apply AWS's quotas of queries to each endpoint IP address"},
    Row{"queries_per_client", &Limits::queries_per_client, number(0, 1'000'000), At::Restart,
        "queries of one client in a second"},
    Row{"unlimited_clients", &Limits::unlimited_clients, Cidrs{}, At::Restart,
        "clients that queries_per_client does not limit"},
};

//--- [tls]

/// DNS over TLS and over HTTPS. Each limit applies to one worker at one served address.
struct Tls {
  std::string certificate_file;  // absolute; empty: the local authority issues it
  std::string key_file;          // absolute
  std::string authority_folder;  // absolute
  uint32_t max_connections = 10'000;
  uint32_t max_connections_per_client = 1000;
  uint32_t handshake_timeout_ms = 5000;
  uint32_t idle_timeout_ms = 30'000;
  uint32_t head_timeout_ms = 5000;
  uint32_t body_timeout_ms = 5000;
  uint32_t max_pipelined_octets = 256U << 10;
  uint32_t backlog = 1024;

  friend bool operator==(const Tls&, const Tls&) = default;
};

inline constexpr std::tuple kTlsRows{
    Row{"certificate", &Tls::certificate_file, Path{}, At::Reload,
        "certificate chain in PEM, leaf first"},
    Row{"key", &Tls::key_file, Path{}, At::Reload, "private key of the certificate, in PEM"},
    Row{"authority", &Tls::authority_folder, Path{}, At::Reload,
        "directory of the local certificate authority"},
    Row{"max_connections", &Tls::max_connections, kConnections, At::Restart,
        "connections of one worker at one address"},
    Row{"max_connections_per_client", &Tls::max_connections_per_client, kConnections, At::Restart,
        "connections of one client at one worker and address"},
    Row{"handshake_timeout", &Tls::handshake_timeout_ms, kConnectionTimeout, At::Restart,
        "time from accept to the end of the handshake"},
    Row{"idle_timeout", &Tls::idle_timeout_ms, kConnectionTimeout, At::Restart,
        "time that a connection may stay without a complete query"},
    Row{"head_timeout", &Tls::head_timeout_ms, kConnectionTimeout, At::Restart,
        "DoH: time from the first byte of a request to the end of its head"},
    Row{"body_timeout", &Tls::body_timeout_ms, kConnectionTimeout, At::Restart,
        "DoH: time that a request's body may pause"},
    Row{"max_pipelined", &Tls::max_pipelined_octets, kMaxPipelined, At::Restart,
        "size of unsent answers at which a connection is not read"},
    Row{"backlog", &Tls::backlog, kBacklog, At::Restart,
        "connections that wait in the kernel for accept"},
};

//--- [forward]

/// Forwarding of queries to targets. Each limit applies to one worker. The reader derives a limit
/// that the file does not give from those that it gives (`conf/inlet53.toml`), and reports
/// contradictions.
struct Forward {
  /// Bytes that a waiting query takes in addition to its message.
  static constexpr uint64_t kQueryOctets = 1024;

  uint32_t query_timeout_ms = 2000;
  uint32_t max_in_flight = 10'000;
  uint32_t max_in_flight_per_target = 2000;
  uint32_t max_waiting = 20'000;
  uint64_t max_waiting_octets = 2 * kQueryOctets * 20'000;
  uint32_t max_waiting_per_client = 5000;
  uint32_t max_waiters = 1000;
  uint32_t edns_udp_size = 1232;
  bool case_randomization = true;
  uint32_t max_sockets = 1024;
  uint32_t connection_idle_timeout_ms = 10'000;
  std::string certificate_authorities;  // absolute; empty: those of the system alone

  friend bool operator==(const Forward&, const Forward&) = default;
};

inline constexpr std::tuple kForwardRows{
    // A working target may take 100 ms. Clients give up after 10 s.
    Row{"query_timeout", &Forward::query_timeout_ms, milliseconds(100, 10'000), At::Restart,
        "time for all attempts for one query"},
    Row{"max_in_flight", &Forward::max_in_flight, number(1, 1'000'000), At::Restart,
        "different questions that wait for targets"},
    Row{"max_in_flight_per_target", &Forward::max_in_flight_per_target, number(1, 1'000'000),
        At::Restart, "different questions that wait for one target"},
    Row{"max_waiting", &Forward::max_waiting, number(1, 2'000'000), At::Restart,
        "queries that wait for targets"},
    Row{"max_waiting_size", &Forward::max_waiting_octets, octets(1U << 10, 16ULL << 30),
        At::Restart, "memory of the queries that wait for targets"},
    Row{"max_waiting_per_client", &Forward::max_waiting_per_client, number(1, 1'000'000),
        At::Restart, "queries of one client that wait for targets"},
    Row{"max_waiters", &Forward::max_waiters, number(1, 100'000), At::Restart,
        "queries that wait for the answer to one question"},
    Row{"edns_udp_size", &Forward::edns_udp_size, kUdpSize, At::Restart,
        "largest UDP payload that targets may send"},
    Row{"case_randomization", &Forward::case_randomization, Boolean{}, At::Restart,
        "send the letters of a question in random case (\"0x20\")"},
    Row{"max_sockets", &Forward::max_sockets, number(1, 65'536), At::Restart,
        "UDP sockets to targets that are open at once"},
    Row{"connection_idle_timeout", &Forward::connection_idle_timeout_ms, kConnectionTimeout,
        At::Restart, "time that a TCP or TLS connection to a target stays without a query"},
    Row{"certificate_authorities", &Forward::certificate_authorities, Path{}, At::Restart,
        "file of authorities that may certify DoT targets besides the system's"},
};

// Dependencies between the limits: UDP sockets, the questions that wait for targets, and the
// queries that are sent for them.

/// Queries of one question to one target. Source: RFC 9520 §3.1.
inline constexpr uint32_t kSendsPerTarget = 3;
/// Maximum of queries that wait on one socket when sockets run out.
inline constexpr uint32_t kQueriesPerSocket = 64;
/// Time that a query waits for a late response after its question has failed, in milliseconds.
inline constexpr uint32_t kLateMs = 1000;
/// One target gets two thirds of the sockets.
inline constexpr uint32_t kTargetShareParts = 2;
inline constexpr uint32_t kTargetShareOf = 3;

/// Returns how many UDP sockets are necessary for as many questions as the limits allow, at one
/// target and in all, when no target responds: each question sends `kSendsPerTarget` queries within
/// `query_timeout`, and their sockets wait for `kLateMs` longer. At most 65536.
[[nodiscard]] constexpr uint32_t sockets_for(const Forward& forward) noexcept {
  constexpr uint64_t kMost = 65'536;
  const auto sockets = [&](uint64_t questions) {
    const uint64_t timeout = forward.query_timeout_ms;
    const uint64_t waits = questions * kSendsPerTarget * (timeout + kLateMs) / timeout;
    return (waits + kQueriesPerSocket - 1) / kQueriesPerSocket;
  };
  const uint64_t at_one_target =
      (sockets(forward.max_in_flight_per_target) * kTargetShareOf + kTargetShareParts - 1) /
      kTargetShareParts;
  const uint64_t needed = std::max(at_one_target, sockets(forward.max_in_flight));
  return static_cast<uint32_t>(std::min(needed, kMost));
}

//--- [cache]

/// The cache of answers from targets. Each worker has its own cache of this size. TTLs are in
/// seconds.
struct Cache {
  uint64_t octets = 64ULL << 20;
  uint32_t min_ttl = 0;
  uint32_t max_ttl = 86'400;
  uint32_t max_negative_ttl = 3600;  // RFC 2308 §5 recommends 1 to 3 hours
  uint32_t failure_ttl = 1;
  uint32_t max_failure_ttl = 30;
  uint32_t max_stale = 86'400;  // 0: never; RFC 8767 §5 suggests 1 to 3 days
  bool prefetch = true;

  friend bool operator==(const Cache&, const Cache&) = default;
};

// RFC 8767 §4 recommends a cap of 7 days.
inline constexpr Amount kCacheTtl = seconds(0, 7ULL * 86'400);
// RFC 9520 §3.2.
inline constexpr Amount kFailureTtl = seconds(1, 300);

inline constexpr std::tuple kCacheRows{
    Row{"size", &Cache::octets, octets(64U << 10, 16ULL << 30), At::Restart,
        "memory of the cache of one worker"},
    Row{"min_ttl", &Cache::min_ttl, kCacheTtl, At::Restart, "lower TTLs are raised to this"},
    Row{"max_ttl", &Cache::max_ttl, kCacheTtl, At::Restart, "higher TTLs are lowered to this"},
    Row{"max_negative_ttl", &Cache::max_negative_ttl, kCacheTtl, At::Restart,
        "higher TTLs of NXDOMAIN and NODATA are lowered to this"},
    Row{"failure_ttl", &Cache::failure_ttl, kFailureTtl, At::Restart,
        "time that a first failure is remembered"},
    Row{"max_failure_ttl", &Cache::max_failure_ttl, kFailureTtl, At::Restart,
        "longest time that repeated failures are remembered"},
    Row{"max_stale", &Cache::max_stale, kCacheTtl, At::Restart,
        "time that an expired answer is used while no target answers"},
    Row{"prefetch", &Cache::prefetch, Boolean{}, At::Restart,
        "fetch popular answers again before their TTL ends"},
};

//--- [query_log]

enum class QueryLogMode : uint8_t {
  All,
  Unique,  // leave out queries that the cache answered, as AWS does
};

enum class WhenFull : uint8_t {
  Drop,   // drop and count the record, keep answering
  Block,  // keep the record, answer more slowly
};

struct QueryLog {
  std::string file;  // absolute; empty: no log
  QueryLogMode mode = QueryLogMode::All;
  bool outbound = true;
  WhenFull when_full = WhenFull::Drop;
  uint32_t buffers_per_worker = 8;
  uint64_t rotate_octets = 1ULL << 30;  // 0: never by size
  uint32_t rotate_seconds = 86'400;     // 0: never by time
  uint32_t keep_files = 0;              // 0: all

  friend bool operator==(const QueryLog&, const QueryLog&) = default;
};

inline constexpr std::tuple kQueryLogRows{
    Row{"file", &QueryLog::file, Path{}, At::Restart, "file of the query log"},
    Row{"mode", &QueryLog::mode,
        words(Word{"all", QueryLogMode::All}, Word{"unique", QueryLogMode::Unique}), At::Restart,
        "which queries have a record"},
    Row{"outbound", &QueryLog::outbound, Boolean{}, At::Restart,
        "also record queries that leave by outbound endpoints"},
    Row{"when_full", &QueryLog::when_full,
        words(Word{"drop", WhenFull::Drop}, Word{"block", WhenFull::Block}), At::Restart,
        "what happens when records come faster than the disk takes them"},
    // The worker fills one buffer while the writer writes another.
    Row{"buffers_per_worker", &QueryLog::buffers_per_worker, number(2, 1024), At::Restart,
        "buffers of 1 MiB for each worker"},
    Row{"rotate_size", &QueryLog::rotate_octets, octets(0, 1ULL << 50), At::Restart,
        "size at which the file is rotated"},
    Row{"rotate_interval", &QueryLog::rotate_seconds, seconds(0, 366ULL * 86'400), At::Restart,
        "time after which the file is rotated"},
    Row{"keep_files", &QueryLog::keep_files, number(0, 1'000'000), At::Restart,
        "rotated files to keep"},
};

//--- [control]

/// Access of the operator's tool to the DNS daemon.
struct Control {
  std::string socket;  // absolute; empty: `control::choose_socket` chooses
  std::string group;   // a name or a number; empty: none

  friend bool operator==(const Control&, const Control&) = default;
};

inline constexpr std::tuple kControlRows{
    Row{"socket", &Control::socket, kSocketPath, At::Restart,
        "Unix socket that the daemon creates"},
    Row{"group", &Control::group, kGroup, At::Restart,
        "group whose members may control the daemon"},
};

//--- All sections

struct DnsDaemon {
  Server server;
  Edns edns;
  Tcp tcp;
  Limits limits;
  Tls tls;
  Forward forward;
  Cache cache;
  QueryLog query_log;
  Control control;

  friend bool operator==(const DnsDaemon&, const DnsDaemon&) = default;
};

inline constexpr std::tuple kDnsTable{
    Section{"server", &DnsDaemon::server, kServerRows},
    Section{"edns", &DnsDaemon::edns, kEdnsRows},
    Section{"tcp", &DnsDaemon::tcp, kTcpRows},
    Section{"limits", &DnsDaemon::limits, kLimitsRows},
    Section{"tls", &DnsDaemon::tls, kTlsRows},
    Section{"forward", &DnsDaemon::forward, kForwardRows},
    Section{"cache", &DnsDaemon::cache, kCacheRows},
    Section{"query_log", &DnsDaemon::query_log, kQueryLogRows},
    Section{"control", &DnsDaemon::control, kControlRows},
};

}  // namespace inlet53::settings
