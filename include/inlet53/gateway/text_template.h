// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/gateway/call_context.h"
#include "inlet53/topology/topology.h"

namespace inlet53::gateway {

/// A text with `$context.NAME` and `$stageVariables.NAME` in it, taken apart once: the format of an
/// access log, the body of a gateway response or of a mock integration. Only substitution, no
/// template language. Threads: const methods any.
/// Source: API Gateway Developer Guide, "Set up gateway responses" and "Set up CloudWatch logging".
class TextTemplate {
 public:
  /// Parses any text: unknown names become empty.
  [[nodiscard]] static TextTemplate parse(std::string_view text);

  /// For bodies: values go in as they are, those that the call does not have as nothing.
  void append_body(std::string& out, const CallContext& context,
                   const std::vector<topology::NamedText>& stage_variables) const;

  /// For logs: one line, whatever is in it. Quotes, backslashes and control octets of values are
  /// escaped as in JSON (`$context.error.messageString` is that already), in a text that begins
  /// with
  /// `<` also what XML reserves; what the call does not have is `-`.
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
