#pragma once

#include <cstdint>
#include <string>

/// What the HTTPS daemon is told that is no AWS object: plain values with their defaults. Each is
/// described for operators in `conf/inlet53.toml`, and `ranges.h` says what it may be. Sizes are in
/// octets.
namespace inlet53::settings {

/// The HTTPS daemon.
struct Gateway {
  std::string certificate_file;      // PEM, leaf first; empty: made by the local authority
  std::string key_file;              // PEM
  std::string authority_folder;      // absolute; the local certificate authority's
  uint32_t max_connections = 20000;  // of an endpoint address
  uint32_t max_connections_per_client = 20000;
  uint32_t handshake_timeout_ms = 10000;
  uint32_t head_timeout_ms = 10000;         // from a request's first octet to the end of its head
  uint32_t body_timeout_ms = 30000;         // without an octet of its body, or without room for it
  uint32_t idle_timeout_ms = 60000;         // between requests
  uint64_t max_body_memory = 256ULL << 20;  // bytes of all request and response bodies
  uint64_t max_body_memory_per_client = 64ULL << 20;  // the same, of one client address
  uint32_t backlog = 1024;
  double throttling_rate_limit = 10000;  // requests a second, account and region
  uint32_t throttling_burst_limit = 5000;
  uint32_t statistics_interval_seconds = 60;  // 0: only at the end
  uint32_t log_buffer = 32U << 20;      // bytes of log lines that wait for the disk, of all logs
  bool former_refusal_wording = false;  // as API Gateway worded refusals until 2025

  friend bool operator==(const Gateway&, const Gateway&) = default;
};

/// Whether functions are kept from the daemon's files and from each other.
enum class Isolation : uint8_t {
  Off,
  Preferred,  // as far as the system allows it
  Required,   // the gateway does not start where the system does not allow it
};

/// Where functions run.
struct Lambda {
  std::string log_folder;          // absolute; empty: the daemon's stderr
  std::string python;              // interpreter; empty: python3 of PATH
  std::string node;                // empty: node of PATH
  uint32_t max_environments = 64;  // processes of all functions together
  uint32_t idle_seconds = 300;     // a waiting process is ended after that
  Isolation isolation = Isolation::Preferred;
  uint32_t first_user_id = 70000;  // of the user ids of functions, when the daemon is root

  friend bool operator==(const Lambda&, const Lambda&) = default;
};

/// All sections of the HTTPS daemon.
struct HttpsDaemon {
  Gateway gateway;
  Lambda lambda;

  friend bool operator==(const HttpsDaemon&, const HttpsDaemon&) = default;
};

}  // namespace inlet53::settings
