// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include <CLI/CLI.hpp>

#include "inlet53/base/program.h"
#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

constexpr const char* kVersion = "inlet53 " INLET53_VERSION;
constexpr const char* kDescription =
    "inlet53 manages the local Route 53 Resolver endpoints and private REST APIs.";
constexpr const char* kExitCodes =
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration invalid, 4 cannot bind.";
constexpr const char* kInitDetails =
    "Writes a network with two inbound addresses and one VPC endpoint, with comments on what to\n"
    "edit. `inlet53 check` accepts the file and `inlet53 up` serves it. An existing file is never\n"
    "overwritten. The exit code is 1 when the file cannot be written.";
constexpr const char* kCheckDetails =
    "Prints a summary of a valid file. Errors go to stderr, one per line, as FILE:LINE:COLUMN: "
    "KEY:\n"
    "ERROR; the exit code is then 3.";
constexpr const char* kUpDetails =
    "Restarts a daemon that crashes, after increasing delays. Does not restart it after five\n"
    "failures in a row, or when the file is invalid. Signals: TERM and INT stop all daemons; HUP\n"
    "makes them read the file again, starts daemons that it requires now and stops the others;\n"
    "USR1 makes them open their logs again.";
constexpr const char* kTailDetails =
    "A record must match all filters; letter case is ignored. On a terminal the table is in\n"
    "colour unless NO_COLOR is set.";

constexpr const char* kCaDetails =
    "With --config, creates or renews the authority and the certificates of both daemons, for the\n"
    "names and addresses that the file serves with TLS. The authority cannot certify other names\n"
    "or addresses. Keys have mode 0600. With --folder, shows an existing authority.";

constexpr const char* kFlushDetails =
    "Removes the responses about NAME and those that contain records of NAME; with --subtree\n"
    "also those of all names below NAME; with --all, all responses. The next query for such a\n"
    "name goes to the targets of its rule. The daemon has a control socket if [control] names\n"
    "one.";

constexpr const char* kStatusDetails =
    "Asks each daemon that the file calls for, through its control socket: that of [control] or\n"
    "[gateway] control_socket, else the one beside the file or in /run/inlet53. The exit code is "
    "1\n"
    "when a daemon cannot be reached.";
constexpr const char* kReloadDetails =
    "Waits until the new configuration is in use, or prints why it is rejected; a daemon keeps "
    "its\n"
    "old one then, and the exit code is 1.";
constexpr const char* kStopDetails = "Each daemon answers what has arrived and ends within 3 s.";

struct Texts {
  std::string output;
  std::string records;
};

CLI::App* add_init(CLI::App& app, InitOptions& options) {
  CLI::App* init = app.add_subcommand("init", "writes a starter configuration file");
  init->footer(kInitDetails);
  init->add_option("FILE", options.file, "the new file (default: inlet53.toml); - is stdout");
  return init;
}

CLI::App* add_check(CLI::App& app, CheckOptions& options, std::string& output) {
  CLI::App* check = app.add_subcommand("check", "checks a configuration file");
  check->footer(kCheckDetails);
  check->add_option("FILE", options.file, "the configuration file (TOML)")->required();
  check->add_option("-o,--output", output, "format of the output (default: text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  return check;
}

CLI::App* add_up(CLI::App& app, UpOptions& options) {
  CLI::App* up = app.add_subcommand("up", "starts the daemons that a configuration requires");
  up->footer(kUpDetails);
  up->add_option("FILE", options.file, "the configuration file (TOML)")->required();
  return up;
}

CLI::App* add_ca(CLI::App& app, CaOptions& options, std::string& output) {
  CLI::App* ca = app.add_subcommand("ca", "shows the local certificate authority");
  ca->footer(kCaDetails);
  auto* config =
      ca->add_option("--config", options.config, "a configuration file (TOML)")->type_name("FILE");
  auto* folder = ca->add_option("--folder", options.folder, "the directory of the authority")
                     ->type_name("DIRECTORY")
                     ->excludes(config);
  ca->add_option("-o,--output", output, "format of the output (default: text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  ca->callback([config, folder] {
    if (config->count() + folder->count() != 1) {
      throw CLI::ValidationError("ca", "needs either --config or --folder");
    }
  });
  return ca;
}

// Adds the options that say which daemons a command is for.
void add_daemon_options(CLI::App& verb, DaemonOptions& options) {
  auto* config = verb.add_option("--config", options.config, "the daemons' configuration file")
                     ->type_name("FILE");
  auto* socket = verb.add_option("--socket", options.socket, "the control socket of one daemon")
                     ->type_name("PATH")
                     ->excludes(config);
  verb.callback([&verb, config, socket] {
    if (config->count() + socket->count() != 1) {
      throw CLI::ValidationError(verb.get_name(), "needs either --config or --socket");
    }
  });
}

void add_output(CLI::App& verb, std::string& output) {
  verb.add_option("-o,--output", output, "for people, or one list for programs")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
}

