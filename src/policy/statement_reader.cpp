// SPDX-License-Identifier: Apache-2.0
#include "statement_reader.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

using Kind = JsonValue::Kind;

bool is_text(const JsonValue& value, Scalars scalars) noexcept {
  if (value.kind == Kind::String) return true;
  return scalars == Scalars::Accepted &&
         (value.kind == Kind::Number || value.kind == Kind::Boolean);
}

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

// Returns the problem of a principal of the kind AWS; empty: no problem.
std::string aws_problem(std::string_view text) {
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
  for (const PlacedText& item : read_texts(reading, member.value, path, Scalars::Rejected)) {
    std::string problem = is_aws ? aws_problem(item.text) : std::string();
    if (!problem.empty()) {
      reading.add(item.place, item.path, std::move(problem));
      continue;
    }
    out.anyone = out.anyone || (is_aws && item.text == "*");
    out.written.push_back(concat(member.key, ' ', item.text));
  }
}

constexpr std::string_view kShortForm = "execute-api:/";

const std::vector<std::string_view>& elements() {
  static const std::vector<std::string_view> kElements = {
      "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
      "NotAction", "Resource", "NotResource", "Condition"};
  return kElements;
}

// Reader of one statement.
struct Reader {
  PolicyReading& reading;
  const JsonValue& object;
  const std::string& path;

  [[nodiscard]] std::string below(std::string_view key) const { return concat(path, '.', key); }
};

// Returns that of two mutually exclusive elements which exists; null, and an error, for none or
// both.
const JsonMember* find_either(const Reader& in, std::string_view name, std::string_view negated) {
  const JsonMember* plain = find_member(in.object, name);
  const JsonMember* inverse = find_member(in.object, negated);
  if (plain != nullptr && inverse != nullptr) {
    in.reading.add(inverse->place, in.path, concat(name, " and ", negated, " exclude each other"));
    return nullptr;
  }
  if (plain == nullptr && inverse == nullptr) {
    in.reading.add(in.object.place, in.path, concat("it has neither ", name, " nor ", negated));
  }
  return plain != nullptr ? plain : inverse;
}

void read_effect(const Reader& in, Statement& statement) {
  const JsonMember* member = find_member(in.object, "Effect");
  if (member == nullptr) return in.reading.add(in.object.place, in.path, "it has no Effect");
  if (!expect(in.reading, member->value, in.below("Effect"), Kind::String)) return;
  if (member->value.text == "Allow") {
    statement.effect = Effect::Allow;
  } else if (member->value.text != "Deny") {
    in.reading.add(member->value.place, in.below("Effect"),
                   unknown_word("effect", member->value.text, {"Allow", "Deny"}));
  }
}

// Returns the problem of an action; valid are `execute-api:Invoke`, `execute-api:*`, `*`.
std::string action_problem(std::string_view text) {
  const size_t colon = text.find(':');
  const auto is_name = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '*' || c == '?';
    });
  };
  if (text == "*") return {};
  if (colon != std::string_view::npos && is_name(text.substr(0, colon)) &&
      is_name(text.substr(colon + 1))) {
    return {};
  }
  return concat("\"", text, "\" is no action, as in \"", kInvokeAction, "\"");
}

// IAM replaces variables only after an ARN's fifth colon. Source: IAM User Guide, "IAM policy
// elements: Variables and tags", where variables can be used: Resource element.
bool has_early_variable(std::string_view arn) {
  size_t at = 0;
  for (int colons = 0; at < arn.size() && colons < 5; ++at) {
    if (arn[at] == ':') ++colons;
    if (arn.substr(at).starts_with("${")) return true;
  }
  return false;
}

std::string resource_problem(std::string_view text, const PolicyReading& reading) {
  if (text == "*") return {};
  if (text.starts_with("execute-api:") && reading.api == nullptr) {
    return concat("\"", text, "\" is no resource here: an endpoint policy needs whole ARNs");
  }
  if (text.starts_with("execute-api:")) {
    return concat("\"", text, "\" is no resource; the short form is \"execute-api:/…\"");
  }
  if (!text.starts_with("arn:") ||
      (std::count(text.begin(), text.end(), ':') < 5 && !text.ends_with('*'))) {
    return concat("\"", text, "\" is no resource: neither an ARN nor \"execute-api:/…\" nor \"*\"");
  }
  if (reading.variables == Variables::Special && has_early_variable(text)) {
    return concat("\"", text, "\" has a variable before its fifth colon");
  }
  return {};
}

void add_text(const Reader& in, const PlacedText& item, std::string_view text, Variables variables,
              PolicyTexts& out) {
  auto parsed = PolicyText::parse(text, Wildcards::Special, variables);
  if (parsed) {
    out.texts.push_back(*std::move(parsed));
  } else {
    in.reading.add(item.place, item.path, std::move(parsed).error());
  }
}

void read_actions(const Reader& in, PolicyTexts& out) {
  const JsonMember* member = find_either(in, "Action", "NotAction");
  if (member == nullptr) return;
  out.negated = member->key == "NotAction";
  for (const PlacedText& item :
       read_texts(in.reading, member->value, in.below(member->key), Scalars::Rejected)) {
    std::string problem = action_problem(item.text);
    if (problem.empty()) {
      add_text(in, item, item.text, Variables::Literal, out);
    } else {
      in.reading.add(item.place, item.path, std::move(problem));
    }
  }
}

