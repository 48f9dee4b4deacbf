// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

#include "commands.h"
#include <nlohmann/json.hpp>

#include "inlet53/base/file.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/control/control_client.h"
#include "inlet53/control/control_path.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint32_t kPatienceMs = 10'000;
// A reload may load many zones and wait for a slow disk.
constexpr uint32_t kReloadPatienceMs = 300'000;

/// A daemon and the path of its control socket.
struct Target {
  std::string program;
  std::string socket;
};

// Finds the daemons that a command is for. An exit code: the error is printed.
Result<std::vector<Target>, int> find_targets(const DaemonOptions& options) {
  if (!options.socket.empty()) return std::vector<Target>{{"the daemon", options.socket}};
  const auto config = config::load_config(options.config);
  const std::string file = absolute_path(options.config);
  std::vector<Target> targets;
  if (!config) {
    // The file may have become invalid since the daemons read it: they report its errors.
    for (const char* program : {"inlet53d", "inlet53-gateway"}) {
      std::string socket = control::find_socket({}, file, program);
      if (std::filesystem::exists(socket)) targets.push_back({program, std::move(socket)});
    }
    if (!targets.empty()) return targets;
    for (const config::ConfigError& error : config.error()) std::cerr << error.to_text() << '\n';
    print_error("no daemon has its default socket; --socket names another one");
    return Unexpected(int{kExitConfiguration});
  }
  if (topology::calls_for_dns(config->topology)) {
    targets.push_back(
        {"inlet53d", control::find_socket(config->settings.dns.control.socket, file, "inlet53d")});
  }
  if (topology::calls_for_gateway(config->topology)) {
    targets.push_back(
        {"inlet53-gateway", control::find_socket(config->settings.https.gateway.control_socket,
                                                 file, "inlet53-gateway")});
  }
  if (!targets.empty()) return targets;
  print_error(concat(options.config, ": no daemon is required"));
  return Unexpected(int{kExitConfiguration});
}

// Returns the text of `{"error": TEXT}`.
std::string error_text(const Json& json) {
  const auto found = json.is_object() ? json.find("error") : json.end();
  if (!json.is_object() || found == json.end() || !found->is_string()) return "the request failed";
  return found->get<std::string>();
}

/// The response of a daemon, or why there is none.
struct Reply {
  const Target& target;
  uint16_t status = 0;  // of HTTP; 0: no response
  Json json;
  std::string error;  // text for people; empty: the request succeeded
};