CLI::App* add_daemon_verb(CLI::App& app, const char* name, const char* description,
                          const char* details, DaemonOptions& options, std::string& output) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->footer(details);
  add_daemon_options(*verb, options);
  add_output(*verb, output);
  return verb;
}

void add_flush(CLI::App& cache, CacheFlushOptions& options) {
  CLI::App* flush = cache.add_subcommand("flush", "removes responses from the cache");
  flush->footer(kFlushDetails);
  auto* name = flush->add_option("NAME", options.name, "a domain name");
  flush->add_flag("--subtree", options.subtree, "also the names below NAME")->needs(name);
  auto* all = flush->add_flag("--all", options.everything, "all responses")->excludes(name);
  auto* config = flush->add_option("--config", options.config, "the daemon's configuration file")
                     ->type_name("FILE");
  auto* socket = flush->add_option("--socket", options.socket, "the daemon's control socket")
                     ->type_name("PATH")
                     ->excludes(config);
  flush->callback([=] {
    if (name->count() + all->count() != 1) {
      throw CLI::ValidationError("cache flush", "needs a NAME or --all");
    }
    if (config->count() + socket->count() != 1) {
      throw CLI::ValidationError("cache flush", "needs either --config or --socket");
    }
  });
}

void add_filters(CLI::App& tail, logs::LogFilterOptions& filter) {
  tail.add_option("--name", filter.name, "the name of the query; * matches any text")
      ->type_name("PATTERN");
  tail.add_option("--client", filter.client, "the client: an address or a CIDR block")
      ->type_name("ADDRESS");
  tail.add_option("--type", filter.type, "the type of the query, such as AAAA or TYPE65280")
      ->type_name("TYPE");
  tail.add_option("--rcode", filter.rcode, "the response code, such as NXDOMAIN")
      ->type_name("RCODE");
  tail.add_option("--firewall", filter.firewall, "the action of DNS Firewall: BLOCK, ALERT, or '*'")
      ->type_name("ACTION");
}

// Requires exactly one source of the log's path.
void check_source(const CLI::App& tail) {
  if (tail.count("FILE") + tail.count("--config") != 1) {
    throw CLI::ValidationError("logs tail", "needs either FILE or --config");
  }
}

