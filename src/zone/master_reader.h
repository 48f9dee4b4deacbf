// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "master_scanner.h"

#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::zone {

/// The numbers of a `$GENERATE`, `1-254` or `0-100/2`.
struct GenerateRange {
  /// Records of one directive at most: a /12 of addresses.
  static constexpr uint64_t kMaxRecords = uint64_t{1} << 20;

  uint64_t next = 0;
  uint64_t stop = 0;
  uint64_t step = 1;

  [[nodiscard]] bool at_end() const noexcept { return next > stop; }
};

/// Reads a range. Absent when it is none, when it goes backwards, or when it has over `kMaxRecords`
/// numbers.
[[nodiscard]] std::optional<GenerateRange> parse_generate_range(std::string_view word);

/// Writes `number` in the place of each `$` of a template, as BIND does: `$`, or
/// `${offset,width,base}` with base d, o, x, X, n or N (nibbles as in reverse names). `$$` and `\$`
/// are a `$`. Absent when a `${…}` is broken or makes a negative number, or the text is too long.
[[nodiscard]] std::optional<std::string> expand_generate(std::string_view pattern, uint64_t number);

/// One record of a master file, its RDATA still in presentation form.
struct MasterRecord {
  dns::Name owner;
  uint16_t type = 0;
  /// Stated with the record, else $TTL's (RFC 2308 §4), else the last one stated (RFC 1035 §5.1);
  /// absent before any of them.
  std::optional<uint32_t> ttl;
  std::string_view rdata;  // lifetime: until the reader's next record
};

/// Reads the records of a master file and of the files that it includes: owners, TTLs, classes,
/// types, $ORIGIN, $TTL, $INCLUDE and $GENERATE. RDATA and what makes a zone a zone are not its
/// business.
///
/// $INCLUDE FILE [ORIGIN]: relative to the including file. Origin and last owner are its own
/// (RFC 1035 §5.1); the TTL goes on after it, as in BIND. At most `kMaxDepth` files deep.
/// Directives may be in any letter case. $GENERATE is BIND's: a range and a record whose `$` stand
/// for the numbers (`GenerateRange`). Threads: one. Cost: linear; holds one record and the open
/// files.
class MasterReader {
 public:
  static constexpr size_t kMaxDepth = 8;

  /// `path` names the text in errors; names before any $ORIGIN are relative to `origin`.
  MasterReader(std::unique_ptr<std::istream> text, const std::string& path, dns::NameView origin);

  /// Reads the next record. False when there is none left. After an error it goes on behind it.
  /// Errors: what MasterScanner reports; an owner that is no name, or none; a TTL that is none or
  /// over 2^31-1; a class but IN; a type that is unknown or no data type (RFC 6895 §3.1);
  /// a directive that is unknown or has the wrong arguments; a file that can't be included.
  [[nodiscard]] Result<bool, ZoneLoadError> next(MasterRecord& record);

  /// The origin that names in the last record's RDATA are relative to.
  [[nodiscard]] dns::NameView origin() const noexcept { return files_.back().origin.view(); }
  /// Counts the changes of `origin`.
  [[nodiscard]] uint64_t origin_generation() const noexcept { return origin_generation_; }

  /// The place of the last record.
  [[nodiscard]] const std::string& file() const noexcept { return files_.back().path; }
  [[nodiscard]] uint32_t line() const noexcept { return entry_.line; }
  /// An error at `token`, a part of the last record. Without one, an error at its beginning, with
  /// the beginning of its text when `cite`.
  [[nodiscard]] ZoneLoadError error(std::string_view message, std::string_view token,
                                    bool cite = false) const;

 private:
  struct OpenFile {
    std::string path;
    MasterScanner scanner;
    dns::Name origin;
    std::optional<dns::Name> owner;  // of the last record
  };
  /// Absent when all is well, else what is wrong.
  using Problem = std::optional<TextFault>;

  Problem read_record(MasterRecord& record);
  Problem read_owner(std::string_view& text, dns::Name& owner);
  Problem read_type(std::string_view& text, MasterRecord& record);
  Problem read_directive();
  Problem set_origin(std::string_view arguments);
  Problem set_ttl(std::string_view arguments);
  Problem include(std::string_view arguments);
  Problem start_generating(std::string_view arguments);
  /// Makes an entry of the next number.
  Problem generate();

  std::vector<OpenFile> files_;  // the innermost last
  MasterEntry entry_;
  GenerateRange range_{.next = 1, .stop = 0};  // of the last $GENERATE
  std::string pattern_;                        // its record
  uint32_t generate_line_ = 0;
  std::optional<uint32_t> default_ttl_;  // $TTL
  std::optional<uint32_t> stated_ttl_;   // the last record's that stated one
  uint64_t origin_generation_ = 0;
};

/// Opens a master file. The reason in words when it is missing, a directory, or can't be read.
[[nodiscard]] Result<std::unique_ptr<std::istream>, std::string> open_master_file(
    const std::string& path);

}  // namespace inlet53::zone
