// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/table.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53::logs {

namespace {

constexpr std::array<std::string_view, 8> kTitles = {"TIME", "CLIENT", "VIA",       "NAME",
                                                     "TYPE", "RCODE",  "INTERFACE", "ANSWERS"};

// ANSI select graphic rendition (ECMA-48 §8.3.117).
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "";
constexpr std::string_view kReset = "\x1b[0m";

std::string_view rcode_style(std::string_view rcode) {
  if (rcode == "NOERROR") return kGreen;
  return rcode == "NXDOMAIN" ? kYellow : kRed;
}

std::string_view source_id(const LogRecord& record) {
  if (!record.resolver_network_interface.empty()) return record.resolver_network_interface;
  return record.instance.empty() ? "-" : record.instance;
}

// Returns the RDATA of an answer; for a type other than the query's, the type comes first.
std::string answer_text(const LogAnswer& answer, std::string_view query_type) {
  const std::string rdata = printable(answer.rdata);
  return answer.type == query_type ? rdata : concat(printable(answer.type), ' ', rdata);
}

std::string answers_text(const LogRecord& record) {
  if (record.answers.empty()) return "-";
  std::string out;
  size_t shown = 0;
  for (const LogAnswer& answer : record.answers) {
    const std::string text =
        shorten(answer_text(answer, record.query_type), TableFormatter::kMaxCell);
    if (shown > 0 && out.size() + 2 + text.size() > TableFormatter::kMaxAnswers) break;
    out += concat(shown == 0 ? "" : ", ", text);
    ++shown;
  }
  const size_t left = record.answers.size() - shown;
  return left == 0 ? out : concat(out, ", +", left);
}

// Returns `BLOCK rslvr-fdl-…` for a query that a DNS Firewall rule matched; otherwise empty.
std::string firewall_text(const LogRecord& record) {
  if (record.firewall_rule_action.empty()) return {};
  return concat(printable(record.firewall_rule_action), ' ',
                shorten(printable(record.firewall_domain_list_id), TableFormatter::kMaxCell));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    const auto octet = static_cast<uint8_t>(c);
    out += '\\';
    for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + octet / unit % 10);
  }
  return out;
}

std::string shorten(std::string_view text, size_t limit) {
  constexpr std::string_view kGap = "...";
  if (text.size() <= limit) return std::string(text);
  const size_t head = (limit - kGap.size()) / 2;
  const size_t tail = limit - kGap.size() - head;
  return concat(text.substr(0, head), kGap, text.substr(text.size() - tail));
}

void TableFormatter::append_styled(std::string_view text, std::string_view style,
                                   std::string& out) const {
  const bool styled = color_ && !style.empty();
  if (styled) out += style;
  out += text;
  if (styled) out += kReset;
}

void TableFormatter::append_cell(size_t column, std::string_view text, std::string_view style,
                                 std::string& out) {
  const std::string cell = shorten(printable(text), kMaxCell);
  widths_[column] = std::max(widths_[column], cell.size());
  append_styled(cell, style, out);
  out.append(widths_[column] - cell.size() + 2, ' ');
}

void TableFormatter::append_header(std::string& out) {
  for (size_t i = 0; i < widths_.size(); ++i) append_cell(i, kTitles[i], kBold, out);
  append_styled(kTitles.back(), kBold, out);
  out += '\n';
}

void TableFormatter::append_row(const LogRecord& record, std::string& out) {
  append_cell(0, record.query_timestamp, kDim, out);
  append_cell(1, record.srcaddr, kPlain, out);
  append_cell(2, record.transport, kDim, out);
  append_cell(3, record.query_name, kBold, out);
  append_cell(4, record.query_type, kPlain, out);
  append_cell(5, record.rcode, rcode_style(record.rcode), out);
  append_cell(6, source_id(record), kDim, out);
  append_styled(answers_text(record), kPlain, out);
  if (const std::string firewall = firewall_text(record); !firewall.empty()) {
    out += "  ";
    append_styled(firewall, record.firewall_rule_action == "BLOCK" ? kRed : kYellow, out);
  }
  out += '\n';
}

}  // namespace inlet53::logs
