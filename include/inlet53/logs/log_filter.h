// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/cidr.h"
#include "inlet53/base/result.h"
#include "inlet53/logs/log_record.h"

namespace inlet53::logs {

/// Filter conditions as text; an empty one matches every record. Case-insensitive.
struct LogFilterOptions {
  /// Query name: `www.example.com` (with or without the final dot), or a pattern in which `*`
  /// matches any characters including dots: `*.example.com`, `dligg*`.
  std::string name = {};
  /// Client: an address or a block, `172.31.6.137` or `172.31.0.0/16`.
  std::string client = {};
  std::string type = {};   // `AAAA`, `TYPE65280`
  std::string rcode = {};  // `NXDOMAIN`
  /// Action of DNS Firewall: `BLOCK`, `ALERT`, or `*` for both.
  std::string firewall = {};
};

/// Filter for records: a record must meet every condition. Threads: const methods any.
class LogFilter {
 public:
  /// Makes a filter that matches every record.
  LogFilter() = default;

  /// Errors: text about the invalid address or block, type, response code, or firewall action.
  [[nodiscard]] static Result<LogFilter, std::string> parse(const LogFilterOptions& options);

  [[nodiscard]] bool matches(const LogRecord& record) const;

 private:
  [[nodiscard]] bool matches_firewall(std::string_view action) const;

  std::string name_;  // lower case, with the final dot unless it ends with `*`
  std::optional<Cidr> client_;
  std::string type_;      // upper case
  std::string rcode_;     // upper case
  std::string firewall_;  // upper case
};

/// Returns whether `text` matches `pattern`, in which `*` matches any characters. Ignores the case
/// of `text`. Requires: `pattern` is in lower case.
[[nodiscard]] bool match_pattern(std::string_view pattern, std::string_view text) noexcept;

}  // namespace inlet53::logs
