// SPDX-License-Identifier: Apache-2.0
#include "bench_report.h"

#include <cstdio>
#include <iostream>
#include <string_view>

#include <nlohmann/json.hpp>

#include "inlet53/base/json_dump.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using loadgen::LatencyHistogram;
using loadgen::Tally;

double microseconds(double ns) { return ns / 1000; }
double microseconds(uint64_t ns) { return static_cast<double>(ns) / 1000; }

std::string rcode_name(size_t code) {
  const std::string_view name = dns::rcode_text(static_cast<dns::Rcode>(code));
  return name.empty() ? concat("RCODE", code) : std::string(name);
}

std::string_view transport_name(const loadgen::LoadOptions& load) {
  return load.transport == loadgen::TransportKind::Tcp ? "TCP" : "UDP";
}

Json rcodes_json(const Tally& tally) {
  Json rcodes = Json::object();
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    if (tally.rcodes[i] > 0) rcodes[rcode_name(i)] = tally.rcodes[i];
  }
  return rcodes;
}

Json latency_json(const LatencyHistogram& latency) {
  return {{"min", microseconds(latency.min())},
          {"mean", microseconds(latency.mean())},
          {"p50", microseconds(latency.percentile(0.5))},
          {"p90", microseconds(latency.percentile(0.9))},
          {"p99", microseconds(latency.percentile(0.99))},
          {"p999", microseconds(latency.percentile(0.999))},
          {"max", microseconds(latency.max())}};
}

Json histogram_json(const LatencyHistogram& latency) {
  Json buckets = Json::array();
  for (size_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
    if (latency.bucket(i) == 0) continue;
    buckets.push_back({microseconds(LatencyHistogram::upper_end(i)), latency.bucket(i)});
  }
  return buckets;
}

// `1 234 567`.
std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, " ");
  return text;
}

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

// Formats a share such as `0.012 %` after a count.
std::string share(uint64_t part, uint64_t whole) {
  if (part == 0 || whole == 0) return "";
  return concat("  (", fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 3),
                " %)");
}

void append_line(std::string& out, std::string_view what, std::string_view value) {
  constexpr size_t kColumn = 22;
  out += "  ";
  out += what;
  out.append(kColumn - std::min(kColumn - 1, what.size()), ' ');
  out += value;
  out += '\n';
}

// Reports only counters above 0: the report of a good run is short.
void append_faults(std::string& out, const Tally& tally) {
  const auto append = [&out, &tally](std::string_view what, uint64_t count) {
    if (count > 0) append_line(out, what, grouped(count) + share(count, tally.sent));
  };
  append("late", tally.late);
  append("wrong", tally.wrong);
  append("truncated", tally.truncated);
  append("reconnects", tally.reconnects);
  append("sent > 1 ms behind", tally.behind);
}

void append_latency(std::string& out, const LatencyHistogram& latency) {
  if (latency.count() == 0) return;
  const auto append = [&out](std::string_view what, auto ns) {
    append_line(out, what, concat(fixed(microseconds(ns), 1), " us"));
  };
  append("latency min", latency.min());
  append("mean", latency.mean());
  append("p50", latency.percentile(0.5));
  append("p90", latency.percentile(0.9));
  append("p99", latency.percentile(0.99));
  append("p99.9", latency.percentile(0.999));
  append("max", latency.max());
}

}  // namespace

std::string report_text(const loadgen::LoadOptions& load, const loadgen::Report& report,
                        uint64_t skipped) {
  const Tally& tally = report.tally;
  const bool tcp = load.transport == loadgen::TransportKind::Tcp;
  std::string out = concat(load.server.to_text(), " over ", transport_name(load), ", ",
                           load.channels, tcp ? " connection" : " socket",
                           load.channels == 1 ? "" : "s", ", ", fixed(report.seconds, 2), " s\n");
  if (skipped > 0) append_line(out, "lines skipped", grouped(skipped));
  append_line(out, "sent", grouped(tally.sent));
  append_line(out, "answered", grouped(tally.answered));
  append_line(out, "lost", grouped(tally.lost) + share(tally.lost, tally.sent));
  append_faults(out, tally);
  append_line(out, "queries per second", fixed(report.queries_per_second(), 0));
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    const uint64_t count = tally.rcodes[i];
    if (count > 0) append_line(out, rcode_name(i), grouped(count) + share(count, tally.answered));
  }
  append_latency(out, tally.latency);
  return out;
}

std::string report_json(const loadgen::LoadOptions& load, const loadgen::Report& report,
                        uint64_t skipped) {
  const Tally& tally = report.tally;
  const Json json = {{"target", load.server.to_text()},
                     {"transport", transport_name(load)},
                     {"sockets", load.channels},
                     {"skipped_lines", skipped},
                     {"seconds", report.seconds},
                     {"sent", tally.sent},
                     {"answered", tally.answered},
                     {"lost", tally.lost},
                     {"late", tally.late},
                     {"behind", tally.behind},
                     {"wrong", tally.wrong},
                     {"truncated", tally.truncated},
                     {"reconnects", tally.reconnects},
                     {"queries_per_second", report.queries_per_second()},
                     {"rcodes", rcodes_json(tally)},
                     {"latency_us", latency_json(tally.latency)},
                     {"histogram", histogram_json(tally.latency)}};
  return dump_json(json) + '\n';
}

void ProgressLine::show(const Tally& tally, double seconds) {
  if (!on_terminal_) return;
  const double rate = static_cast<double>(tally.answered - answered_) / (seconds - seconds_);
  std::cerr << "\r\033[K" << fixed(seconds, 0) << " s  " << fixed(rate, 0) << " answers/s  lost "
            << grouped(tally.lost) << "  wrong " << grouped(tally.wrong) << std::flush;
  shown_ = true;
  answered_ = tally.answered;
  seconds_ = seconds;
}

void ProgressLine::end() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

}  // namespace inlet53::app
