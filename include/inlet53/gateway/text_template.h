// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/gateway/call_context.h"
#include "inlet53/topology/topology.h"

namespace inlet53::gateway {

/// Parsed text with `$context.NAME` and `$stageVariables.NAME`: the format of an access log, or the
/// body of a gateway response or mock integration. It supports only substitution, no template
/// language. Threads: const methods any.
/// Source: API Gateway Developer Guide, "Set up gateway responses" and "Set up CloudWatch logging".
class TextTemplate {
 public:
  /// Parses any text. Unknown names become empty.
  [[nodiscard]] static TextTemplate parse(std::string_view text);

  /// Appends a body. Values are unchanged; missing values become empty.
  void append_body(std::string& out, const CallContext& context,
                   const std::vector<topology::NamedText>& stage_variables) const;

  /// Appends a line of a log, always a single one. Escapes quotes, backslashes and control bytes of
  /// values as in JSON (`$context.error.messageString` is already escaped), and in a text that
  /// begins with `<` also XML's reserved characters. Missing values become `-`.
  void append_line(std::string& out, const CallContext& context) const;

  /// Returns the `$context` names that are unknown and therefore empty.
  [[nodiscard]] const std::vector<std::string>& unknown_names() const noexcept { return unknown_; }

 private:
  struct StageVariable {
    std::string name;
  };
  struct Unknown {};
  using Part = std::variant<std::string, ContextVariable, StageVariable, Unknown>;

  void add_literal(std::string_view text);

  std::vector<Part> parts_;
  bool is_xml_ = false;
  std::vector<std::string> unknown_;
};

}  // namespace inlet53::gateway
