// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/call_logs.h"

#include <algorithm>
#include <array>
#include <string>

#include "integrations.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

// Limit of a log event; longer ones are cut. Source: API Gateway Developer Guide, "Quotas".
constexpr size_t kMaxStep = 1024;

void write(CallLogs& logs, const Call& call, std::string_view text) {
  const CallContext& context = call.context;
  logs.write_step(*call.stage, context,
                  (context.request_time_ms + context.response_latency_ms) / 1000, text);
}

bool is_wanted(const Call& call) noexcept {
  return call.stage != nullptr && CallLogs::has_steps(*call.stage);
}

// Returns true for fields with credentials, which the log must not show.
bool is_secret(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 5> kSecrets = {
      "authorization", "cookie", "proxy-authorization", "x-amz-security-token", "x-api-key"};
  return std::any_of(kSecrets.begin(), kSecrets.end(),
                     [name](std::string_view one) { return http::same_field_name(one, name); });
}

// Formats `{name=value, name=value}`, as API Gateway prints maps.
std::string map_text(const http::Fields& fields) {
  std::string text = "{";
  for (const http::Field& field : fields) {
    if (text.size() > 1) text += ", ";
    text += field.name;
    text += '=';
    text += is_secret(field.name) ? "****" : field.value;
  }
  return text + '}';
}

std::string map_text(const std::vector<PathParameter>& parameters) {
  http::Fields fields;
  for (const PathParameter& one : parameters) {
    fields.push_back({std::string(one.name), std::string(one.value)});
  }
  return map_text(fields);
}

}  // namespace

void CallLogs::write_access(const StageState& stage, const CallContext& context) {
  if (stage.access_lines == nullptr) return;
  line_.clear();
  stage.access_log.append_line(line_, context);
  stage.access_lines->append(line_);
}

void CallLogs::write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                          std::string_view text) {
  if (stage.execution_lines == nullptr) return;
  UtcSecond time;
  time.set(wall_seconds);
  line_ = time.text();
  line_ += " (";
  line_ += context.ids.request_id;
  line_ += ") ";
  append_json_escaped(line_, text.substr(0, kMaxStep));
  stage.execution_lines->append(line_);
}

void log_call_start(CallLogs& logs, const Call& call) {
  if (!is_wanted(call)) return;
  write(logs, call, concat("Extended Request Id: ", call.context.ids.extended_request_id));
  write(logs, call, concat("Starting execution for request: ", call.context.ids.request_id));
  write(logs, call,
        concat("HTTP Method: ", call.context.http_method,
               ", Resource Path: ", call.context.resource_path));
  write(logs, call, concat("Method request path: ", map_text(call.route.parameters)));
  write(logs, call, concat("Method request query string: ", call.path.query));
  write(logs, call, concat("Method request headers: ", map_text(call.request.fields)));
  write(logs, call,
        concat("Method request body before transformations: ", call.request.body.substr(0, 1024)));
}

void log_endpoint_request(CallLogs& logs, const Call& call, std::string_view endpoint) {
  if (!is_wanted(call)) return;
  write(logs, call, concat("Sending request to ", endpoint));
}

void log_integration_response(CallLogs& logs, const Call& call) {
  if (!is_wanted(call)) return;
  write(logs, call,
        concat("Received response. Status: ", call.context.integration_status.value_or(0),
               ", Integration latency: ", call.context.integration_latency_ms.value_or(0), " ms"));
}

void log_integration_failure(CallLogs& logs, const Call& call) {
  if (!is_wanted(call)) return;
  write(logs, call, call.context.integration_error);
}

void log_response_without_room(CallLogs& logs, const Call& call, uint64_t bytes) {
  if (!is_wanted(call)) return;
  write(logs, call,
        concat("Execution failed: there is no memory for the response of ", bytes,
               " bytes (max_body_memory)"));
}

void log_call_end(CallLogs& logs, const Call& call) {
  if (!is_wanted(call)) return;
  if (!call.context.error_message.empty()) {
    write(logs, call,
          concat("Gateway response type: ", call.context.error_response_type,
                 " with status code: ", call.context.status));
  }
  write(logs, call, concat("Method completed with status: ", call.context.status));
}

}  // namespace inlet53::gateway
