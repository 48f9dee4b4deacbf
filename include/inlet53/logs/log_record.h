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

/// One record of a Route 53 Resolver query log, its texts un-escaped. Fields that a record may
/// leave out are empty then: those of `srcids`, and the firewall's. The texts are whatever the file
/// holds: nothing about them was checked, and a file may be hostile. Lifetime: the RecordParser's,
/// until its next `parse`. Source: Route 53 Developer Guide, "Values that appear in Resolver query
/// logs".
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

/// Reads records from lines of JSON, in any order of fields; fields that it does not know are left
/// alone (the format grows by adding them).
/// Threads: none shared. Cost: one copy of the line; memory is kept from line to line.
class RecordParser {
 public:
  RecordParser();
  ~RecordParser();
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  /// Parses one line, with or without its newline.
  /// Errors: why the line is no record (no JSON object, a field that is missing or of another
  /// type), in words that hold nothing of the line.
  /// Lifetime: the record is this object's, until the next call.
  [[nodiscard]] Result<const LogRecord*, std::string> parse(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::logs
