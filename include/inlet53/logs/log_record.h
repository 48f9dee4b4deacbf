// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"

namespace inlet53::logs {

/// One element of `answers`.
struct LogAnswer {
  std::string_view rdata;
  std::string_view type;
  std::string_view rrclass;
};

/// One record of a Route 53 Resolver query log, with unescaped texts. Optional fields that are
/// missing in the record are empty: the `srcids` fields and the firewall fields. Texts come from
/// the file unchecked, and a file may be hostile. Lifetime: the RecordParser's, until its next
/// `parse`. Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
struct LogRecord {
  std::string_view version;
  std::string_view account_id;
  std::string_view region;
  std::string_view vpc_id;
  std::string_view query_timestamp;
  std::string_view query_name;
  std::string_view query_type;
  std::string_view query_class;
  std::string_view rcode;
  std::vector<LogAnswer> answers;
  std::string_view srcaddr;
  std::string_view srcport;
  std::string_view transport;
  std::string_view instance;                    // srcids.instance
  std::string_view resolver_endpoint;           // srcids.resolver_endpoint
  std::string_view resolver_network_interface;  // srcids.resolver_network_interface
  std::string_view firewall_rule_action;
  std::string_view firewall_rule_group_id;
  std::string_view firewall_domain_list_id;
};

/// Parses records from lines of JSON with fields in any order. Ignores unknown fields, because AWS
/// extends the format with new fields. Threads: none shared. Cost: one copy of the line; memory is
/// reused from line to line.
class RecordParser {
 public:
  RecordParser();
  ~RecordParser();
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  /// Parses one line, with or without its newline. Errors: why the line is no record (no JSON
  /// object, or a field is missing or has another type); the text contains nothing of the line.
  /// Lifetime: the record belongs to this object until the next call.
  [[nodiscard]] Result<const LogRecord*, std::string> parse(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

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
