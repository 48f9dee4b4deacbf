// SPDX-License-Identifier: Apache-2.0
#include "named_values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

//--- Queries

std::optional<unsigned> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return std::nullopt;
}

std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high << 4 | *low);
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

//--- Headers

// Fields of one connection, and fields that only the gateway sets.
// Source: API Gateway Developer Guide, "Amazon API Gateway important notes".
constexpr std::array<std::string_view, 12> kDropped{
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "transfer-encoding",
    "trailer",
    "upgrade",
    "www-authenticate",
};
constexpr std::array<std::string_view, 6> kRespelled{
    "Authorization",     "Host", "User-Agent", "X-Forwarded-For", "X-Forwarded-Port",
    "X-Forwarded-Proto",
};
// Names whose usual spelling is not a capital at the start of each word.
constexpr std::array<std::string_view, 5> kUnusual{"DNT", "ETag", "SOAPAction", "TE",
                                                   "WWW-Authenticate"};
constexpr std::string_view kWebSocket = "sec-websocket-";

constexpr std::string_view kForwardedFor = "x-forwarded-for";
constexpr std::string_view kTraceId = "x-amzn-trace-id";

struct Header {
  std::string folded;  // the name in lower case
  NamedValues named;
};

bool reaches_integration(const http::Field& field, std::string_view folded,
                         const GatewayHeaders& own) {
  if (std::find(kDropped.begin(), kDropped.end(), folded) != kDropped.end()) return false;
  if (folded == "authorization") return !is_aws_signature(field.value);
  if (folded == kTraceId) return own.trace_id.empty();
  return !is_gateway_header(folded);
}

std::string spelling(std::string_view name) {
  const auto* const found =
      std::find_if(kRespelled.begin(), kRespelled.end(),
                   [name](std::string_view one) { return http::same_field_name(one, name); });
  return std::string(found == kRespelled.end() ? name : *found);
}

char ascii_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// Returns the usual spelling of a name in lower case: If-None-Match.
std::string usual_spelling(std::string_view name) {
  for (const std::string_view one : kUnusual) {
    if (http::same_field_name(one, name)) return std::string(one);
  }
  std::string out(name);
  bool starts_word = true;
  for (char& c : out) {
    if (starts_word) c = ascii_upper(c);
    starts_word = c == '-';
  }
  if (name.starts_with(kWebSocket)) out[sizeof "sec-web" - 1] = 'S';
  return out;
}

void add(std::vector<Header>& headers, std::string_view name, std::string_view value) {
  std::string folded = ascii_lower(name);
  const auto found = std::find_if(headers.begin(), headers.end(), [&folded](const Header& header) {
    return header.folded == folded;
  });
  if (found != headers.end()) {
    found->named.values.emplace_back(value);
  } else {
    headers.push_back({std::move(folded), {spelling(name), {std::string(value)}}});
  }
}

// Adds the client's address after those that earlier proxies have added, in one value.
void add_forwarded_for(std::vector<Header>& headers, std::string_view source_ip) {
  add(headers, "X-Forwarded-For", source_ip);
  const auto found = std::find_if(headers.begin(), headers.end(), [](const Header& header) {
    return header.folded == kForwardedFor;
  });
  std::string joined;
  for (const std::string& value : found->named.values) {
    if (value.empty()) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  found->named.values.clear();
  found->named.values.push_back(std::move(joined));
}

void add_own(std::vector<Header>& headers, const GatewayHeaders& own) {
  const auto add_known = [&headers](std::string_view name, std::string_view value) {
    if (!value.empty()) add(headers, name, value);
  };
  add_known("X-Amzn-Trace-Id", own.trace_id);
  add_known("x-amzn-cipher-suite", own.cipher_suite);
  add_known("x-amzn-tls-version", own.tls_version);
  add_known("x-amzn-vpc-id", own.vpc_id);
  add_known("x-amzn-vpce-config", own.vpc_endpoint_id.empty() ? "" : "1");
  add_known("x-amzn-vpce-id", own.vpc_endpoint_id);
  add_forwarded_for(headers, own.source_ip);
}

}  // namespace

std::vector<NamedValues> query_parameters(std::string_view query) {
  std::vector<NamedValues> all;
  while (!query.empty()) {
    const size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string name = decode(pair.substr(0, equals));
    std::string value = decode(pair.substr(std::min(equals + 1, pair.size())));
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&name](const NamedValues& one) { return one.name == name; });
    if (found != all.end()) {
      found->values.push_back(std::move(value));
    } else {
      all.push_back({std::move(name), {std::move(value)}});
    }
  }
  return all;
}

std::vector<NamedValues> event_headers(const http::Request& request, const GatewayHeaders& own) {
  const bool is_lower_case = request.version == http::Version::Http2;
  std::vector<Header> headers;
  headers.reserve(request.fields.size() + 7);
  for (const http::Field& field : request.fields) {
    if (!reaches_integration(field, ascii_lower(field.name), own)) continue;
    if (is_lower_case) {
      add(headers, usual_spelling(field.name), field.value);
    } else {
      add(headers, field.name, field.value);
    }
  }
  add_own(headers, own);
  std::sort(headers.begin(), headers.end(),
            [](const Header& one, const Header& other) { return one.folded < other.folded; });
  std::vector<NamedValues> all;
  all.reserve(headers.size());
  for (Header& header : headers) all.push_back(std::move(header.named));
  return all;
}

bool is_gateway_header(std::string_view folded) noexcept {
  return folded.starts_with("x-amzn-vpc") || folded == "x-amzn-cipher-suite" ||
         folded == "x-amzn-tls-version" || folded == "x-amzn-apigateway-api-id";
}

bool is_aws_signature(std::string_view authorization) noexcept {
  return authorization.starts_with("AWS4-HMAC-SHA256");
}

}  // namespace inlet53::gateway
