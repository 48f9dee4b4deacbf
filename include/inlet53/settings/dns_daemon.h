#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/cidr.h"

/// What the DNS daemon is told that is no AWS object: plain values with their defaults. Each is
/// described for operators in `conf/inlet53.toml`, and `ranges.h` says what it may be. Sizes are in
/// octets.
namespace inlet53::settings {

/// How the kernel spreads UDP queries over the workers.
enum class UdpSpread : uint8_t {
  Fill,    // each by itself, over as few workers as have time for them
  Query,   // each by itself, over all workers
  Client,  // by the client's address and port
};

struct Server {
  uint32_t workers = 1;                    // 1-256
  std::vector<uint32_t> cpus;              // worker i runs on cpus[i % size]; empty: no pinning
  uint32_t edns_udp_size = 1232;           // 512-4096, what we advertise and the most we send
  uint32_t udp_receive_buffer = 4U << 20;  // SO_RCVBUF asked for; 0: the system's default
  bool udp_segment = true;                 // answers to one peer leave as UDP_SEGMENT groups
  UdpSpread udp_spread = UdpSpread::Fill;
  uint32_t statistics_interval_seconds = 60;  // 0: only at the end
  std::string version;                        // of version.bind, at most 255 octets; empty: REFUSED
  std::string identity;                       // of id.server, at most 255 octets; empty: REFUSED

  friend bool operator==(const Server&, const Server&) = default;
};

/// What is done with DNS cookies (RFC 7873).
enum class Cookies : uint8_t {
  Off,      // not looked at, as AWS does
  Answer,   // who sends one gets one
  Require,  // over UDP, an answer only for who sends a valid one
};

/// What is done with client subnets (RFC 7871).
enum class ClientSubnet : uint8_t {
  Ignore,  // not looked at, as AWS does
  Answer,  // who sends one learns that it did not count
};

struct Edns {
  Cookies cookies = Cookies::Answer;
  std::string cookie_secret;           // 16 octets; empty: a random one for the process
  std::string previous_cookie_secret;  // 16 octets; empty: none
  std::string nsid;                    // at most 128 octets; empty: none
  ClientSubnet client_subnet = ClientSubnet::Ignore;

  friend bool operator==(const Edns&, const Edns&) = default;
};

struct Tcp {
  uint32_t max_connections = 10000;            // a worker and endpoint address
  uint32_t max_connections_per_client = 1000;  // the same
  uint32_t idle_timeout_ms = 10000;            // no complete query for so long: closed
  uint32_t first_query_timeout_ms = 3000;      // from accept to the first complete query
  uint32_t max_pipelined_octets = 256U
                                  << 10;  // answers waiting for a slow reader; then we stop reading
  uint32_t backlog = 1024;

  friend bool operator==(const Tcp&, const Tcp&) = default;
};

/// How many queries a second are answered, whatever their transport.
struct Limits {
  bool aws_quotas = false;              // 10,000 for each endpoint IP address, or 1,500
  uint32_t queries_per_client = 0;      // 0: any number
  std::vector<Cidr> unlimited_clients;  // whom `queries_per_client` is not for

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// DNS over TLS and over HTTPS. Limits are those of a worker and a served address.
struct Tls {
  std::string certificate_file;  // PEM, leaf first; empty: made by the local authority
  std::string key_file;          // PEM
  std::string authority_folder;  // absolute; the local certificate authority's
  uint32_t max_connections = 10000;
  uint32_t max_connections_per_client = 1000;
  uint32_t handshake_timeout_ms = 5000;  // from accept to the handshake's end
  uint32_t idle_timeout_ms = 30000;      // no complete query for so long: closed
  uint32_t head_timeout_ms = 5000;       // DoH: from a request's first octet to its head's end
  uint32_t body_timeout_ms = 5000;       // DoH: without an octet of its body
  uint32_t max_pipelined_octets = 256U << 10;  // as Tcp's
  uint32_t backlog = 1024;

  friend bool operator==(const Tls&, const Tls&) = default;
};

enum class QueryLogMode : uint8_t {
  All,
  Unique,  // AWS's habit: what the cache answered is left out
};

enum class WhenFull : uint8_t {
  Drop,   // count the record as dropped, keep answering
  Block,  // keep the record, answer more slowly
};

struct QueryLog {
  std::string file;  // absolute; empty: no log
  QueryLogMode mode = QueryLogMode::All;
  bool outbound = true;  // records of what leaves by outbound endpoints, too
  WhenFull when_full = WhenFull::Drop;
  uint32_t buffers_per_worker = 8;      // of 1 MiB each
  uint64_t rotate_octets = 1ULL << 30;  // 0: never by size
  uint32_t rotate_seconds = 86400;      // 0: never by time
  uint32_t keep_files = 0;              // rotated files that stay; 0: all

  friend bool operator==(const QueryLog&, const QueryLog&) = default;
};

/// What is kept of targets' answers. A worker has a cache of its own; sizes are a worker's.
struct Cache {
  uint64_t octets = 64ULL << 20;
  uint32_t min_ttl = 0;  // seconds, as all below
  uint32_t max_ttl = 86400;
  uint32_t max_negative_ttl = 3600;
  uint32_t failure_ttl = 1;
  uint32_t max_stale = 86400;  // 0: nothing is answered after its time
  bool prefetch = true;

  friend bool operator==(const Cache&, const Cache&) = default;
};

/// How queries are forwarded to targets. Limits are a worker's. In a file, those that are not given
/// follow from those that are (`conf/inlet53.toml`), and contradictions are errors.
struct Forward {
  /// Octets that a query which waits takes beside its message: the unit of `max_waiting_octets`.
  static constexpr uint64_t kQueryOctets = 1024;

  uint32_t query_timeout_ms = 2000;                        // for all that is tried for one query
  uint32_t max_in_flight = 10000;                          // different questions at once
  uint32_t max_in_flight_per_target = 2000;                // of them, waiting for one target
  uint32_t max_waiting = 20000;                            // queries that wait
  uint64_t max_waiting_octets = 2 * kQueryOctets * 20000;  // their memory
  uint32_t max_waiting_per_client = 5000;                  // of them, those of one client
  uint32_t max_waiters = 1000;                  // of them, those that wait for one question
  uint32_t edns_udp_size = 1232;                // advertised to targets
  bool case_randomization = true;               // of the question's letters, "0x20"
  uint32_t max_sockets = 1024;                  // UDP, open at once
  uint32_t connection_idle_timeout_ms = 10000;  // TCP and TLS
  std::string certificate_authorities;  // PEM, absolute, beside the system's; of DoT targets

  friend bool operator==(const Forward&, const Forward&) = default;
};

/// How the operator's tool reaches the DNS daemon.
struct Control {
  std::string socket;  // absolute; empty: not at all

  friend bool operator==(const Control&, const Control&) = default;
};

/// All sections of the DNS daemon.
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

}  // namespace inlet53::settings
