// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::loadgen {

/// List of questions (name, type, class IN) in wire format, packed one after the other: a million
/// names of 45 bytes take about 55 MB. Threads: const methods any.
class QuestionList {
 public:
  /// Maximum size of a question in bytes. Source: RFC 1035 §4.1.2.
  static constexpr size_t kMaxQuestion = dns::kMaxName + 4;

  /// Makes `count` random API ids (10 of a-z0-9) below `domain`; the same `seed` gives the same
  /// list. Requires: `domain` has at most 244 bytes.
  [[nodiscard]] static QuestionList random_apis(size_t count, dns::NameView domain, uint16_t type,
                                                uint64_t seed);

  void add(dns::NameView name, uint16_t type);
  /// Requires: a complete question as `question` of another list returns it.
  void add_question(Bytes octets);
  [[nodiscard]] size_t size() const noexcept { return starts_.size() - 1; }
  /// Requires: `index < size()`. Lifetime: until the next `add`.
  [[nodiscard]] Bytes question(size_t index) const noexcept {
    return {&octets_[starts_[index]], static_cast<size_t>(starts_[index + 1] - starts_[index])};
  }

 private:
  std::vector<uint8_t> octets_;
  std::vector<uint64_t> starts_{0};
};

/// Order and mix of the questions.
struct Mix {
  double misses_percent = 0;  // share of queries for names that do not exist
  dns::Name miss_domain{};    // parent of those names; at most 238 bytes
  uint16_t miss_type = static_cast<uint16_t>(dns::RRType::A);
  bool sequential = false;  // in order; else at random
  uint64_t seed = 1;
};

/// Maps the serial number of a query to its question; the question depends on nothing else.
/// Threads: const methods any. Cost: no allocation.
class Workload {
 public:
  /// Requires: `questions` is not empty; a label of 16 bytes fits before `mix.miss_domain`.
  Workload(QuestionList questions, const Mix& mix);

  /// Writes the question of query `serial` to `out` and returns its size in bytes. Requires: `out`
  /// has `QuestionList::kMaxQuestion` bytes.
  size_t write_question(uint64_t serial, uint8_t* out) const noexcept;
  /// Returns whether `octets` start with the exact bytes of the question of query `serial`.
  [[nodiscard]] bool matches(uint64_t serial, Bytes octets) const noexcept;
  /// Prefetches the question of a future query into the processor's cache.
  void prefetch(uint64_t serial) const noexcept;
  /// Returns whether query `serial` asks for a name that does not exist.
  [[nodiscard]] bool is_miss(uint64_t serial) const noexcept;

  static constexpr size_t kMissLabel = 16;

 private:
  [[nodiscard]] size_t index_of(uint64_t serial) const noexcept;

  QuestionList questions_;
  Mix mix_;
  uint64_t miss_limit_;               // of 2^32
  std::vector<uint8_t> miss_ending_;  // domain, type, class
};

/// Questions from one file, and its errors.
struct NamesFile {
  /// Maximum number of error texts; further errors are only counted.
  static constexpr size_t kMostFaults = 10;

  QuestionList questions;
  uint64_t skipped = 0;             // invalid lines
  std::vector<std::string> faults;  // of the first of them, `FILE:LINE: error`
};

/// Reads questions from a file in dnsperf's format: one `name` or `name type` per line. Names are
/// absolute without a final dot. Empty lines and lines that start with `#` or `;` are ignored.
/// Lines without a type use `default_type`. Text after the type is ignored, such as flags of
/// kxdpgun. Lines with an invalid name or type are skipped and counted. Errors: the file cannot be
/// read, is empty, or has no valid line (with the error of the first one). Threads: any. Cost:
/// linear; memory for the questions only.
[[nodiscard]] Result<NamesFile, std::string> read_names_file(const std::string& file,
                                                             uint16_t default_type);

}  // namespace inlet53::loadgen
