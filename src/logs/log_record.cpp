// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_record.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <simdjson.h>

#include "inlet53/base/text.h"

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
  std::string_view Owner::*member;
  Presence presence;
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

}  // namespace inlet53::logs
