// SPDX-License-Identifier: Apache-2.0
#include "lambda_event.h"

#include "base64.h"
#include "named_values.h"

#include "inlet53/base/json_string.h"
#include "inlet53/base/text.h"
#include "inlet53/gateway/binary_media_types.h"

namespace inlet53::gateway {

namespace {

// Writes members of JSON objects in order.
class EventWriter {
 public:
  explicit EventWriter(std::string& out) : out_(out) {}

  void open(std::string_view name) {
    key(name);
    out_ += '{';
    first_ = true;
  }
  void close() {
    out_ += '}';
    first_ = false;
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void text_or_null(std::string_view name, std::string_view value) {
    value.empty() ? null(name) : text(name, value);
  }
  void null(std::string_view name) { raw(name, "null"); }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }

  /// Writes `NAME` and `multiValueNAME`, null when there is no value.
  void both_maps(std::string_view single, std::string_view multi,
                 const std::vector<NamedValues>& all) {
    if (all.empty()) {
      null(single);
      return null(multi);
    }
    open(single);
    for (const NamedValues& one : all) text(one.name, one.values.back());
    close();
    open(multi);
    for (const NamedValues& one : all) list(one);
    close();
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
  }
  void list(const NamedValues& named) {
    key(named.name);
    char before = '[';
    for (const std::string& value : named.values) {
      out_ += before;
      append_json_string(out_, value);
      before = ',';
    }
    out_ += ']';
  }

  std::string& out_;
  bool first_ = true;
};

void write_path_parameters(EventWriter& writer, const Call& call) {
  if (call.route.parameters.empty()) return writer.null("pathParameters");
  writer.open("pathParameters");
  for (const auto& [name, value] : call.route.parameters) writer.text(name, value);
  writer.close();
}

void write_stage_variables(EventWriter& writer, const Call& call) {
  const std::vector<topology::NamedText>& variables = call.stage->stage->variables;
  if (variables.empty()) return writer.null("stageVariables");
  writer.open("stageVariables");
  for (const auto& [name, value] : variables) writer.text(name, value);
  writer.close();
}

void write_identity(EventWriter& writer, const CallContext& context) {
  writer.open("identity");
  writer.null("cognitoIdentityPoolId");
  writer.null("cognitoIdentityId");
  if (!context.vpc_endpoint_id.empty()) writer.text("vpceId", context.vpc_endpoint_id);
  writer.null("principalOrgId");
  writer.null("cognitoAuthenticationType");
  writer.null("userArn");
  writer.text_or_null("userAgent", context.user_agent);
  writer.null("accountId");
  writer.null("caller");
  writer.text("sourceIp", context.source_ip);
  writer.null("accessKey");
  if (!context.vpc_id.empty()) writer.text("vpcId", context.vpc_id);
  writer.null("cognitoAuthenticationProvider");
  writer.null("user");
  writer.close();
}

void write_request_context(EventWriter& writer, const CallContext& context) {
  writer.open("requestContext");
  writer.text("resourceId", context.resource_id);
  writer.text("resourcePath", context.resource_path);
  writer.text("httpMethod", context.http_method);
  writer.text("extendedRequestId", context.ids.extended_request_id);
  writer.text("requestTime", common_log_time(context.request_time_ms / 1000));
  writer.text("path", context.path);
  writer.text("accountId", context.account_id);
  // The same for every protocol of the client.
  writer.text("protocol", "HTTP/1.1");
  writer.text("stage", context.stage);
  writer.text("domainPrefix", context.domain_prefix);
  writer.raw("requestTimeEpoch", concat(context.request_time_ms));
  writer.text("requestId", context.ids.request_id);
  write_identity(writer, context);
  writer.text("domainName", context.domain_name);
  writer.text("deploymentId", context.deployment_id);
  writer.text("apiId", context.api_id);
  writer.close();
}

bool is_binary(const Call& call) {
  if (call.request.body.empty()) return false;
  const http::Field* const content_type = http::find_field(call.request.fields, "Content-Type");
  return is_binary_media_type(call.api->api.binary_media_types,
                              content_type == nullptr ? "" : content_type->value);
}

void write_body(EventWriter& writer, const Call& call) {
  const bool binary = is_binary(call);
  if (binary) {
    std::string encoded = "\"";
    append_base64(encoded, call.request.body);
    encoded += '"';
    writer.raw("body", encoded);
  } else {
    writer.text_or_null("body", call.request.body);
  }
  writer.raw("isBase64Encoded", binary ? "true" : "false");
}

}  // namespace

std::string compose_lambda_event(const Call& call) {
  constexpr size_t kUsualSize = 4096;
  std::string out;
  const CallContext& context = call.context;
  out.reserve(kUsualSize + call.request.body.size() + call.request.body.size() / 3);
  out += '{';
  EventWriter writer(out);
  writer.text("resource", context.resource_path);
  writer.text("path", call.path.path);
  writer.text("httpMethod", context.http_method);
  writer.both_maps("headers", "multiValueHeaders",
                   event_headers(call.request, {.source_ip = context.source_ip,
                                                .trace_id = context.ids.trace_id,
                                                .vpc_id = context.vpc_id,
                                                .vpc_endpoint_id = context.vpc_endpoint_id,
                                                .cipher_suite = call.cipher_suite,
                                                .tls_version = call.tls_version}));
  writer.both_maps("queryStringParameters", "multiValueQueryStringParameters",
                   query_parameters(call.path.query));
  write_path_parameters(writer, call);
  write_stage_variables(writer, call);
  write_request_context(writer, context);
  write_body(writer, call);
  out += '}';
  return out;
}

}  // namespace inlet53::gateway
