// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/workload.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/check.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::loadgen {

namespace {

constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";

// The output function of splitmix64: a bijection that leaves no pattern of its argument.
uint64_t mixed(uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Random numbers by place instead of by sequence; `purpose` keeps those of one query apart.
enum class Purpose : uint64_t { Miss = 1, Index = 2, Label = 3, ApiId = 4 };
uint64_t random_at(uint64_t seed, Purpose purpose, uint64_t place) noexcept {
  return mixed(mixed(seed * 8 + static_cast<uint64_t>(purpose)) + place);
}

// Maps 32 random bits evenly onto [0, bound).
size_t scaled(uint64_t random, size_t bound) noexcept {
  return static_cast<size_t>(((random >> 32) * bound) >> 32);
}

void write_base36(uint64_t random, size_t digits, char* out) noexcept {
  for (size_t i = 0; i < digits; ++i, random /= 36) out[i] = kBase36[random % 36];
}

// 16 hexadecimal digits: all of the random bits.
void write_miss_label(uint64_t random, uint8_t* out) noexcept {
  for (size_t i = 0; i < Workload::kMissLabel; ++i) {
    out[i] = static_cast<uint8_t>(kBase36[(random >> (i * 4)) & 15]);
  }
}

constexpr std::string_view kBlanks = " \t\r";

// Removes the first word from `line` and returns it; empty when there is none.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

// Adds the question of a line. Errors: text about the invalid part.
Result<void, std::string> add_line(std::string_view line, uint16_t default_type,
                                   QuestionList& list) {
  const std::string_view name_text = next_word(line);
  if (name_text.empty() || name_text.front() == '#' || name_text.front() == ';') return {};
  const auto name = dns::Name::parse_text(name_text);
  if (!name) return Unexpected(concat("not a domain name: ", name_text));
  const std::string_view type_text = next_word(line);
  const auto type = type_text.empty() ? default_type : dns::parse_type(type_text);
  if (!type) return Unexpected(concat("not a type: ", type_text));
  list.add(name->view(), *type);
  return {};
}

}  // namespace

void QuestionList::add(dns::NameView name, uint16_t type) {
  uint8_t tail[4];
  store_be16(tail, type);
  store_be16(tail + 2, static_cast<uint16_t>(dns::RRClass::IN));
  octets_.insert(octets_.end(), name.data(), name.data() + name.size());
  octets_.insert(octets_.end(), tail, tail + sizeof tail);
  starts_.push_back(octets_.size());
}

void QuestionList::add_question(Bytes octets) {
  octets_.insert(octets_.end(), octets.begin(), octets.end());
  starts_.push_back(octets_.size());
}

QuestionList QuestionList::random_apis(size_t count, dns::NameView domain, uint16_t type,
                                       uint64_t seed) {
  QuestionList list;
  char id[id_shape::kRestApi.digits];
  for (size_t i = 0; i < count; ++i) {
    write_base36(random_at(seed, Purpose::ApiId, i), sizeof id, id);
    const auto name = dns::Name::join({id, sizeof id}, domain);
    INLET53_CHECK(name.has_value());
    list.add(name->view(), type);
  }
  return list;
}

Workload::Workload(QuestionList questions, const Mix& mix)
    : questions_(std::move(questions)),
      mix_(mix),
      miss_limit_(static_cast<uint64_t>(mix.misses_percent / 100 * 4294967296.0)) {
  INLET53_CHECK(questions_.size() > 0);
  const dns::NameView domain = mix_.miss_domain.view();
  INLET53_CHECK(domain.size() + 1 + kMissLabel <= dns::kMaxName);
  QuestionList ending;
  ending.add(domain, mix.miss_type);
  miss_ending_.assign(ending.question(0).begin(), ending.question(0).end());
}

bool Workload::is_miss(uint64_t serial) const noexcept {
  return miss_limit_ != 0 && (random_at(mix_.seed, Purpose::Miss, serial) >> 32) < miss_limit_;
}

size_t Workload::index_of(uint64_t serial) const noexcept {
  if (mix_.sequential) return static_cast<size_t>(serial % questions_.size());
  return scaled(random_at(mix_.seed, Purpose::Index, serial), questions_.size());
}

size_t Workload::write_question(uint64_t serial, uint8_t* out) const noexcept {
  if (is_miss(serial)) {
    out[0] = kMissLabel;
    write_miss_label(random_at(mix_.seed, Purpose::Label, serial), out + 1);
    std::memcpy(out + 1 + kMissLabel, miss_ending_.data(), miss_ending_.size());
    return 1 + kMissLabel + miss_ending_.size();
  }
  const Bytes question = questions_.question(index_of(serial));
  std::memcpy(out, question.data(), question.size());
  return question.size();
}

bool Workload::matches(uint64_t serial, Bytes octets) const noexcept {
  uint8_t made_up[QuestionList::kMaxQuestion];
  Bytes question;
  if (is_miss(serial)) {
    question = {made_up, write_question(serial, made_up)};
  } else {
    question = questions_.question(index_of(serial));
  }
  return octets.size() >= question.size() &&
         std::memcmp(octets.data(), question.data(), question.size()) == 0;
}

void Workload::prefetch(uint64_t serial) const noexcept {
  const Bytes question = questions_.question(index_of(serial));
  __builtin_prefetch(question.data());
}

Result<NamesFile, std::string> read_names_file(const std::string& file, uint16_t default_type) {
  std::ifstream input(file, std::ios::binary);
  if (!input) return Unexpected(concat(file, ": ", std::strerror(errno)));
  NamesFile names;
  std::string line;
  for (uint64_t number = 1; std::getline(input, line); ++number) {
    const auto added = add_line(line, default_type, names.questions);
    if (added) continue;
    ++names.skipped;
    if (names.faults.size() == NamesFile::kMostFaults) continue;
    names.faults.push_back(concat(file, ':', number, ": ", added.error()));
  }
  if (input.bad()) return Unexpected(concat(file, ": ", std::strerror(errno)));
  if (names.questions.size() > 0) return names;
  if (names.skipped == 0) return Unexpected(concat(file, ": contains no names"));
  return Unexpected(concat(names.faults.front(), "; none of ", names.skipped, " lines is valid"));
}

}  // namespace inlet53::loadgen
