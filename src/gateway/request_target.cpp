// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_target.h"

#include <algorithm>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

constexpr std::string_view kApiIdHeader = "x-apigw-api-id";
constexpr std::string_view kEndpointPrefix = "-vpce-";

bool is_api_id(std::string_view text) noexcept { return has_shape(text, id_shape::kRestApi); }

std::optional<std::string> if_api_id(std::string_view text) {
  if (!is_api_id(text)) return std::nullopt;
  return std::string(text);
}

// Compares with `.execute-api.eu-west-1.amazonaws.com`, without composing it: every call uses this.
bool is_service_domain(std::string_view text, std::string_view region) noexcept {
  constexpr std::string_view kBefore = ".execute-api.";
  const std::string_view suffix = dns_suffix_of(region);
  const size_t dot = kBefore.size() + region.size();
  return text.size() == dot + 1 + suffix.size() && text[dot] == '.' && text.starts_with(kBefore) &&
         text.substr(kBefore.size()).starts_with(region) && text.ends_with(suffix);
}

// Returns `text` from the last of its leading slashes on.
std::string_view one_slash(std::string_view text) noexcept {
  const size_t end = std::min(text.find_first_not_of('/'), text.size());
  return end == 0 ? text : text.substr(end - 1);
}

}  // namespace

std::string host_of(std::string_view authority) {
  std::string_view host = authority;
  const size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  const size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return ascii_lower(host);
}

std::string_view first_label(std::string_view host) noexcept {
  return host.substr(0, host.find('.'));
}

std::optional<std::string> referred_api(std::string_view host, const http::Fields& fields,
                                        std::string_view region, std::string_view vpc_endpoint) {
  if (const http::Field* header = http::find_field(fields, kApiIdHeader); header != nullptr) {
    return if_api_id(header->value);
  }
  const std::string_view label = first_label(host);
  if (!is_service_domain(host.substr(label.size()), region)) return std::nullopt;
  const size_t dash = label.find(kEndpointPrefix);
  if (dash == std::string_view::npos) return if_api_id(label);
  if (label.substr(dash + 1) != vpc_endpoint) return std::nullopt;
  return if_api_id(label.substr(0, dash));
}

RequestPath split_target(std::string_view target) noexcept {
  RequestPath parts{{}, "/", "/", {}};
  if (!target.starts_with('/')) return parts;
  if (const size_t mark = target.find('?'); mark != std::string_view::npos) {
    parts.query = target.substr(mark + 1);
    target = target.substr(0, mark);
  }
  parts.context_path = one_slash(target);
  std::string_view rest = parts.context_path.substr(1);
  parts.stage = rest.substr(0, rest.find('/'));
  rest.remove_prefix(parts.stage.size());
  if (!rest.empty()) parts.path = one_slash(rest);
  return parts;
}

}  // namespace inlet53::gateway
