// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "inlet53/settings/row.h"

/// Settings of the HTTPS daemon, in the same form as those in `dns_daemon.h`. `kHttpsTable` has all
/// sections.
namespace inlet53::settings {

//--- [gateway]

struct Gateway {
  std::string certificate_file;  // absolute; empty: the local authority issues it
  std::string key_file;          // absolute
  std::string authority_folder;  // absolute
  uint32_t max_connections = 20'000;
  uint32_t max_connections_per_client = 20'000;
  uint32_t handshake_timeout_ms = 10'000;
  uint32_t head_timeout_ms = 10'000;
  uint32_t body_timeout_ms = 30'000;
  uint32_t idle_timeout_ms = 60'000;
  uint64_t max_body_memory = 256ULL << 20;
  uint64_t max_body_memory_per_client = 64ULL << 20;
  uint32_t backlog = 1024;
  double throttling_rate_limit = 10'000;
  uint32_t throttling_burst_limit = 5000;
  uint32_t statistics_interval_seconds = 60;  // 0: only at the end
  uint32_t log_buffer = 32U << 20;
  bool http2 = true;
  bool former_refusal_wording = false;
  std::string control_socket;  // absolute; empty: `control::choose_socket` chooses
  std::string control_group;   // a name or a number; empty: none

  friend bool operator==(const Gateway&, const Gateway&) = default;
};

inline constexpr Amount kGatewayConnections = number(1, 1'000'000);
inline constexpr Amount kGatewayTimeout = milliseconds(100, 3'600'000);

inline constexpr std::tuple kGatewayRows{
    Row{"certificate", &Gateway::certificate_file, Path{}, At::Reload,
        "certificate chain in PEM, leaf first"},
    Row{"key", &Gateway::key_file, Path{}, At::Reload, "private key of the certificate, in PEM"},
    Row{"authority", &Gateway::authority_folder, Path{}, At::Reload,
        "directory of the local certificate authority"},
    Row{"max_connections", &Gateway::max_connections, kGatewayConnections, At::Restart,
        "connections at one endpoint address"},
    Row{"max_connections_per_client", &Gateway::max_connections_per_client, kGatewayConnections,
        At::Restart, "connections of one client at one endpoint address"},
    Row{"handshake_timeout", &Gateway::handshake_timeout_ms, kGatewayTimeout, At::Restart,
        "time from accept to the end of the handshake"},
    Row{"head_timeout", &Gateway::head_timeout_ms, kGatewayTimeout, At::Restart,
        "time from the first byte of a request to the end of its head"},
    Row{"body_timeout", &Gateway::body_timeout_ms, kGatewayTimeout, At::Restart,
        "time that a request's body may pause or wait for memory"},
    Row{"idle_timeout", &Gateway::idle_timeout_ms, kGatewayTimeout, At::Restart,
        "time between two requests of a connection"},
    // 32 MiB hold several requests of the largest size, 10 MiB.
    Row{"max_body_memory", &Gateway::max_body_memory, octets(32U << 20, 1ULL << 40), At::Restart,
        "memory of all request and response bodies"},
    Row{"max_body_memory_per_client", &Gateway::max_body_memory_per_client,
        octets(16U << 20, 1ULL << 40), At::Restart, "memory of the bodies of one client"},
    Row{"backlog", &Gateway::backlog, number(1, 65'535), At::Restart,
        "connections that wait in the kernel for accept"},
    Row{"throttling_rate_limit", &Gateway::throttling_rate_limit, Decimal{{0, 1'000'000}},
        At::Restart, "requests in a second of an account in a region"},
    Row{"throttling_burst_limit", &Gateway::throttling_burst_limit, number(0, 1'000'000),
        At::Restart, "requests at once of an account in a region"},
    Row{"statistics_interval", &Gateway::statistics_interval_seconds, seconds(0, 86'400),
        At::Restart, "time between two lines of statistics in the operator log"},
    // One log may use a quarter, which holds several lines of a function (64 KiB each).
    Row{"log_buffer", &Gateway::log_buffer, octets(1U << 20, 1U << 30), At::Restart,
        "memory of lines of all logs that wait for the disk"},
    Row{"http2", &Gateway::http2, Boolean{}, At::Reload, "offer HTTP/2 to clients"},
    Row{"former_refusal_wording", &Gateway::former_refusal_wording, Boolean{}, At::Restart,
        "word refusals by policy as AWS did until 2025"},
    Row{"control_socket", &Gateway::control_socket, kSocketPath, At::Restart,
        "Unix socket that the gateway creates"},
    Row{"control_group", &Gateway::control_group, kGroup, At::Restart,
        "group whose members may control the gateway"},
};

//--- [lambda]

/// Isolation of functions from the daemon's files and from each other.
enum class Isolation : uint8_t {
  Off,
  Preferred,  // isolate them as far as the system allows it
  Required,   // the gateway does not start where the system does not allow it
};

/// The processes of functions.
struct Lambda {
  std::string log_folder;  // absolute; empty: the daemon's stderr
  std::string python = "python3";
  std::string node = "node";
  uint32_t max_environments = 64;
  uint32_t idle_seconds = 300;
  Isolation isolation = Isolation::Preferred;
  uint32_t first_user_id = 70'000;

  friend bool operator==(const Lambda&, const Lambda&) = default;
};

inline constexpr std::tuple kLambdaRows{
    Row{"log_folder", &Lambda::log_folder, Path{}, At::Restart, "directory of the functions' logs"},
    Row{"python", &Lambda::python, Program{}, At::Restart, "interpreter of the runtimes python*"},
    Row{"node", &Lambda::node, Program{}, At::Restart, "interpreter of the runtimes nodejs*"},
    Row{"max_environments", &Lambda::max_environments, number(1, 10'000), At::Restart,
        "processes of all functions"},
    Row{"idle_timeout", &Lambda::idle_seconds, seconds(1, 86'400), At::Restart,
        "time without a call after which a process is ended"},
    Row{"isolation", &Lambda::isolation,
        words(Word{"off", Isolation::Off}, Word{"preferred", Isolation::Preferred},
              Word{"required", Isolation::Required}),
        At::Restart, "whether functions are isolated from the daemon's files and each other"},
    // Functions have 10,000 user ids from this one on.
    Row{"first_user_id", &Lambda::first_user_id, number(1000, 4'294'000'000), At::Restart,
        "first user id of functions, when the daemon is root"},
};

//--- All sections

struct HttpsDaemon {
  Gateway gateway;
  Lambda lambda;

  friend bool operator==(const HttpsDaemon&, const HttpsDaemon&) = default;
};

inline constexpr std::tuple kHttpsTable{
    Section{"gateway", &HttpsDaemon::gateway, kGatewayRows},
    Section{"lambda", &HttpsDaemon::lambda, kLambdaRows},
};

}  // namespace inlet53::settings
