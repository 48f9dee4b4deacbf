// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/http_integration.h"

#include <algorithm>
#include <array>
#include <utility>

#include "named_values.h"

#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

// Headers that never reach an integration.
constexpr std::array<std::string_view, 17> kDropped = {
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "expect",
    "host",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
};

// Headers of an integration's response that the gateway sets itself.
constexpr std::array<std::string_view, 4> kRenamed = {"Connection", "Content-Length", "Date",
                                                      "Server"};
constexpr std::array<std::string_view, 4> kDroppedOfResponse = {"Content-Encoding", "Keep-Alive",
                                                                "Transfer-Encoding", "Via"};

constexpr std::string_view kStageVariables = "stageVariables.";

// Returns the name as spelled in the list; empty when it is not there.
template <size_t kSize>
std::string_view listed(const std::array<std::string_view, kSize>& names, std::string_view name) {
  const auto* const found = std::find_if(names.begin(), names.end(), [name](std::string_view one) {
    return http::same_field_name(one, name);
  });
  return found == names.end() ? std::string_view{} : *found;
}

template <size_t kSize>
bool is_among(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return !listed(names, name).empty();
}

std::string_view stage_variable(const UriValues& values, std::string_view name) {
  for (const topology::NamedText& variable : values.stage_variables) {
    if (variable.name == name) return variable.value;
  }
  return {};
}

std::string_view path_parameter(const UriValues& values, std::string_view name) {
  for (const PathParameter& parameter : values.path_parameters) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

std::string filled_in(std::string_view uri, const UriValues& values) {
  std::string out;
  while (!uri.empty()) {
    const size_t open = uri.find('{');
    const size_t close = open == std::string_view::npos ? open : uri.find('}', open);
    if (close == std::string_view::npos) break;
    const bool is_variable = open > 0 && uri[open - 1] == '$';
    std::string_view name = uri.substr(open + 1, close - open - 1);
    out += uri.substr(0, is_variable ? open - 1 : open);
    if (!is_variable) {
      if (name.ends_with('+')) name.remove_suffix(1);
      out += path_parameter(values, name);
    } else if (name.starts_with(kStageVariables)) {
      out += stage_variable(values, name.substr(kStageVariables.size()));
    }
    uri.remove_prefix(close + 1);
  }
  out += uri;
  return out;
}

// Returns the fields that a Connection field names: they concern this connection only (RFC 9110
// §7.6.1).
std::vector<std::string> connection_options(const http::Fields& fields) {
  std::vector<std::string> names;
  for (const http::Field& field : fields) {
    if (!http::same_field_name(field.name, "connection")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      std::string_view name = list.substr(0, comma);
      list.remove_prefix(std::min(comma + 1, list.size()));
      while (name.starts_with(' ') || name.starts_with('\t')) name.remove_prefix(1);
      while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
      names.push_back(ascii_lower(name));
    }
  }
  return names;
}

bool reaches_backend(const http::Field& field, const std::vector<std::string>& options) {
  const std::string folded = ascii_lower(field.name);
  if (is_among(kDropped, folded) || is_gateway_header(folded)) return false;
  if (folded == "authorization" && is_aws_signature(field.value)) return false;
  return std::find(options.begin(), options.end(), folded) == options.end();
}

}  // namespace

Result<http::Url, std::string> integration_url(std::string_view uri, const UriValues& values) {
  std::string text = filled_in(uri, values);
  if (!values.query.empty()) {
    text += text.find('?') == std::string::npos ? '?' : '&';
    text += values.query;
  }
  return http::parse_url(text);
}

http::Request integration_request(http::Request&& request, const topology::Integration& integration,
                                  const CallContext& context) {
  http::Request out;
  const bool any_method = integration.http_method.empty() || integration.http_method == "ANY";
  if (any_method) {
    out.method = std::move(request.method);
  } else {
    out.method = integration.http_method;
  }
  out.body = std::move(request.body);
  out.charge = std::move(request.charge);
  std::string forwarded_for;
  const std::vector<std::string> options = connection_options(request.fields);
  for (http::Field& field : request.fields) {
    if (!reaches_backend(field, options)) continue;
    if (http::same_field_name(field.name, "x-amzn-trace-id")) continue;  // the context contains it
    if (http::same_field_name(field.name, "x-forwarded-for")) {
      forwarded_for += field.value + ", ";
      continue;
    }
    out.fields.push_back(std::move(field));
  }
  if (http::find_field(out.fields, "accept") == nullptr) {
    out.fields.push_back({"Accept", "application/json"});
  }
  if (http::find_field(out.fields, "user-agent") == nullptr) {
    out.fields.push_back({"User-Agent", concat("AmazonAPIGateway_", context.api_id)});
  }
  out.fields.push_back({"X-Amzn-Trace-Id", context.ids.trace_id});
  out.fields.push_back({"X-Amzn-Apigateway-Api-Id", std::string(context.api_id)});
  out.fields.push_back({"X-Forwarded-For", forwarded_for + context.source_ip});
  return out;
}

http::Response integration_response(http::Response&& response) {
  http::Fields fields;
  fields.reserve(response.fields.size());
  for (http::Field& field : response.fields) {
    if (is_among(kDroppedOfResponse, field.name)) continue;
    if (http::same_field_name(field.name, "x-amzn-requestid")) {
      fields.push_back({"x-amzn-remapped-x-amzn-requestid", std::move(field.value)});
    } else if (const std::string_view name = listed(kRenamed, field.name); !name.empty()) {
      fields.push_back({concat("x-amzn-Remapped-", name), std::move(field.value)});
    } else {
      fields.push_back(std::move(field));
    }
  }
  response.fields = std::move(fields);
  return std::move(response);
}

}  // namespace inlet53::gateway
