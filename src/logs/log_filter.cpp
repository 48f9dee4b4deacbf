// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_filter.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::logs {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// Names in a log end with a dot; operators leave it out.
std::string name_pattern(std::string_view text) {
  std::string pattern = ascii_lower(text);
  if (!pattern.empty() && pattern.back() != '.' && pattern.back() != '*') pattern += '.';
  return pattern;
}

bool is_rcode(std::string_view text) noexcept {
  constexpr uint16_t kLast = static_cast<uint16_t>(dns::Rcode::BadCookie);
  for (uint16_t number = 0; number <= kLast; ++number) {
    if (dns::rcode_text(static_cast<dns::Rcode>(number)) == text) return true;
  }
  return false;
}

Result<Cidr, std::string> parse_client(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return Cidr::parse(text);
  const auto address = IpAddress::parse(text);
  if (!address) {
    return Unexpected(concat("\"", text, "\" is no IP address and no CIDR block"));
  }
  return Cidr{*address, static_cast<uint8_t>(address->bytes().size() * 8)};
}

}  // namespace

bool match_pattern(std::string_view pattern, std::string_view text) noexcept {
  size_t in_pattern = 0;
  size_t in_text = 0;
  // Position to continue at when the text after the last `*` does not match: one character later.
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      retry = in_text;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == lower(text[in_text])) {
      ++in_pattern;
      ++in_text;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      in_text = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

Result<LogFilter, std::string> LogFilter::parse(const LogFilterOptions& options) {
  LogFilter filter;
  filter.name_ = name_pattern(options.name);
  filter.type_ = upper(options.type);
  filter.rcode_ = upper(options.rcode);
  filter.firewall_ = upper(options.firewall);
  if (!filter.type_.empty() && !dns::parse_type(filter.type_)) {
    return Unexpected(concat("\"", options.type, "\" is no type; A, AAAA and TYPE65280 are"));
  }
  if (!filter.rcode_.empty() && !is_rcode(filter.rcode_)) {
    return Unexpected(
        concat("\"", options.rcode, "\" is no response code; NOERROR and NXDOMAIN are"));
  }
  if (const std::string& action = filter.firewall_;
      !action.empty() && action != "BLOCK" && action != "ALERT" && action != "*") {
    return Unexpected(
        concat("\"", options.firewall,
               "\" is no action that is logged; they are BLOCK, ALERT and * for both"));
  }
  if (!options.client.empty()) {
    const auto client = parse_client(options.client);
    if (!client) return Unexpected(client.error());
    filter.client_ = *client;
  }
  return filter;
}

bool LogFilter::matches_firewall(std::string_view action) const {
  if (firewall_.empty()) return true;
  return firewall_ == "*" ? !action.empty() : action == firewall_;
}

bool LogFilter::matches(const LogRecord& record) const {
  if (!type_.empty() && record.query_type != type_) return false;
  if (!rcode_.empty() && record.rcode != rcode_) return false;
  if (!matches_firewall(record.firewall_rule_action)) return false;
  if (!name_.empty() && !match_pattern(name_, record.query_name)) return false;
  if (!client_) return true;
  const auto address = IpAddress::parse(record.srcaddr);
  return address && client_->contains(*address);
}

}  // namespace inlet53::logs
