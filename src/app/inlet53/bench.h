#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace inlet53::app {

/// `inlet53 bench`. Texts are as they were typed; absent numbers have their default in `run_bench`.
struct BenchOptions {
  std::string server;  // an address or a host's name, with or without a port
  std::string names;   // a file of names, or empty
  std::string config;  // a configuration file whose names are asked for, or empty
  size_t api_names = 10'000;
  std::string region = "eu-west-1";
  std::string type = "A";
  double misses_percent = 0;
  std::string miss_domain;  // empty: the first hosted zone of `config`, else `invalid`
  bool sequential = false;
  uint64_t seed = 1;

  size_t outstanding = 256;
  std::optional<double> rate;     // queries a second
  std::optional<double> seconds;  // 10 when there is no `queries` either
  std::optional<uint64_t> queries;
  double timeout_seconds = 2;
  size_t sockets = 64;
  bool tcp = false;
  size_t connections = 10;
  bool json = false;
};

/// Loads a DNS server with queries and reports on stdout what came back, as text or as one JSON
/// object; on a terminal, stderr has a line a second. INT and TERM end it early, with its report; a
/// second one ends it at once.
/// Returns kExitOk when every query was answered and nothing else came, kExitFailure when queries
/// were lost, something wrong came, nothing was asked, or the server can't be reached or its name
/// not be resolved; kExitUsage for an address, a type or a domain that is none, and for a file of
/// names that can't be read or has no line that can be used; kExitConfiguration when `config` is
/// invalid or names nothing.
[[nodiscard]] int run_bench(const BenchOptions& options);

}  // namespace inlet53::app
