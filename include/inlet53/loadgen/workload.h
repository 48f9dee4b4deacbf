#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::loadgen {

/// What may be asked: questions (name, type, class IN) in wire form, packed one after the other, so
/// that a million names of 45 octets take some 55 MB. Threads: const methods any.
class QuestionList {
 public:
  /// Octets of a question at most. Source: RFC 1035 §4.1.2.
  static constexpr size_t kMaxQuestion = dns::kMaxName + 4;

  /// `count` random API ids (10 of a-z0-9) below `domain`, always the same for the same `seed`.
  /// Requires: `domain` is at most 244 octets.
  [[nodiscard]] static QuestionList random_apis(size_t count, dns::NameView domain, uint16_t type,
                                                uint64_t seed);

  void add(dns::NameView name, uint16_t type);
  /// Requires: a whole question, as `question` gives it, of another list.
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

/// In which order and mix the questions are asked.
struct Mix {
  double misses_percent = 0;  // of the queries, for names that don't exist
  dns::Name miss_domain{};    // under which those are made up; at most 238 octets
  uint16_t miss_type = static_cast<uint16_t>(dns::RRType::A);
  bool sequential = false;  // the questions in turn; else each at random
  uint64_t seed = 1;
};

/// The question of each query of a run, by the query's serial number alone: what query 1000 asks
/// depends on nothing that happened before it. Threads: const methods any. Cost: no allocation.
class Workload {
 public:
  /// Requires: `questions` has at least one, `mix.miss_domain` leaves room for a label of 16.
  Workload(QuestionList questions, const Mix& mix);

  /// Writes the question of query `serial` at `out` and returns its octets.
  /// Requires: `QuestionList::kMaxQuestion` octets at `out`.
  size_t write_question(uint64_t serial, uint8_t* out) const noexcept;
  /// Whether `octets` begin with the question of query `serial`, octet for octet.
  [[nodiscard]] bool matches(uint64_t serial, Bytes octets) const noexcept;
  /// Fetches the question into the cache, for a query that comes soon.
  void prefetch(uint64_t serial) const noexcept;
  /// Whether query `serial` asks for a name that doesn't exist.
  [[nodiscard]] bool is_miss(uint64_t serial) const noexcept;

  static constexpr size_t kMissLabel = 16;

 private:
  [[nodiscard]] size_t index_of(uint64_t serial) const noexcept;

  QuestionList questions_;
  Mix mix_;
  uint64_t miss_limit_;               // of 2^32
  std::vector<uint8_t> miss_ending_;  // domain, type, class
};

}  // namespace inlet53::loadgen
