// SPDX-License-Identifier: Apache-2.0
#include "master_reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "master_scanner.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

constexpr uint64_t kMaxNumber = INT32_MAX;
constexpr uint64_t kMaxWidth = 255;

/// The format of a number in `${…}`.
struct Format {
  int64_t offset = 0;
  uint64_t width = 0;
  char base = 'd';
};

/// Parses `offset[,width[,base]]`.
std::optional<Format> parse_format(std::string_view text) {
  Format format;
  const auto next_part = [&text] {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    return part;
  };
  std::string_view offset = next_part();
  const bool negative = offset.starts_with('-');
  if (negative || offset.starts_with('+')) offset.remove_prefix(1);
  const std::optional<uint64_t> distance = parse_number(offset, kMaxNumber);
  if (!distance) return {};
  format.offset = negative ? -static_cast<int64_t>(*distance) : static_cast<int64_t>(*distance);
  if (text.empty()) return format;
  const std::optional<uint64_t> width = parse_number(next_part(), kMaxWidth);
  if (!width) return {};
  format.width = *width;
  if (text.empty()) return format;
  constexpr std::string_view kBases = "doxXnN";
  if (text.size() != 1 || kBases.find(text.front()) == std::string_view::npos) return {};
  format.base = text.front();
  return format;
}

/// Returns digits with leading zeros up to `width`.
std::string write_digits(uint64_t number, const Format& format) {
  constexpr size_t kMaxDigits = 24;
  char digits[kMaxDigits];
  const int base = format.base == 'd' ? 10 : format.base == 'o' ? 8 : 16;
  const char* const end = std::to_chars(digits, digits + kMaxDigits, number, base).ptr;
  std::string text(static_cast<const char*>(digits), end);
  if (text.size() < format.width) text.insert(0, format.width - text.size(), '0');
  if (format.base == 'X' || format.base == 'N') {
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }
  return text;
}

/// Returns hex digits from the last to the first, with a dot after each while digits or `width`
/// remain. As in BIND, an even width ends with a dot.
std::string write_nibbles(uint64_t number, const Format& format) {
  const std::string_view digits = format.base == 'N' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  do {
    text += digits[number % 16];
    number /= 16;
    if (text.size() < format.width || number > 0) text += '.';
  } while (number > 0 || text.size() < format.width);
  return text;
}

namespace fs = std::filesystem;

TextFault fault(std::string_view message) { return {std::string(message), {}}; }

TextFault fault_at(std::string_view token, std::string_view message) {
  return {std::string(message), token};
}

std::string cite(std::string_view text) { return concat("\"", cite_word(text), "\""); }

/// Returns true when `word` is a class; sets `is_in` for IN. Source: RFC 1035 §3.2.4, RFC 3597 §5.
bool parse_class(std::string_view word, bool& is_in) {
  const std::string lower = ascii_lower(word);
  is_in = lower == "in" || lower == "class1";
  for (const std::string_view other : {"cs", "ch", "hs", "none", "any"}) {
    if (lower == other) return true;
  }
  uint16_t number = 0;
  return is_in || (lower.starts_with("class") &&
                   std::from_chars(lower.data() + 5, lower.data() + lower.size(), number).ptr ==
                       lower.data() + lower.size());
}

/// Returns whether a zone can contain records of a type: not OPT, and not a type of questions or
/// messages. Source: RFC 6895 §3.1.
bool is_data_type(uint16_t type) {
  return type != 0 && type != static_cast<uint16_t>(dns::RRType::OPT) &&
         (type < 128 || type > 255) && type != UINT16_MAX;
}

/// Removes and returns the word that must be the last one of `text`. Empty when there is none, or
/// when another word follows.
std::string_view only_word(std::string_view text) {
  const std::string_view word = next_word(text);
  return next_word(text).empty() ? word : std::string_view{};
}

/// Returns the record of a $GENERATE. BIND takes one word as its RDATA, which may be in quotes, so
/// that `MX "10 mail$"` has RDATA of two words: this function removes such quotes.
std::string unquote_rdata(std::string_view record) {
  std::string_view rest = record;
  static_cast<void>(next_word(rest));  // type
  std::string_view word;
  bool is_in = false;
  do {
    word = next_word(rest);
  } while (!word.empty() && (parse_class(word, is_in) || (word[0] >= '0' && word[0] <= '9')));
  const std::string_view rdata = only_word(rest);
  if (rdata.size() < 2 || rdata.front() != '"' || rdata.back() != '"') return std::string(record);
  const auto head = static_cast<size_t>(rdata.data() - record.data());
  std::string out(record.substr(0, head));
  for (size_t i = 1; i + 1 < rdata.size(); ++i) {
    if (rdata[i] == '\\' && rdata[i + 1] == '"') continue;
    out += rdata[i];
    if (rdata[i] == '\\') out += rdata[++i];
  }
  return out;
}

}  // namespace

