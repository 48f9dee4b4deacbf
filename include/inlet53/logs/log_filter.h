#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/cidr.h"
#include "inlet53/base/result.h"
#include "inlet53/logs/log_record.h"

namespace inlet53::logs {

/// What a person asks for, as text; an empty one asks for nothing. Letter case counts nowhere.
struct LogFilterOptions {
  /// The query's name: `www.example.com` (the final dot may be left out), or a pattern in which `*`
  /// stands for any octets, dots too: `*.example.com`, `dligg*`.
  std::string name = {};
  /// The client: an address or a block, `172.31.6.137` or `172.31.0.0/16`.
  std::string client = {};
  std::string type = {};   // `AAAA`, `TYPE65280`
  std::string rcode = {};  // `NXDOMAIN`
  /// What DNS Firewall did: `BLOCK`, `ALERT`, or `*` for either.
  std::string firewall = {};
};

/// Which records are shown: those that meet every condition.
/// Threads: const methods any.
class LogFilter {
 public:
  /// Lets every record pass.
  LogFilter() = default;

  /// Errors: what is wrong with the client's address or block, the type, the response code, or the
  /// firewall's action.
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

/// True when `text` has the shape of `pattern`, in which `*` stands for any octets. Letter case of
/// `text` does not count. Requires: `pattern` is in lower case.
[[nodiscard]] bool match_pattern(std::string_view pattern, std::string_view text) noexcept;

}  // namespace inlet53::logs
