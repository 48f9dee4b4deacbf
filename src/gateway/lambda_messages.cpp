// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/lambda_messages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "integrations.h"
#include "named_values.h"
#include <nlohmann/json.hpp>

#include "inlet53/base/base64.h"
#include "inlet53/base/text.h"
#include "inlet53/http/message.h"

namespace inlet53::gateway {

namespace {

// Uses maps for objects: an ordered list takes quadratic time to fill.
using Json = nlohmann::json;
using Reason = std::string;

// A proxy response has three levels. The limit protects memory.
constexpr size_t kMaxNesting = 64;
constexpr std::array<std::string_view, 5> kMembers{"statusCode", "headers", "multiValueHeaders",
                                                   "body", "isBase64Encoded"};
constexpr std::array<std::string_view, 5> kRemapped{"Connection", "Content-Length", "Date",
                                                    "Server", "WWW-Authenticate"};

// Far more than any client accepts. Merging them is quadratic.
constexpr size_t kMaxFields = 1000;
// Bytes of names and values, as for a URL's response. HTTP/2 would not send a head of 256 KiB,
// although the access log would report it.
constexpr size_t kMaxHeaderBytes = size_t{64} << 10;

// Returns the member; null when it is missing or null in JSON.
const Json* member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kMaxQuoted = 64;
  return concat('"', text.substr(0, kMaxQuoted), '"');
}

//--- Status

std::optional<int64_t> whole_number(const Json& value) {
  if (value.is_number_unsigned()) {
    return static_cast<int64_t>(std::min<uint64_t>(value.get<uint64_t>(), INT64_MAX));
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number < 0 || number > 1000 || number != static_cast<double>(static_cast<int>(number))) {
      return std::nullopt;
    }
    return static_cast<int64_t>(number);
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<uint16_t, Reason> read_status(const Json* value) {
  if (value == nullptr) return uint16_t{200};
  const auto number = whole_number(*value);
  if (!number) return Unexpected(Reason("statusCode is not a whole number"));
  if (*number < 200 || *number > 599) {
    return Unexpected(concat("statusCode ", *number, " is not between 200 and 599"));
  }
  return static_cast<uint16_t>(*number);
}

//--- Headers

std::string_view trimmed(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Result<std::string, Reason> read_value(const std::string& name, const Json& value) {
  if (value.is_string()) {
    // White space around a value does not belong to it (RFC 9110 §5.5).
    const std::string text(trimmed(value.get_ref<const std::string&>()));
    if (!http::is_field_value(text)) {
      return Unexpected(concat("the value of header ", in_quotes(name),
                               " has characters that no header may have"));
    }
    return text;
  }
  if (value.is_boolean() || value.is_number()) return value.dump();
  return Unexpected(concat("the value of header ", in_quotes(name), " is not a string"));
}

Result<void, Reason> add_field(http::Fields& fields, const std::string& name, const Json& value) {
  if (fields.size() == kMaxFields) return Unexpected(concat("over ", kMaxFields, " headers"));
  auto text = read_value(name, value);
  if (!text) return Unexpected(std::move(text.error()));
  fields.push_back({name, std::move(*text)});
  return {};
}

Result<void, Reason> check_name(const std::string& name) {
  if (http::is_field_name(name)) return {};
  return Unexpected(concat(in_quotes(name), " is not a header name"));
}

Result<void, Reason> add_multi_value_headers(http::Fields& fields, const Json* headers) {
  if (headers == nullptr) return {};
  if (!headers->is_object()) return Unexpected(Reason("multiValueHeaders is not an object"));
  for (const auto& [name, values] : headers->items()) {
    if (auto checked = check_name(name); !checked) return checked;
    if (!values.is_array()) {
      return Unexpected(
          concat("multiValueHeaders: the value of ", in_quotes(name), " is not a list"));
    }
    for (const Json& value : values) {
      if (auto added = add_field(fields, name, value); !added) return added;
    }
  }
  return {};
}

// Inserts a field after the last one of its name, with that spelling, unless the same value exists.
void merge_field(http::Fields& fields, http::Field&& field) {
  auto behind = fields.end();
  for (auto at = fields.begin(); at != fields.end(); ++at) {
    if (!http::same_field_name(at->name, field.name)) continue;
    if (at->value == field.value) return;
    behind = at + 1;
    field.name = at->name;
  }
  fields.insert(behind, std::move(field));
}

Result<void, Reason> merge_headers(http::Fields& fields, const Json* headers) {
  if (headers == nullptr) return {};
  if (!headers->is_object()) return Unexpected(Reason("headers is not an object"));
  http::Fields single;
  for (const auto& [name, value] : headers->items()) {
    if (auto checked = check_name(name); !checked) return checked;
    if (auto added = add_field(single, name, value); !added) return added;
  }
  for (http::Field& field : single) merge_field(fields, std::move(field));
  return {};
}

void remap(http::Fields& fields) {
  std::erase_if(fields, [](const http::Field& field) {
    return http::same_field_name(field.name, "Transfer-Encoding");
  });
  for (http::Field& field : fields) {
    const bool remapped = std::any_of(kRemapped.begin(), kRemapped.end(), [&](auto name) {
      return http::same_field_name(field.name, name);
    });
    if (remapped) field.name.insert(0, "x-amzn-Remapped-");
  }
}

Result<http::Fields, Reason> read_fields(const Json& json) {
  http::Fields fields;
  if (auto added = add_multi_value_headers(fields, member(json, "multiValueHeaders")); !added) {
    return Unexpected(std::move(added.error()));
  }
  if (auto merged = merge_headers(fields, member(json, "headers")); !merged) {
    return Unexpected(std::move(merged.error()));
  }
  size_t bytes = 0;
  for (const http::Field& field : fields) bytes += field.name.size() + field.value.size();
  if (bytes > kMaxHeaderBytes) {
    return Unexpected(concat("headers of ", bytes, " bytes, over ", kMaxHeaderBytes));
  }
  remap(fields);
  if (http::find_field(fields, "Content-Type") == nullptr) {
    fields.push_back({"Content-Type", "application/json"});
  }
  return fields;
}

//--- Body

Result<std::string, LambdaResponseFault> read_body(const Json& json,
                                                   const std::vector<std::string>& binary_types,
                                                   std::string_view accept) {
  using Kind = LambdaResponseFaultKind;
  const Json* const encoded = member(json, "isBase64Encoded");
  if (encoded != nullptr && !encoded->is_boolean()) {
    return Unexpected(LambdaResponseFault{Kind::Malformed, "isBase64Encoded is not a boolean"});
  }
  const Json* const body = member(json, "body");
  if (body == nullptr) return std::string();
  if (!body->is_string()) {
    return Unexpected(LambdaResponseFault{Kind::Malformed, "body is not a string"});
  }
  const auto& text = body->get_ref<const std::string&>();
  const bool decode =
      encoded != nullptr && encoded->get<bool>() && is_binary_media_type(binary_types, accept);
  if (!decode) return text;
  auto octets = decode_mime_base64(text);
  if (!octets) return Unexpected(LambdaResponseFault{Kind::InvalidBase64, "body is not base64"});
  return *std::move(octets);
}

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

Result<http::Response, LambdaResponseFault> read_lambda_response(
    std::string_view payload, const std::vector<std::string>& binary_media_types,
    std::string_view accept) {
  const auto malformed = [](Reason reason) {
    return Unexpected(LambdaResponseFault{LambdaResponseFaultKind::Malformed, std::move(reason)});
  };
  if (nests_deeper_than(payload, kMaxNesting)) return malformed("it nests too deeply");
  const Json json = Json::parse(payload, nullptr, false);
  if (json.is_discarded()) return malformed("it is not JSON");
  if (!json.is_object()) return malformed("it is not an object");
  for (const auto& [name, value] : json.items()) {
    if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end()) {
      return malformed(concat("it has a member ", in_quotes(name)));
    }
  }
  auto status = read_status(member(json, "statusCode"));
  if (!status) return malformed(std::move(status.error()));
  auto fields = read_fields(json);
  if (!fields) return malformed(std::move(fields.error()));
  auto body = read_body(json, binary_media_types, accept);
  if (!body) return Unexpected(std::move(body.error()));
  return http::Response{*status, *std::move(fields), *std::move(body)};
}

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

bool is_binary_media_type(const std::vector<std::string>& types,
                          std::string_view field_value) noexcept {
  std::string_view media_type = field_value.substr(0, field_value.find_first_of(",;"));
  while (media_type.starts_with(' ')) media_type.remove_prefix(1);
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  return std::any_of(types.begin(), types.end(), [media_type](const std::string& type) {
    // Media types compare like field names: ASCII letter case is ignored.
    return type == "*/*" || (!media_type.empty() && http::same_field_name(type, media_type));
  });
}

}  // namespace inlet53::gateway
