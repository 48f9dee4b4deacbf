#include "inlet53/loadgen/names_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "inlet53/base/text.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::loadgen {

namespace {

constexpr std::string_view kBlanks = " \t\r";

// Takes the first word off `line`; empty when there is none.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

// Adds what a line asks for; the error says what is wrong with it.
Result<void, std::string> add_line(std::string_view line, uint16_t default_type,
                                   QuestionList& list) {
  const std::string_view name_text = take_word(line);
  if (name_text.empty() || name_text.front() == '#' || name_text.front() == ';') return {};
  const auto name = dns::Name::parse_text(name_text);
  if (!name) return Unexpected(concat("not a domain name: ", name_text));
  const std::string_view type_text = take_word(line);
  const auto type = type_text.empty() ? default_type : dns::parse_type(type_text);
  if (!type) return Unexpected(concat("not a type: ", type_text));
  list.add(name->view(), *type);
  return {};
}

}  // namespace

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
  if (names.skipped == 0) return Unexpected(concat(file, ": names nothing to ask for"));
  return Unexpected(
      concat(names.faults.front(), "; none of ", names.skipped, " lines can be used"));
}

}  // namespace inlet53::loadgen
