// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/resource_policy.h"

#include <algorithm>
#include <tuple>

#include "json_document.h"
#include "statement_reader.h"

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kVersionWithVariables = "2012-10-17";
constexpr std::string_view kOldVersion = "2008-10-17";  // and the default without Version

// Counts characters (bytes that begin one) without the white space between tokens.
size_t policy_size(std::string_view json) {
  size_t size = 0;
  bool quoted = false;
  bool escaped = false;
  for (const char c : json) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!continues && (quoted || !blank)) ++size;
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
  }
  return size;
}

std::string read_string(PolicyReading& reading, const JsonValue& root, std::string_view key) {
  const JsonMember* member = find_member(root, key);
  if (member == nullptr || !expect(reading, member->value, std::string(key), Kind::String))
    return {};
  return member->value.text;
}

std::string read_version(PolicyReading& reading, const JsonValue& root) {
  std::string version = read_string(reading, root, "Version");
  const JsonMember* member = find_member(root, "Version");
  if (member == nullptr) return std::string(kOldVersion);
  if (member->value.kind == Kind::String && version != kVersionWithVariables &&
      version != kOldVersion) {
    reading.add(member->value.place, "Version",
                unknown_word("version", version, {kVersionWithVariables, kOldVersion}));
  }
  return version;
}

void refuse_equal_sids(PolicyReading& reading, const std::vector<Statement>& statements,
                       const JsonValue& value) {
  for (size_t i = 0; i < statements.size(); ++i) {
    const std::string& sid = statements[i].sid;
    const auto here = statements.begin() + static_cast<std::ptrdiff_t>(i);
    if (sid.empty() || std::none_of(statements.begin(), here,
                                    [&sid](const Statement& other) { return other.sid == sid; })) {
      continue;
    }
    reading.add(value.elements[i].place, concat("Statement[", i, "].Sid"),
                concat("\"", sid, "\" names an earlier statement"));
  }
}

std::vector<Statement> read_statements(PolicyReading& reading, const JsonValue& root) {
  std::vector<Statement> statements;
  const JsonMember* member = find_member(root, "Statement");
  if (member == nullptr) {
    reading.add(root.place, {}, "it has no Statement");
    return statements;
  }
  const JsonValue& value = member->value;
  if (value.kind == Kind::Object) {
    statements.push_back(read_statement(reading, value, "Statement"));
  } else if (value.kind != Kind::Array) {
    reading.add(value.place, "Statement",
                concat("expected a statement or a list of them, found ", kind_name(value.kind)));
  } else {
    if (value.elements.empty()) reading.add(value.place, "Statement", "the list is empty");
    for (size_t i = 0; i < value.elements.size(); ++i) {
      statements.push_back(
          read_statement(reading, value.elements[i], concat("Statement[", i, ']')));
    }
    refuse_equal_sids(reading, statements, value);
  }
  return statements;
}

CallKeys keys_of(const std::vector<Statement>& statements) {
  CallKeys keys;
  for (const Statement& statement : statements) {
    for (const PolicyText& text : statement.actions.texts) text.add_keys(keys);
    for (const PolicyText& text : statement.resources.texts) text.add_keys(keys);
    for (const Condition& condition : statement.conditions) {
      keys.add(condition.folded_key);
      for (const ConditionValue& value : condition.values) {
        if (const auto* text = std::get_if<PolicyText>(&value.value)) text->add_keys(keys);
      }
    }
  }
  return keys;
}

// `api` expands short resources; null: they are rejected.
Result<ResourcePolicy, std::vector<PolicyError>> parse_policy(std::string_view json,
                                                              const ApiIdentity* api,
                                                              size_t max_size) {
  if (const size_t size = policy_size(json); size > max_size) {
    return Unexpected(std::vector<PolicyError>{
        {1, 1, {}, concat("it has ", size, " characters; AWS takes ", max_size)}});
  }
  const auto root = parse_json(json);
  if (!root) {
    const JsonError& error = root.error();
    return Unexpected(
        std::vector<PolicyError>{{error.place.line, error.place.column, {}, error.message}});
  }
  PolicyReading reading{api, Variables::Literal, {}};
  ResourcePolicy policy;
  if (expect(reading, *root, {}, Kind::Object)) {
    refuse_unknown(reading, *root, {}, {"Version", "Id", "Statement"});
    policy.version = read_version(reading, *root);
    policy.id = read_string(reading, *root, "Id");
    if (policy.version == kVersionWithVariables) reading.variables = Variables::Special;
    policy.statements = read_statements(reading, *root);
    policy.keys = keys_of(policy.statements);
  }
  if (reading.errors.empty()) return policy;
  std::stable_sort(reading.errors.begin(), reading.errors.end(),
                   [](const PolicyError& a, const PolicyError& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  return Unexpected(std::move(reading.errors));
}

}  // namespace

bool PolicyTexts::match(std::string_view subject, const PolicyRequest& request,
                        LetterCase letter_case) const {
  const bool covered = std::any_of(texts.begin(), texts.end(), [&](const PolicyText& text) {
    return text.matches(subject, request, letter_case);
  });
  return covered != negated;
}

std::string PolicyError::to_text(std::string_view file) const {
  return concat(file, ':', line, ':', column, ": ", path, path.empty() ? "" : ": ", message);
}

Result<ResourcePolicy, std::vector<PolicyError>> parse_resource_policy(std::string_view json,
                                                                       const ApiIdentity& api) {
  return parse_policy(json, &api, kMaxPolicySize);
}

Result<ResourcePolicy, std::vector<PolicyError>> parse_endpoint_policy(std::string_view json) {
  return parse_policy(json, nullptr, kMaxEndpointPolicySize);
}

}  // namespace inlet53::policy
