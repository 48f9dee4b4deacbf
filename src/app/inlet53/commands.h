// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "inlet53/logs/log_record.h"
#include "inlet53/logs/tail.h"
#include "inlet53/policy/policy_decision.h"

namespace CLI {
class App;
}

namespace inlet53::app {

/// Prints an error or a notice to stderr after the name of the program.
void print_error(std::string_view text);

/// The text of conf/starter.toml. The build makes a source of that file, so that an installation
/// needs no further files.
extern const std::string_view kStarterConfiguration;

/// `inlet53 init [FILE]`.
struct InitOptions {
  std::string file = "inlet53.toml";  // "-": standard output
};

/// Writes a starter configuration to a new file and prints the commands that come next, or writes
/// it to standard output. A path that exists is never written to, and a file that cannot be written
/// completely is removed again; both are reported on stderr.
/// Returns kExitOk or kExitFailure.
[[nodiscard]] int run_init(const InitOptions& options);

/// `inlet53 bench`. Texts are unparsed; `run_bench` sets defaults for absent numbers.
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
  std::optional<double> rate;     // queries per second
  std::optional<double> seconds;  // default 10 if `queries` is absent, too
  std::optional<uint64_t> queries;
  double timeout_seconds = 2;
  size_t sockets = 64;
  bool tcp = false;
  size_t connections = 10;
  bool json = false;
};

/// Sends queries to a DNS server and prints a report to stdout as text or as one JSON object. On a
/// terminal, prints a progress line to stderr every second. INT and TERM end it early with a
/// report; a second signal ends it at once. Returns kExitOk when every query was answered and
/// nothing else arrived; kExitFailure when queries were lost, wrong messages arrived, nothing was
/// sent, or the server cannot be reached or resolved; kExitUsage for an invalid address, type or
/// domain, and for a file of names that cannot be read or has no valid line; kExitConfiguration
/// when `config` is invalid or has no names.
[[nodiscard]] int run_bench(const BenchOptions& options);

/// `inlet53 ca`.
struct CaOptions {
  std::string config;  // of the daemons whose certificates are shown; or
  std::string folder;  // the directory of an authority
  bool json = false;   // -o json
};

/// Shows the local certificate authority. With a configuration, also shows the certificates of both
/// daemons, and creates or renews certificates that are due. Returns kExitOk, kExitFailure or
/// kExitConfiguration.
[[nodiscard]] int run_ca(const CaOptions& options);

/// Daemons that a command is for: those that a configuration requires, or one socket.
struct DaemonOptions {
  std::string config;  // a configuration file, or empty:
  std::string socket;  // a control socket
  bool json = false;   // -o json
};

struct StatusOptions : DaemonOptions {};
struct ReloadOptions : DaemonOptions {};
struct StopOptions : DaemonOptions {};

/// `inlet53 status`: prints the state of each daemon to stdout. The functions of this kind print
/// errors to stderr and return kExitOk, kExitFailure when a daemon cannot be reached or rejects the
/// request, or kExitConfiguration when `config` cannot be read.
[[nodiscard]] int run_status(const StatusOptions& options);
/// `inlet53 reload`: has each daemon read its configuration again, and waits until the new one is
/// in use or rejected.
[[nodiscard]] int run_reload(const ReloadOptions& options);
/// `inlet53 stop`: ends each daemon, as TERM does.
[[nodiscard]] int run_stop(const StopOptions& options);

/// `inlet53 cache flush`: removes responses from the cache of the DNS daemon.
struct CacheFlushOptions : DaemonOptions {
  std::string name;         // in presentation form
  bool everything = false;  // and no name
  bool subtree = false;     // what is below `name`, too
};

/// Prints the number of removed responses.
[[nodiscard]] int run_cache_flush(const CacheFlushOptions& options);

/// `inlet53 check FILE`.
struct CheckOptions {
  std::string file;
  bool json = false;  // -o json
};

/// Checks a configuration file and its zone files as a daemon reads them, and starts nothing.
/// Prints a summary of a valid file to stdout and errors to stderr, one per line, as
/// `FILE:LINE:COLUMN: key: error`. With `json`, prints one object for both to stdout. Returns
/// kExitOk or kExitConfiguration.
[[nodiscard]] int run_check(const CheckOptions& options);

