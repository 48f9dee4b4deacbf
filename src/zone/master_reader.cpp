#include "master_reader.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "master_name.h"
#include "master_ttl.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxCited = 60;

/// The beginning of a text in quotes, with control octets as `\DDD`.
std::string cite(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxCited)) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet >= 0x20 && octet != 0x7F) {
      out += c;
    } else {
      out += concat("\\", octet / 100, octet / 10 % 10, octet % 10);
    }
  }
  return out + (text.size() > kMaxCited ? "…\"" : "\"");
}

/// True when `word` is a class; `is_in` tells whether it is IN. Source: RFC 1035 §3.2.4, RFC 3597
/// §5.
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

/// Types that a zone can hold: neither OPT nor a question's or message's type. Source: RFC 6895
/// §3.1.
bool is_data_type(uint16_t type) {
  return type != 0 && type != static_cast<uint16_t>(dns::RRType::OPT) &&
         (type < 128 || type > 255) && type != UINT16_MAX;
}

/// Takes the word off `text` that must be its last one. Empty when there is none or another
/// follows.
std::string_view take_only_word(std::string_view text) {
  const std::string_view word = take_word(text);
  return take_word(text).empty() ? word : std::string_view{};
}

}  // namespace

MasterReader::MasterReader(std::unique_ptr<std::istream> text, const std::string& path,
                           dns::NameView origin) {
  files_.push_back({path, MasterScanner(std::move(text)), dns::Name(origin), std::nullopt});
}

ZoneLoadError MasterReader::error(std::string_view message, bool cited) const {
  std::string text(message);
  if (cited) text += concat(": ", cite(entry_.text));
  return {file(), line(), std::move(text)};
}

Result<bool, ZoneLoadError> MasterReader::next(MasterRecord& record) {
  while (true) {
    const Result<bool, ScanError> more = files_.back().scanner.next(entry_);
    if (!more) {
      entry_.line = more.error().line;
      return Unexpected(error(more.error().message));
    }
    if (!*more) {
      if (files_.size() == 1) return false;
      files_.pop_back();
      ++origin_generation_;
      continue;
    }
    const bool is_directive = entry_.text.front() == '$' && !entry_.owner_omitted;
    const Problem problem = is_directive ? read_directive() : read_record(record);
    if (problem) return Unexpected(error(*problem, true));
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
    const std::string_view word = take_word(text);
    file.owner = parse_master_name(word, file.origin.view());
    if (!file.owner) return concat("the owner is not a domain name");
  }
  if (!file.owner) return "no owner, and no record before it to take one from";
  owner = *file.owner;
  return {};
}

// RFC 1035 §5.1: TTL and class may each be left out and stand in either order.
MasterReader::Problem MasterReader::read_type(std::string_view& text, MasterRecord& record) {
  record.ttl = default_ttl_ ? default_ttl_ : stated_ttl_;
  bool has_class = false;
  bool has_ttl = false;
  while (true) {
    const std::string_view word = take_word(text);
    if (word.empty()) return "the record ends before its type";
    bool is_in = false;
    if (!has_class && parse_class(word, is_in)) {
      if (!is_in) return concat("class ", word, " is not IN");
      has_class = true;
    } else if (!has_ttl && word[0] >= '0' && word[0] <= '9') {
      stated_ttl_ = record.ttl = parse_ttl(word);
      if (!record.ttl) return concat(word, " is not a TTL of at most 2147483647 seconds");
      has_ttl = true;
    } else {
      const std::optional<uint16_t> type = dns::parse_type(word);
      if (!type) return concat(word, " is not a record type");
      if (!is_data_type(*type)) return concat("type ", word, " can't be in a zone");
      record.type = *type;
      return {};
    }
  }
}

MasterReader::Problem MasterReader::read_directive() {
  std::string_view text = entry_.text;
  const std::string name = ascii_lower(take_word(text));
  if (name == "$origin") return set_origin(text);
  if (name == "$ttl") return set_ttl(text);
  if (name == "$include") return include(text);
  return concat(name, " is not one of $ORIGIN, $TTL and $INCLUDE");
}

MasterReader::Problem MasterReader::set_origin(std::string_view arguments) {
  const std::string_view word = take_only_word(arguments);
  if (word.empty()) return "$ORIGIN takes one domain name";
  const std::optional<dns::Name> origin = parse_master_name(word, files_.back().origin.view());
  if (!origin) return "the origin is not a domain name";
  files_.back().origin = *origin;
  ++origin_generation_;
  return {};
}

MasterReader::Problem MasterReader::set_ttl(std::string_view arguments) {
  default_ttl_ = parse_ttl(take_only_word(arguments));
  if (!default_ttl_) return "$TTL takes one TTL of at most 2147483647 seconds";
  return {};
}

MasterReader::Problem MasterReader::include(std::string_view arguments) {
  std::string_view name = take_word(arguments);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  const std::string_view origin_word = take_word(arguments);
  if (name.empty() || !take_word(arguments).empty()) {
    return "$INCLUDE takes a file and, if need be, an origin";
  }
  std::optional<dns::Name> origin = files_.back().origin;
  if (!origin_word.empty()) origin = parse_master_name(origin_word, origin->view());
  if (!origin) return "the origin is not a domain name";

  const fs::path path = fs::path(files_.back().path).parent_path() / name;
  if (files_.size() == kMaxDepth) return concat("files are included over ", kMaxDepth, " deep");
  for (const OpenFile& open : files_) {
    std::error_code ignored;
    if (fs::equivalent(open.path, path, ignored)) return "the file includes itself";
  }
  Result<std::unique_ptr<std::istream>, std::string> text = open_master_file(path.string());
  if (!text) return concat("can't read ", path.string(), ": ", text.error());
  files_.push_back({path.string(), MasterScanner(std::move(*text)), *origin, std::nullopt});
  ++origin_generation_;
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