void add_tail(CLI::App& logs, LogsTailOptions& options, Texts& texts) {
  CLI::App* tail = logs.add_subcommand("tail", "prints the newest records of a query log");
  tail->footer(kTailDetails);
  tail->add_option("FILE", options.file, "the query log");
  tail->add_option("--config", options.config, "a configuration file that names the query log")
      ->type_name("FILE");
  tail->add_option("-n,--records", texts.records, "number of records (default: 10)")
      ->type_name("N|all")
      ->check((CLI::IsMember({"all"}) | CLI::Range(0, 1'000'000'000)).description(""));
  tail->add_flag("-f,--follow", options.follow, "print new records as they are written");
  tail->add_option("-o,--output", texts.output,
                   "a table, or the records as they were written (default: table)")
      ->type_name("table|json")
      ->check(CLI::IsMember({"table", "json"}).description(""));
  add_filters(*tail, options.filter);
  tail->callback([tail] { check_source(*tail); });
}

const CLI::App* find_verb(const CLI::App& parent, std::string_view name) {
  for (const CLI::App* verb : parent.get_subcommands({})) {
    if (verb->get_name() == name) return verb;
  }
  return nullptr;
}

std::string unknown_verb_text(const CLI::App& parent, std::string_view word) {
  std::vector<std::string_view> names;
  for (const CLI::App* verb : parent.get_subcommands({})) names.push_back(verb->get_name());
  std::string text = concat("\"", word, "\" is not a command of ", parent.get_name());
  if (const std::string_view nearest = nearest_word(word, names); !nearest.empty()) {
    return concat(text, "; did you mean ", nearest, "?");
  }
  text += "; its commands are";
  for (const std::string_view name : names) text += concat(name == names[0] ? " " : ", ", name);
  return text;
}

// Finds a word that is not a command. CLI11 reports only that a command is missing.
std::optional<std::string> find_unknown_verb(const CLI::App& app,
                                             std::span<const char* const> words) {
  const CLI::App* parent = &app;
  for (const std::string_view word : words) {
    if (word.starts_with('-') || parent->get_subcommands({}).empty()) break;
    const CLI::App* verb = find_verb(*parent, word);
    if (verb == nullptr) return unknown_verb_text(*parent, word);
    parent = verb;
  }
  return std::nullopt;
}

// Prints the help for `inlet53 help` or `inlet53 help logs tail`. Requires: `app` has parsed
// nothing.
int print_help(const CLI::App& app, std::span<const char* const> words) {
  const CLI::App* about = &app;
  std::string before;
  for (const std::string_view word : words) {
    if (about->get_subcommands({}).empty()) break;
    const CLI::App* verb = find_verb(*about, word);
    if (verb == nullptr) {
      print_error(unknown_verb_text(*about, word));
      return kExitUsage;
    }
    before += concat(before.empty() ? "" : " ", about->get_name());
    about = verb;
  }
  std::cout << about->help(before);
  return kExitOk;
}

// Parses the command line. Returns an exit code after help, version or a usage error; the text is
// printed already.
std::variant<Command, int> parse_command_line(int argc, char** argv) {
  CLI::App app{kDescription, "inlet53"};
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(kExitCodes);
  InitOptions init;
  CheckOptions check;
  UpOptions up;
  LogsTailOptions tail;
  BenchOptions bench;
  PolicyExplainOptions policy;
  CaOptions ca;
  CacheFlushOptions flush;
  StatusOptions status;
  ReloadOptions reload;
  StopOptions stop;
  ExplainOptions explain;
  Texts texts;
  const CLI::App* init_verb = add_init(app, init);
  const CLI::App* check_verb = add_check(app, check, texts.output);
  const CLI::App* up_verb = add_up(app, up);
  CLI::App* logs_verb = app.add_subcommand("logs", "reads query logs");
  logs_verb->require_subcommand(1);
  add_tail(*logs_verb, tail, texts);
  const CLI::App* bench_verb = add_bench(app, bench, texts.output);
  CLI::App* cache_verb = app.add_subcommand("cache", "manages a running daemon's cache");
  cache_verb->require_subcommand(1);
  add_flush(*cache_verb, flush);
  const CLI::App* explain_verb = add_explain(app, explain, texts.output);
  const CLI::App* status_verb = add_daemon_verb(app, "status", "shows the state of running daemons",
                                                kStatusDetails, status, texts.output);
  const CLI::App* reload_verb =
      add_daemon_verb(app, "reload", "has running daemons read their configuration again",
                      kReloadDetails, reload, texts.output);
  const CLI::App* stop_verb =
      add_daemon_verb(app, "stop", "ends running daemons", kStopDetails, stop, texts.output);
  const CLI::App* ca_verb = add_ca(app, ca, texts.output);
  const CLI::App* policy_verb = add_policy(app, policy, texts.output);
  app.add_subcommand("help", "prints the help of a command");
  const CLI::App* version_verb = app.add_subcommand("version", "prints the version");
  const std::span<const char* const> words(argv + 1, argc > 0 ? static_cast<size_t>(argc) - 1 : 0);
  if (!words.empty() && std::string_view(words[0]) == "help") {
    return print_help(app, words.subspan(1));
  }
  if (const auto unknown = find_unknown_verb(app, words)) {
    print_error(*unknown);
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has its own codes from 100 on; ours is kExitUsage.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (version_verb->parsed()) {
    std::cout << kVersion << '\n';
    return kExitOk;
  }
  if (init_verb->parsed()) return Command{init};
  if (check_verb->parsed()) {
    check.json = texts.output == "json";
    return Command{check};
  }
  if (up_verb->parsed()) return Command{up};
  if (bench_verb->parsed()) {
    bench.json = texts.output == "json";
    return Command{bench};
  }
  if (cache_verb->parsed()) return Command{flush};
  status.json = reload.json = stop.json = texts.output == "json";
  explain.json = texts.output == "json";
  if (explain_verb->parsed()) return Command{explain};
  if (status_verb->parsed()) return Command{status};
  if (reload_verb->parsed()) return Command{reload};
  if (stop_verb->parsed()) return Command{stop};
  if (ca_verb->parsed()) {
    ca.json = texts.output == "json";
    return Command{ca};
  }
  if (policy_verb->parsed()) {
    policy.json = texts.output == "json";
    return Command{policy};
  }
  if (texts.output == "json") tail.format = logs::TailFormat::Json;
  if (texts.records == "all") {
    tail.records = logs::kAllRecords;
  } else if (!texts.records.empty()) {
    tail.records = std::stoul(texts.records);
  }
  return Command{tail};
}

int run(const InitOptions& options) { return run_init(options); }
int run(const CheckOptions& options) { return run_check(options); }
int run(const UpOptions& options) { return run_up(options); }
int run(const LogsTailOptions& options) { return run_logs_tail(options); }
int run(const BenchOptions& options) { return run_bench(options); }
int run(const CacheFlushOptions& options) { return run_cache_flush(options); }
int run(const ExplainOptions& options) { return run_explain(options); }
int run(const StatusOptions& options) { return run_status(options); }
int run(const ReloadOptions& options) { return run_reload(options); }
int run(const StopOptions& options) { return run_stop(options); }
int run(const CaOptions& options) { return run_ca(options); }
int run(const PolicyExplainOptions& options) { return run_policy_explain(options); }

}  // namespace

void print_error(std::string_view text) { std::cerr << "inlet53: " << text << '\n'; }

}  // namespace inlet53::app

int main(int argc, char** argv) {
  using namespace inlet53;
  return run_program("inlet53", [&] {
    const auto command = app::parse_command_line(argc, argv);
    if (const int* code = std::get_if<int>(&command)) return *code;
    return std::visit([](const auto& options) { return app::run(options); },
                      std::get<app::Command>(command));
  });
}