std::optional<GenerateRange> parse_generate_range(std::string_view word) {
  const size_t dash = word.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view rest = word.substr(dash + 1);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::optional<uint64_t> start = parse_number(word.substr(0, dash), kMaxNumber);
  const std::optional<uint64_t> stop = parse_number(rest.substr(0, slash), kMaxNumber);
  const std::optional<uint64_t> step = slash == rest.size()
                                           ? std::optional<uint64_t>(1)
                                           : parse_number(rest.substr(slash + 1), kMaxNumber);
  if (!start || !stop || !step || *step == 0 || *start > *stop) return {};
  if ((*stop - *start) / *step >= GenerateRange::kMaxRecords) return {};
  return GenerateRange{*start, *stop, *step};
}

std::optional<std::string> expand_generate(std::string_view pattern, uint64_t number) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (out.size() > MasterScanner::kMaxEntry) return {};
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      ++i;
      if (pattern[i] != '$') out += c;
      out += pattern[i];
    } else if (c != '$') {
      out += c;
    } else if (pattern.substr(i + 1).starts_with('$')) {
      out += '$';
      ++i;
    } else {
      Format format;
      if (pattern.substr(i + 1).starts_with('{')) {
        const size_t close = pattern.find('}', i);
        if (close == std::string_view::npos) return {};
        const std::optional<Format> parsed = parse_format(pattern.substr(i + 2, close - i - 2));
        if (!parsed) return {};
        format = *parsed;
        i = close;
      }
      const int64_t value = static_cast<int64_t>(number) + format.offset;
      if (value < 0) return {};
      const bool nibbles = format.base == 'n' || format.base == 'N';
      out += nibbles ? write_nibbles(static_cast<uint64_t>(value), format)
                     : write_digits(static_cast<uint64_t>(value), format);
    }
  }
  return out;
}

MasterReader::MasterReader(std::unique_ptr<std::istream> text, const std::string& path,
                           dns::NameView origin) {
  files_.push_back({path, MasterScanner(std::move(text)), dns::Name(origin), std::nullopt});
}

ZoneLoadError MasterReader::error(std::string_view message, std::string_view token,
                                  bool cited) const {
  std::string text(message);
  const std::string& entry = entry_.text;
  constexpr std::less_equal<const char*> before{};
  const bool is_part = !token.empty() && before(entry.data(), token.data()) &&
                       before(token.data(), entry.data() + entry.size());
  if (cited && !is_part) text += concat(": ", cite(entry));
  const size_t at = is_part ? static_cast<size_t>(token.data() - entry.data()) : 0;
  const MasterPlace place = place_of(entry_, at);
  return {file(), place.line, std::move(text), place.column};
}

Result<bool, ZoneLoadError> MasterReader::next(MasterRecord& record) {
  while (true) {
    if (!range_.at_end()) {
      Problem problem = generate();
      if (!problem) problem = read_record(record);
      if (!problem) return true;
      range_.next = range_.stop + 1;  // skips the other numbers, which have the same fault
      return Unexpected(error(problem->message, problem->token, true));
    }
    const Result<bool, ScanError> more = files_.back().scanner.next(entry_);
    if (!more) {
      const MasterPlace place = more.error().place;
      return Unexpected(ZoneLoadError{file(), place.line, more.error().message, place.column});
    }
    if (!*more) {
      if (files_.size() == 1) return false;
      files_.pop_back();
      ++origin_generation_;
      continue;
    }
    const bool is_directive = entry_.text.front() == '$' && !entry_.owner_omitted;
    const Problem problem = is_directive ? read_directive() : read_record(record);
    if (problem) return Unexpected(error(problem->message, problem->token, true));
    if (!is_directive) return true;
  }
}

MasterReader::Problem MasterReader::read_record(MasterRecord& record) {
  std::string_view text = entry_.text;
  if (Problem problem = read_owner(text, record.owner)) return problem;
  if (Problem problem = read_type(text, record)) return problem;
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  record.rdata = text;
  return {};
}

MasterReader::Problem MasterReader::read_owner(std::string_view& text, dns::Name& owner) {
  OpenFile& file = files_.back();
  if (!entry_.owner_omitted) {
    const std::string_view word = next_word(text);
    std::optional<dns::Name> name = parse_master_name(word, file.origin.view());
    if (!name) {
      if (!file.owner) file.owner = file.origin;  // for records that have no owner of their own
      return fault_at(word, "the owner is not a domain name");
    }
    file.owner = name;
  }
  if (!file.owner) return fault("no owner, and no earlier record has one");
  owner = *file.owner;
  return {};
}

