// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace inlet53::logs
