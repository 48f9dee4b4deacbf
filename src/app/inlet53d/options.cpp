#include "options.h"

#include <CLI/CLI.hpp>

#include "inlet53/base/absolute_path.h"
#include "inlet53/base/exit_code.h"

namespace inlet53::app {

std::variant<Options, int> parse_options(int argc, char** argv) {
  CLI::App app{
      "inlet53d answers DNS queries as a Route 53 Resolver inbound endpoint does.\n"
      "It stays in the foreground. Signals: TERM and INT end it after at most 3 s, HUP reads the\n"
      "configuration again, USR1 opens the query log's file again.\n"
      "Exit codes: 0 ended as asked, 1 failure, 2 usage, 3 configuration invalid, 4 cannot bind.",
      "inlet53d"};
  app.set_version_flag("--version", "inlet53d " INLET53_VERSION);

  Options options;
  std::string query_log;
  uint32_t workers = 0;
  std::vector<uint32_t> cpus;
  app.add_option("--config", options.config, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  auto* log_option =
      app.add_option("--query-log", query_log, "write the query log there instead, or not at all")
          ->type_name("FILE|off");
  auto* workers_option = app.add_option("--workers", workers, "answer with so many threads")
                             ->type_name("N")
                             ->check(CLI::Range(1, 256));
  auto* cpus_option = app.add_option("--cpus", cpus, "run the workers on these CPUs, as in 0,2")
                          ->type_name("LIST")
                          ->delimiter(',');
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own from 100 on; ours says "usage".
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  // The working directory may be another one, or none, when they are read again.
  options.config = absolute_path(options.config);
  if (*log_option) options.query_log = query_log == "off" ? "" : absolute_path(query_log);
  if (*workers_option) options.workers = workers;
  if (*cpus_option) options.cpus = cpus;
  return options;
}

}  // namespace inlet53::app
