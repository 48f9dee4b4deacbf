// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/text_template.h"

#include <utility>

#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

constexpr std::string_view kContext = "$context.";
constexpr std::string_view kStageVariables = "$stageVariables.";
constexpr std::string_view kMessageString = "error.messageString";
constexpr char kMissing = '-';

bool is_name_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

// Returns the name at the start of `text`. A dot at its end belongs to the surrounding sentence.
std::string_view leading_name(std::string_view text) noexcept {
  size_t size = 0;
  while (size < text.size() && is_name_byte(text[size])) ++size;
  while (size > 0 && text[size - 1] == '.') --size;
  return text.substr(0, size);
}

void append_xml_escaped(std::string& out, std::string_view text) {
  std::string line;
  append_json_escaped(line, text);
  for (const char c : line) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

void TextTemplate::add_literal(std::string_view text) {
  if (text.empty()) return;
  if (!parts_.empty()) {
    if (auto* before = std::get_if<std::string>(&parts_.back())) {
      *before += text;
      return;
    }
  }
  parts_.emplace_back(std::string(text));
}

TextTemplate TextTemplate::parse(std::string_view text) {
  TextTemplate out;
  out.is_xml_ = text.starts_with('<');
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    out.add_literal(text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    const bool is_context = text.starts_with(kContext);
    if (!is_context && !text.starts_with(kStageVariables)) {
      out.add_literal(text.substr(0, 1));
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(is_context ? kContext.size() : kStageVariables.size());
    const std::string_view name = leading_name(text);
    text.remove_prefix(name.size());
    if (!is_context) {
      out.parts_.emplace_back(StageVariable{std::string(name)});
    } else if (const auto variable = ContextVariable::find(name)) {
      out.parts_.emplace_back(*variable);
    } else {
      out.parts_.emplace_back(Unknown{});
      out.unknown_.emplace_back(name);
    }
  }
  return out;
}

void TextTemplate::append_body(std::string& out, const CallContext& context,
                               const std::vector<topology::NamedText>& stage_variables) const {
  for (const Part& part : parts_) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      out += *literal;
    } else if (const auto* variable = std::get_if<ContextVariable>(&part)) {
      variable->append(out, context);
    } else if (const auto* sought = std::get_if<StageVariable>(&part)) {
      for (const topology::NamedText& given : stage_variables) {
        if (given.name == sought->name) out += given.value;
      }
    }
  }
}

void TextTemplate::append_line(std::string& out, const CallContext& context) const {
  std::string value;
  for (const Part& part : parts_) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      out += *literal;
      continue;
    }
    const auto* variable = std::get_if<ContextVariable>(&part);
    value.clear();
    if (variable == nullptr || !variable->append(value, context)) {
      out += kMissing;
    } else if (is_xml_) {
      append_xml_escaped(out, value);
    } else if (variable->name() == kMessageString) {
      out += value;
    } else {
      append_json_escaped(out, value);
    }
  }
}

}  // namespace inlet53::gateway
