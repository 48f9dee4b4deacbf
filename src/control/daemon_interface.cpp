// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/daemon_interface.h"

#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/control/control_path.h"

namespace inlet53::control {

namespace {

void append_list(std::string& json, std::string_view key, const std::vector<std::string>& texts) {
  json += ',';
  append_json_string(json, key);
  json += ":[";
  for (const std::string& text : texts) {
    if (&text != &texts.front()) json += ',';
    append_json_string(json, text);
  }
  json += ']';
}

std::string time_text(int64_t seconds) {
  UtcSecond text;
  text.set(seconds);
  return std::string(text.text());
}

}  // namespace

DaemonInterface::DaemonInterface(DaemonIdentity identity, DaemonActions actions)
    : identity_(std::move(identity)),
      actions_(std::move(actions)),
      started_at_(read_clock().wall_seconds),
      configured_at_(started_at_) {}

std::string ReloadReport::to_json() const {
  std::string json = errors.empty() ? "{\"reloaded\":true" : "{\"reloaded\":false";
  append_list(json, "errors", errors);
  append_list(json, "warnings", warnings);
  append_list(json, "needs_restart", needs_restart);
  json += ",\"summary\":";
  append_json_string(json, summary);
  json += '}';
  return json;
}

void ReloadReport::log(std::string_view config_file) const {
  for (const std::string& error : errors) log_error(error);
  for (const std::string& warning : warnings) log_warning(warning);
  if (!needs_restart.empty()) {
    log_warning(concat("reload: these settings change only at a restart: ", joined(needs_restart)));
  }
  if (!errors.empty()) return log_error("reload refused: the old configuration stays");
  log_info(concat("reloaded ", config_file, ": ", summary));
}

Result<std::unique_ptr<DaemonInterface>, DaemonInterface::Error> DaemonInterface::open(
    net::Loop& loop, DaemonIdentity identity, DaemonActions actions,
    std::vector<ControlRoute> routes) {
  const auto access = find_access(identity.group);
  if (!access) {
    return Unexpected(Error{kExitConfiguration,
                            concat(identity.config_file, ": the control group: ", access.error())});
  }
  const SocketChoice choice =
      choose_socket(identity.socket, identity.config_file, identity.program);
  std::unique_ptr<DaemonInterface> made(
      new DaemonInterface(std::move(identity), std::move(actions)));
  for (ControlRoute& route : made->common_routes()) routes.push_back(std::move(route));
  auto server = ControlServer::open(loop, choice.path, *access, std::move(routes));
  if (!server && choice.is_default) {
    log_warning(concat(server.error(), "; the daemon runs without a control socket"));
    return nullptr;
  }
  if (!server) return Unexpected(Error{kExitCannotBind, server.error()});
  made->server_ = std::move(*server);
  log_info(concat("control socket: ", choice.path));
  return made;
}

std::vector<ControlRoute> DaemonInterface::common_routes() {
  return {{"GET", "/v1/status",
           [this](RequestId id, const ControlRequest&) {
             respond(id, json_response(200, status_json()));
           }},
          {"POST", "/v1/reload",
           [this](RequestId id, const ControlRequest&) {
             reloading_.emplace_back(actions_.reload(), id);
           }},
          {"POST", "/v1/stop", [this](RequestId id, const ControlRequest&) {
             respond(id, json_response(200, R"({"stopping":true})"));
             actions_.stop();
           }}};
}

void DaemonInterface::reloaded(uint64_t run, ReloadReport report) {
  std::erase_if(reloading_, [&](const std::pair<uint64_t, RequestId>& each) {
    if (each.first > run) return false;
    respond(each.second, json_response(report.errors.empty() ? 200 : 422, report.to_json()));
    return true;
  });
  const int64_t now = read_clock().wall_seconds;
  if (report.errors.empty()) configured_at_ = now;
  last_reload_ = LastReload{now, std::move(report)};
}

std::string DaemonInterface::status_json() const {
  std::string json = "{\"program\":";
  append_json_string(json, identity_.program);
  json += ",\"version\":";
  append_json_string(json, identity_.version);
  json += concat(",\"pid\":", getpid(), ",\"started_at\":\"", time_text(started_at_),
                 "\",\"configuration\":{\"file\":");
  append_json_string(json, identity_.config_file);
  json += concat(",\"used_since\":\"", time_text(configured_at_), "\"},\"last_reload\":");
  if (last_reload_) {
    json += concat("{\"at\":\"", time_text(last_reload_->at), "\",",
                   last_reload_->report.to_json().substr(1));
  } else {
    json += "null";
  }
  const std::string own = actions_.status();
  return json + (own == "{}" ? "}" : concat(",", std::string_view(own).substr(1)));
}

void DaemonInterface::respond(RequestId id, http::Response&& response) {
  server_->respond(id, std::move(response));
}

}  // namespace inlet53::control