/// `inlet53 explain NAME [TYPE]`. Empty texts are absent options.
struct ExplainOptions {
  std::string name;
  std::string type = "A";
  std::string config;
  std::string client;    // an address
  std::string endpoint;  // the name or id of a resolver endpoint, or the id of an interface
  bool json = false;     // -o json
};

/// Decides one query with the state that the daemon builds from the file, and prints each reason to
/// stdout: for each resolver endpoint, or for one. Asks no target, and has no cache. Returns
/// kExitOk, kExitUsage (an invalid argument) or kExitConfiguration.
[[nodiscard]] int run_explain(const ExplainOptions& options);

/// `inlet53 logs tail`.
struct LogsTailOptions {
  std::string file;    // the query log, or empty
  std::string config;  // the configuration that names it
  size_t records = 10;
  bool follow = false;
  logs::LogFilterOptions filter;
  logs::TailFormat format = logs::TailFormat::Table;
};

/// Prints the newest records of a query log to stdout: as a table (in colour on a terminal unless
/// NO_COLOR is set, no-color.org) or as JSON lines. INT and TERM end it. Returns kExitOk,
/// kExitFailure (the log cannot be read), kExitUsage (invalid filter) or kExitConfiguration
/// (`config` is invalid or has no query log).
[[nodiscard]] int run_logs_tail(const LogsTailOptions& options);

/// `inlet53 policy explain … METHOD PATH`. Empty texts are absent options.
struct PolicyExplainOptions {
  std::string policy;   // --policy, the file; the API's of the configuration when not given
  std::string config;   // --config: where region, account and VPC come from unless they are given
  std::string api;      // --api, an id, or a name of the configuration
  std::string region;   // --region
  std::string account;  // --account
  std::string vpce;     // --vpce, an id, or a name of the configuration
  std::string vpc;      // --vpc
  std::string source;   // --source-ip
  std::string time;     // --time; the clock's when not given
  std::optional<std::string> user_agent;
  std::optional<std::string> referer;
  std::string method;
  std::string path;  // with its stage, /DemoStage/hello
  policy::RefusalWording wording = policy::RefusalWording::Current;
  bool json = false;  // -o json
};

/// Prints to stdout whether a resource policy allows a call, which statement decided, and which
/// parts of every statement matched; for a denied call also the response of API Gateway. Errors in
/// the policy go to stderr, one per line, as `FILE:LINE:COLUMN: Statement[0].Effect: error`; with
/// `json`, everything is one object on stdout. Returns kExitOk (allowed), kExitFailure (denied),
/// kExitUsage or kExitConfiguration (the policy or the configuration cannot be read).
[[nodiscard]] int run_policy_explain(const PolicyExplainOptions& options);

/// `inlet53 up FILE`.
struct UpOptions {
  std::string file;
};

/// Starts the daemons that a configuration requires and supervises them until they are stopped (see
/// Supervisor). Their output goes to our stdout and stderr. Returns kExitConfiguration when the
/// file is invalid or requires no daemon, else the Supervisor's code.
[[nodiscard]] int run_up(const UpOptions& options);

/// Options of one command.
using Command = std::variant<InitOptions, CheckOptions, UpOptions, LogsTailOptions, BenchOptions,
                             PolicyExplainOptions, CaOptions, CacheFlushOptions, StatusOptions,
                             ReloadOptions, StopOptions, ExplainOptions>;

/// Adds the command `bench`. The parser stores the value of `-o` in `output`. Lifetime: `options`
/// and `output` outlive the parsing.
CLI::App* add_bench(CLI::App& app, BenchOptions& options, std::string& output);
/// Adds the command `explain`. The parser stores the value of `-o` in `output`. Lifetime: `options`
/// and `output` outlive the parsing.
CLI::App* add_explain(CLI::App& app, ExplainOptions& options, std::string& output);
/// Adds the command `policy explain`. The parser stores the value of `-o` in `output`. Lifetime:
/// `options` and `output` outlive the parsing.
CLI::App* add_policy(CLI::App& app, PolicyExplainOptions& options, std::string& output);

}  // namespace inlet53::app