Reply call(const Target& target, const control::ControlCall& call, uint32_t timeout_ms) {
  const auto answer = control::call_daemon(target.socket, call, timeout_ms);
  if (!answer) return {target, 0, nullptr, answer.error()};
  Json json = Json::parse(answer->body, nullptr, false);
  if (json.is_discarded()) return {target, 0, nullptr, "the daemon's response is not JSON"};
  std::string error = answer->status < 300 ? "" : error_text(json);
  return {target, answer->status, std::move(json), std::move(error)};
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

void print_addresses(const Json& addresses) {
  for (const Json& address : addresses) {
    const bool is_resolver = address.contains("endpoint");
    const std::string name = text_of(address, is_resolver ? "endpoint" : "vpc_endpoint");
    std::string line =
        concat("  ", padded(text_of(address, "listen"), 22),
               padded(text_of(address, "protocol"), 6), padded(text_of(address, "state"), 9), name);
    if (is_resolver) line += concat(", ", text_of(address, "availability_zone"));
    std::cout << line << '\n';
  }
}

void print_status(const Json& status) {
  std::cout << text_of(status, "program") << ' ' << text_of(status, "version") << ", process "
            << text_of(status, "pid") << ", since " << text_of(status, "started_at") << '\n';
  const Json& configuration = status.at("configuration");
  std::cout << "  configuration " << text_of(configuration, "file") << '\n'
            << "  in use since  " << text_of(configuration, "used_since") << '\n';
  if (const Json& reload = status.at("last_reload"); !reload.is_null()) {
    const bool succeeded = reload.value("reloaded", false);
    std::cout << "  last reload   " << text_of(reload, "at")
              << (succeeded ? ", succeeded" : ", rejected") << '\n';
    for (const char* kind : {"errors", "warnings"}) {
      for (const Json& text : reload.at(kind)) {
        std::cout << "    " << text.get<std::string>() << '\n';
      }
    }
    for (const Json& key : reload.at("needs_restart")) {
      std::cout << "    needs a restart: " << key.get<std::string>() << '\n';
    }
  }
  print_addresses(status.at("addresses"));
  if (status.contains("workers")) {
    std::cout << "  workers       " << text_of(status.at("workers"), "count") << ", "
              << text_of(status.at("workers"), "udp") << " of them for UDP\n"
              << "  queries       " << text_of(status, "queries") << '\n';
  }
  if (status.contains("query_log")) {
    const Json& log = status.at("query_log");
    std::cout << "  query log     ";
    if (log.is_null()) {
      std::cout << "off\n";
    } else {
      const uint64_t dropped =
          log.value("dropped_full", uint64_t{0}) + log.value("dropped_disk", uint64_t{0});
      std::cout << text_of(log, "file") << ", " << text_of(log, "records") << " records, "
                << dropped << " dropped\n";
    }
  }
  if (status.contains("apis")) {
    std::cout << "  REST APIs     " << text_of(status, "apis") << ", open connections "
              << text_of(status, "open_connections") << '\n';
  }
}

void print_reload(const Reply& reply) {
  const std::string& program = reply.target.program;
  const Json& json = reply.json;
  if (json.value("reloaded", false)) {
    std::cout << program << ": reloaded, " << text_of(json, "summary") << '\n';
  } else {
    std::cerr << program << ": rejected, the old configuration stays\n";
  }
  for (const Json& text : json.at("errors")) std::cerr << text.get<std::string>() << '\n';
  for (const Json& text : json.at("warnings")) std::cerr << text.get<std::string>() << '\n';
  for (const Json& key : json.at("needs_restart")) {
    std::cerr << program << ": needs a restart: " << key.get<std::string>() << '\n';
  }
}

// Calls each daemon and prints its reply as `print` does, or all replies as one JSON list. Returns
// the exit code.
template <class Print>
int run_verb(const DaemonOptions& options, const control::ControlCall& request, uint32_t timeout_ms,
             const Print& print) {
  const auto targets = find_targets(options);
  if (!targets) return targets.error();
  int code = kExitOk;
  Json list = Json::array();
  for (const Target& target : *targets) {
    const Reply reply = call(target, request, timeout_ms);
    if (!reply.error.empty()) code = kExitFailure;
    if (options.json) {
      list.push_back(reply.status == 0 ? Json{{"program", target.program}, {"error", reply.error}}
                                       : reply.json);
    } else if (reply.status == 0 || (reply.json.is_object() && reply.json.contains("error"))) {
      print_error(reply.error);
    } else {
      print(reply);
    }
  }
  if (options.json) std::cout << dump_json(list) << '\n';
  return code;
}

}  // namespace

int run_status(const StatusOptions& options) {
  return run_verb(options, {"GET", "/v1/status", {}}, kPatienceMs,
                  [](const Reply& reply) { print_status(reply.json); });
}

int run_reload(const ReloadOptions& options) {
  return run_verb(options, {"POST", "/v1/reload", {}}, kReloadPatienceMs, print_reload);
}

int run_stop(const StopOptions& options) {
  return run_verb(options, {"POST", "/v1/stop", {}}, kPatienceMs,
                  [](const Reply& reply) { std::cout << reply.target.program << ": stops\n"; });
}

int run_cache_flush(const CacheFlushOptions& options) {
  Json body = {{"all", true}};
  if (!options.everything) body = {{"name", options.name}, {"subtree", options.subtree}};
  DaemonOptions daemon = options;
  if (daemon.socket.empty()) {
    const auto targets = find_targets(options);
    if (!targets) return targets.error();
    for (const Target& target : *targets) {
      if (target.program == "inlet53d") daemon.socket = target.socket;
    }
  }
  const std::string text = dump_json(body);
  return run_verb(daemon, {"POST", "/v1/cache/flush", text}, kPatienceMs, [](const Reply& reply) {
    const uint64_t removed = reply.json.value("removed", uint64_t{0});
    std::cout << "removed " << removed << (removed == 1 ? " response\n" : " responses\n");
  });
}

}  // namespace inlet53::app