void read_resources(const Reader& in, PolicyTexts& out) {
  const JsonMember* member = find_either(in, "Resource", "NotResource");
  if (member == nullptr) return;
  out.negated = member->key == "NotResource";
  for (const PlacedText& item :
       read_texts(in.reading, member->value, in.below(member->key), Scalars::Rejected)) {
    std::string text(item.text);
    if (text.starts_with(kShortForm) && in.reading.api != nullptr) {
      text = concat(api_arn(*in.reading.api), item.text.substr(kShortForm.size() - 1));
    }
    std::string problem = resource_problem(text, in.reading);
    if (problem.empty()) {
      add_text(in, item, text, in.reading.variables, out);
    } else {
      in.reading.add(item.place, item.path, std::move(problem));
    }
  }
}

bool is_condition_key(std::string_view key) {
  const size_t colon = key.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < key.size() &&
         key.find(' ') == std::string_view::npos;
}

void read_condition(const Reader& in, const ConditionOperator& op, const JsonMember& member,
                    const std::string& path, std::vector<Condition>& out) {
  if (!is_condition_key(member.key)) {
    return in.reading.add(member.place, path,
                          concat("\"", member.key, "\" is no condition key, as in aws:SourceVpce"));
  }
  Condition condition{op, member.key, ascii_lower(member.key), {}};
  for (const PlacedText& item :
       read_texts(in.reading, member.value, concat(path, '.', member.key), Scalars::Accepted)) {
    auto value = ConditionValue::parse(op.type, item.text, in.reading.variables);
    if (value) {
      condition.values.push_back(*std::move(value));
    } else {
      in.reading.add(item.place, item.path, std::move(value).error());
    }
  }
  out.push_back(std::move(condition));
}

void read_conditions(const Reader& in, std::vector<Condition>& out) {
  const JsonMember* block = find_member(in.object, "Condition");
  if (block == nullptr || !expect(in.reading, block->value, in.below("Condition"), Kind::Object)) {
    return;
  }
  for (const JsonMember& member : block->value.members) {
    const std::string path = concat(in.below("Condition"), '.', member.key);
    const auto op = ConditionOperator::parse(member.key);
    if (!op) {
      in.reading.add(member.place, in.below("Condition"), op.error());
    } else if (expect(in.reading, member.value, path, Kind::Object)) {
      for (const JsonMember& each : member.value.members) read_condition(in, *op, each, path, out);
    }
  }
}

}  // namespace

void PolicyReading::add(JsonPlace place, std::string path, std::string message) {
  errors.push_back({place.line, place.column, std::move(path), std::move(message)});
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string_view>& known) {
  const auto same = std::find_if(known.begin(), known.end(), [word](std::string_view each) {
    return ascii_lower(each) == ascii_lower(word);
  });
  const std::string_view nearest = same == known.end() ? nearest_word(word, known) : *same;
  return concat("unknown ", what, " \"", word, "\"",
                nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?"));
}

const JsonMember* find_member(const JsonValue& object, std::string_view key) noexcept {
  const auto found = std::find_if(object.members.begin(), object.members.end(),
                                  [key](const JsonMember& member) { return member.key == key; });
  return found == object.members.end() ? nullptr : &*found;
}

void refuse_unknown(PolicyReading& reading, const JsonValue& object, const std::string& path,
                    const std::vector<std::string_view>& known) {
  for (const JsonMember& member : object.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    reading.add(member.place, path, unknown_word("element", member.key, known));
  }
}

bool expect(PolicyReading& reading, const JsonValue& value, const std::string& path, Kind kind) {
  if (value.kind == kind) return true;
  reading.add(value.place, path,
              concat("expected ", kind_name(kind), ", found ", kind_name(value.kind)));
  return false;
}

std::vector<PlacedText> read_texts(PolicyReading& reading, const JsonValue& value,
                                   const std::string& path, Scalars scalars) {
  std::vector<PlacedText> texts;
  if (is_text(value, scalars)) {
    texts.push_back({value.text, value.place, path});
  } else if (value.kind != Kind::Array) {
    reading.add(value.place, path,
                concat("expected a string or a list of strings, found ", kind_name(value.kind)));
  } else {
    for (size_t i = 0; i < value.elements.size(); ++i) {
      const JsonValue& element = value.elements[i];
      std::string element_path = concat(path, '[', i, ']');
      if (is_text(element, scalars)) {
        texts.push_back({element.text, element.place, std::move(element_path)});
      } else {
        reading.add(element.place, std::move(element_path),
                    concat("expected a string, found ", kind_name(element.kind)));
      }
    }
  }
  return texts;
}

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

Statement read_statement(PolicyReading& reading, const JsonValue& value, const std::string& path) {
  Statement statement;
  statement.line = value.place.line;
  if (!expect(reading, value, path, Kind::Object)) return statement;
  const Reader in{reading, value, path};
  refuse_unknown(reading, value, path, elements());
  const JsonMember* sid = find_member(value, "Sid");
  if (sid != nullptr && expect(reading, sid->value, in.below("Sid"), Kind::String)) {
    statement.sid = sid->value.text;
  }
  read_effect(in, statement);
  if (const JsonMember* member = find_either(in, "Principal", "NotPrincipal")) {
    statement.principals = read_principals(reading, *member, in.below(member->key));
  }
  read_actions(in, statement.actions);
  read_resources(in, statement.resources);
  read_conditions(in, statement.conditions);
  return statement;
}

}  // namespace inlet53::policy
