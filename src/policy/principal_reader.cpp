#include "principal_reader.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

using Kind = JsonValue::Kind;

constexpr size_t kAccountDigits = 12;
// AIDA…, AROA…: 21 characters today; 16 at least. Source: IAM User Guide, "IAM identifiers".
constexpr size_t kLeastUniqueId = 16;

bool is_account(std::string_view text) {
  return text.size() == kAccountDigits && text.find_first_not_of("0123456789") == text.npos;
}

bool is_unique_id(std::string_view text) {
  return text.size() >= kLeastUniqueId && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

// What is wrong with a principal of the kind AWS; empty: nothing.
std::string aws_fault(std::string_view text) {
  if (text == "*" || is_account(text) || is_unique_id(text)) return {};
  if (text.find_first_of("*?") != std::string_view::npos) {
    return concat("\"", text, "\" has a wildcard; a principal is \"*\" or is named in full");
  }
  if (text.starts_with("arn:") && std::count(text.begin(), text.end(), ':') >= 5) return {};
  return concat("\"", text, "\" is no AWS principal: neither \"*\" nor an account nor an ARN");
}

void read_kind(PolicyReading& reading, const JsonMember& member, const std::string& path,
               Principals& out) {
  const bool is_aws = member.key == "AWS";
  for (const PlacedText& item : read_texts(reading, member.value, path, Scalars::Refused)) {
    std::string fault = is_aws ? aws_fault(item.text) : std::string();
    if (!fault.empty()) {
      reading.add(item.place, item.path, std::move(fault));
      continue;
    }
    out.anyone = out.anyone || (is_aws && item.text == "*");
    out.written.push_back(concat(member.key, ' ', item.text));
  }
}

}  // namespace

Principals read_principals(PolicyReading& reading, const JsonMember& member,
                           const std::string& path) {
  Principals principals;
  principals.negated = member.key == "NotPrincipal";
  const JsonValue& value = member.value;
  if (value.kind == Kind::String && value.text == "*") {
    principals.anyone = true;
    principals.written.emplace_back("*");
  } else if (value.kind == Kind::String) {
    reading.add(value.place, path,
                concat("\"", value.text, "\" is no principal; it is \"*\" or as in {\"AWS\": \"",
                       value.text, "\"}"));
  } else if (expect(reading, value, path, Kind::Object)) {
    const std::vector<std::string_view> kinds = {"AWS", "Federated", "Service", "CanonicalUser"};
    refuse_unknown(reading, value, path, kinds);
    for (const JsonMember& each : value.members) {
      if (std::find(kinds.begin(), kinds.end(), each.key) == kinds.end()) continue;
      read_kind(reading, each, concat(path, '.', each.key), principals);
    }
  }
  return principals;
}

}  // namespace inlet53::policy
