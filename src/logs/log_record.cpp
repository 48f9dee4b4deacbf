// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_record.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <simdjson.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::logs {

namespace {

// The DOM selects the processor's instructions at run time and checks the whole line; On Demand,
// simdjson's other interface, does neither here.
namespace dom = simdjson::dom;

enum class Presence : uint8_t { Always, Sometimes };

// A field of `Owner` that is a JSON string.
template <class Owner>
struct TextField {
  std::string_view key;
  std::string_view Owner::*member = nullptr;
  Presence presence = Presence::Always;
};

using enum Presence;

constexpr std::array<TextField<LogRecord>, 15> kRecordFields = {{
    {"version", &LogRecord::version, Always},
    {"account_id", &LogRecord::account_id, Always},
    {"region", &LogRecord::region, Always},
    {"vpc_id", &LogRecord::vpc_id, Always},
    {"query_timestamp", &LogRecord::query_timestamp, Always},
    {"query_name", &LogRecord::query_name, Always},
    {"query_type", &LogRecord::query_type, Always},
    {"query_class", &LogRecord::query_class, Always},
    {"rcode", &LogRecord::rcode, Always},
    {"srcaddr", &LogRecord::srcaddr, Always},
    {"srcport", &LogRecord::srcport, Always},
    {"transport", &LogRecord::transport, Always},
    {"firewall_rule_action", &LogRecord::firewall_rule_action, Sometimes},
    {"firewall_rule_group_id", &LogRecord::firewall_rule_group_id, Sometimes},
    {"firewall_domain_list_id", &LogRecord::firewall_domain_list_id, Sometimes},
}};

constexpr std::array<TextField<LogRecord>, 3> kSourceFields = {{
    {"instance", &LogRecord::instance, Sometimes},
    {"resolver_endpoint", &LogRecord::resolver_endpoint, Sometimes},
    {"resolver_network_interface", &LogRecord::resolver_network_interface, Sometimes},
}};

constexpr std::array<TextField<LogAnswer>, 3> kAnswerFields = {{
    {"Rdata", &LogAnswer::rdata, Always},
    {"Type", &LogAnswer::type, Always},
    {"Class", &LogAnswer::rrclass, Always},
}};

// Error in a line; absent when the line is valid.
using Complaint = std::optional<std::string>;

Complaint kind_complaint(std::string_view key, std::string_view kind) {
  return concat("its ", key, " is no ", kind);
}

// Reads an object's text fields into `owner`; hands every other field to `other(key, value)`.
template <class Owner, size_t N, class Other>
Complaint read_object(dom::object object, const std::array<TextField<Owner>, N>& fields,
                      Owner& owner, const Other& other) {
  for (const auto& field : fields) owner.*field.member = {};
  for (const dom::key_value_pair element : object) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&element](const auto& known) {
      return known.key == element.key;
    });
    if (field == fields.end()) {
      if (Complaint complaint = other(element.key, element.value)) return complaint;
    } else if (element.value.get(owner.*field->member)) {
      return kind_complaint(field->key, "string");
    }
  }
  for (const auto& field : fields) {
    if (field.presence == Always && (owner.*field.member).data() == nullptr) {
      return concat("it has no ", field.key);
    }
  }
  return {};
}

constexpr auto kLeaveAlone = [](std::string_view, dom::element) { return Complaint(); };

Complaint read_answers(dom::element value, std::vector<LogAnswer>& answers) {
  dom::array array;
  if (value.get(array)) return kind_complaint("answers", "array");
  for (const dom::element element : array) {
    dom::object object;
    if (element.get(object)) return kind_complaint("answers", "array of objects");
    if (auto complaint = read_object(object, kAnswerFields, answers.emplace_back(), kLeaveAlone)) {
      return complaint;
    }
  }
  return {};
}

Complaint read_sources(dom::element value, LogRecord& record) {
  dom::object object;
  if (value.get(object)) return kind_complaint("srcids", "object");
  return read_object(object, kSourceFields, record, kLeaveAlone);
}

Complaint read_record(dom::element document, LogRecord& record) {
  dom::object object;
  if (document.get(object)) return "it is no JSON object";
  record.answers.clear();
  record.instance = record.resolver_endpoint = record.resolver_network_interface = {};
  bool has_answers = false;
  const auto other = [&](std::string_view key, dom::element value) -> Complaint {
    if (key == "srcids") return read_sources(value, record);
    if (key != "answers") return {};
    has_answers = true;
    return read_answers(value, record.answers);
  };
  if (Complaint complaint = read_object(object, kRecordFields, record, other)) return complaint;
  return has_answers ? Complaint() : "it has no answers";
}

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

struct RecordParser::Impl {
  dom::parser json;
  std::string line;
  LogRecord record;
};

RecordParser::RecordParser() : impl_(std::make_unique<Impl>()) {}

RecordParser::~RecordParser() = default;

Result<const LogRecord*, std::string> RecordParser::parse(std::string_view line) {
  // simdjson reads past the end.
  impl_->line.assign(line);
  impl_->line.append(simdjson::SIMDJSON_PADDING, ' ');
  dom::element document;
  constexpr bool kMakeCopy = false;
  if (const auto error =
          impl_->json.parse(impl_->line.data(), line.size(), kMakeCopy).get(document)) {
    return Unexpected(concat("it is no JSON: ", simdjson::error_message(error)));
  }
  if (Complaint complaint = read_record(document, impl_->record)) {
    return Unexpected(std::move(*complaint));
  }
  return &impl_->record;
}

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