// RFC 1035 §5.1: TTL and class are optional and may be in either order.
MasterReader::Problem MasterReader::read_type(std::string_view& text, MasterRecord& record) {
  record.ttl = default_ttl_ ? default_ttl_ : stated_ttl_;
  bool has_class = false;
  bool has_ttl = false;
  while (true) {
    const std::string_view word = next_word(text);
    if (word.empty()) return fault("the record ends before its type");
    bool is_in = false;
    if (!has_class && parse_class(word, is_in)) {
      if (!is_in) return TextFault{concat("class ", word, " is not IN"), word};
      has_class = true;
    } else if (!has_ttl && word[0] >= '0' && word[0] <= '9') {
      record.ttl = parse_ttl(word);
      stated_ttl_ = record.ttl ? record.ttl : stated_ttl_.value_or(0);
      if (!record.ttl) {
        return TextFault{concat(cite_word(word), " is not a TTL of at most 2147483647 seconds"),
                         word};
      }
      has_ttl = true;
    } else {
      const std::optional<uint16_t> type = dns::parse_type(word);
      if (!type) return TextFault{concat(cite_word(word), " is not a record type"), word};
      if (!is_data_type(*type)) {
        return TextFault{concat("type ", word, " cannot be in a zone"), word};
      }
      record.type = *type;
      return {};
    }
  }
}

MasterReader::Problem MasterReader::read_directive() {
  std::string_view text = entry_.text;
  const std::string_view word = next_word(text);
  const std::string name = ascii_lower(word);
  if (name == "$origin") return set_origin(text);
  if (name == "$ttl") return set_ttl(text);
  if (name == "$include") return include(text);
  if (name == "$generate") return start_generating(text);
  return TextFault{concat(cite_word(word), " is not one of $ORIGIN, $TTL, $INCLUDE and $GENERATE"),
                   word};
}

MasterReader::Problem MasterReader::set_origin(std::string_view arguments) {
  const std::string_view word = only_word(arguments);
  if (word.empty()) return fault("$ORIGIN takes one domain name");
  const std::optional<dns::Name> origin = parse_master_name(word, files_.back().origin.view());
  if (!origin) return fault_at(word, "the origin is not a domain name");
  files_.back().origin = *origin;
  ++origin_generation_;
  return {};
}

MasterReader::Problem MasterReader::set_ttl(std::string_view arguments) {
  const std::string_view word = only_word(arguments);
  const std::optional<uint32_t> ttl = parse_ttl(word);
  default_ttl_ =
      ttl ? ttl : default_ttl_.value_or(0);  // no further fault for records without a TTL
  if (!ttl) return fault_at(word, "$TTL takes one TTL of at most 2147483647 seconds");
  return {};
}

MasterReader::Problem MasterReader::include(std::string_view arguments) {
  std::string_view name = next_word(arguments);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  const std::string_view origin_word = next_word(arguments);
  if (name.empty() || !next_word(arguments).empty()) {
    return fault("$INCLUDE takes a file and optionally an origin");
  }
  std::optional<dns::Name> origin = files_.back().origin;
  if (!origin_word.empty()) origin = parse_master_name(origin_word, origin->view());
  if (!origin) return fault_at(origin_word, "the origin is not a domain name");

  const fs::path path = fs::path(files_.back().path).parent_path() / name;
  if (files_.size() == kMaxDepth) {
    return TextFault{concat("files are included over ", kMaxDepth, " deep"), name};
  }
  for (const OpenFile& open : files_) {
    std::error_code ignored;
    if (fs::equivalent(open.path, path, ignored)) return fault_at(name, "the file includes itself");
  }
  Result<std::unique_ptr<std::istream>, std::string> text = open_master_file(path.string());
  if (!text) return TextFault{concat("cannot read ", path.string(), ": ", text.error()), name};
  files_.push_back({path.string(), MasterScanner(std::move(*text)), *origin, std::nullopt});
  ++origin_generation_;
  return {};
}

MasterReader::Problem MasterReader::start_generating(std::string_view arguments) {
  const std::string_view word = next_word(arguments);
  const std::optional<GenerateRange> range = parse_generate_range(word);
  if (!range) {
    return TextFault{concat("$GENERATE takes a range, start-stop or start-stop/step, of at most ",
                            GenerateRange::kMaxRecords, " numbers"),
                     word};
  }
  arguments.remove_prefix(std::min(arguments.find_first_not_of(" \t"), arguments.size()));
  if (arguments.empty()) return fault("$GENERATE takes a record after its range");
  range_ = *range;
  pattern_ = unquote_rdata(arguments);
  generate_line_ = entry_.line;
  return {};
}

MasterReader::Problem MasterReader::generate() {
  const std::optional<std::string> text = expand_generate(pattern_, range_.next);
  range_.next += range_.step;
  entry_.line = generate_line_;
  entry_.owner_omitted = false;
  entry_.pieces.clear();
  if (!text) {
    entry_.text = pattern_;
    return fault("$GENERATE cannot replace a $ by a number");
  }
  entry_.text = *text;
  return {};
}

Result<std::unique_ptr<std::istream>, std::string> open_master_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return Unexpected(error.message());
  if (fs::is_directory(status)) return Unexpected(std::string("it is a directory"));
  if (!fs::is_regular_file(status)) return Unexpected(std::string("it is not a regular file"));
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return Unexpected(std::string(std::strerror(errno)));
  return std::unique_ptr<std::istream>(std::move(file));
}

}  // namespace inlet53::zone
