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
  /// Maximum number of records of one directive: the addresses of a /12.
  static constexpr uint64_t kMaxRecords = uint64_t{1} << 20;

  uint64_t next = 0;
  uint64_t stop = 0;
  uint64_t step = 1;

  [[nodiscard]] bool at_end() const noexcept { return next > stop; }
};

/// Parses a range. Absent when it is malformed, descends, or has more than `kMaxRecords` numbers.
[[nodiscard]] std::optional<GenerateRange> parse_generate_range(std::string_view word);

/// Replaces each `$` of a template by `number`, as BIND does: `$`, or `${offset,width,base}` with
/// base d, o, x, X, n or N (nibbles as in reverse names). `$$` and `\$` give a `$`. Absent when a
/// `${…}` is malformed or gives a negative number, or the result is too long.
[[nodiscard]] std::optional<std::string> expand_generate(std::string_view pattern, uint64_t number);

/// One record of a master file; its RDATA is in presentation form.
struct MasterRecord {
  dns::Name owner;
  uint16_t type = 0;
  /// The record's TTL, else $TTL's (RFC 2308 §4), else the last one stated (RFC 1035 §5.1); absent
  /// when there is none.
  std::optional<uint32_t> ttl;
  std::string_view rdata;  // lifetime: until the reader's next record
};

/// Reads the records of a master file and its included files: owners, TTLs, classes, types,
/// $ORIGIN, $TTL, $INCLUDE and $GENERATE. It validates neither RDATA nor the zone as a whole.
///
/// $INCLUDE FILE [ORIGIN]: FILE is relative to the including file. The included file has its own
/// origin and last owner (RFC 1035 §5.1); its $TTL stays valid after it, as in BIND. Files are at
/// most `kMaxDepth` deep. Directives may be in any letter case. $GENERATE is BIND's: a range and a
/// record in which `$` stands for the numbers (`GenerateRange`).
/// Threads: one. Cost: linear; holds one record and the open files.
class MasterReader {
 public:
  static constexpr size_t kMaxDepth = 8;

  /// Reads `text`. `path` names it in errors; names before any $ORIGIN are relative to `origin`.
  MasterReader(std::unique_ptr<std::istream> text, const std::string& path, dns::NameView origin);

  /// Reads the next record. Returns false after the last one. After an error, the next call
  /// continues with the next record.
  /// Errors: those of MasterScanner; a missing or invalid owner; an invalid TTL or one over 2^31-1;
  /// a class other than IN; an unknown type or one that is not a data type (RFC 6895 §3.1); an
  /// unknown directive or one with wrong arguments; a file that cannot be included.
  [[nodiscard]] Result<bool, ZoneLoadError> next(MasterRecord& record);

  /// Returns the origin of relative names in the last record's RDATA.
  [[nodiscard]] dns::NameView origin() const noexcept { return files_.back().origin.view(); }
  /// Returns a number that increases when `origin` changes.
  [[nodiscard]] uint64_t origin_generation() const noexcept { return origin_generation_; }

  /// Returns the file of the last record.
  [[nodiscard]] const std::string& file() const noexcept { return files_.back().path; }
  [[nodiscard]] uint32_t line() const noexcept { return entry_.line; }
  /// Makes an error at `token`, a part of the last record; without `token`, at the record's start,
  /// with the start of its text when `cite` is true.
  [[nodiscard]] ZoneLoadError error(std::string_view message, std::string_view token,
                                    bool cite = false) const;

 private:
  struct OpenFile {
    std::string path;
    MasterScanner scanner;
    dns::Name origin;
    std::optional<dns::Name> owner;  // of the last record
  };
  /// The fault of a line; absent when there is none.
  using Problem = std::optional<TextFault>;

  Problem read_record(MasterRecord& record);
  Problem read_owner(std::string_view& text, dns::Name& owner);
  Problem read_type(std::string_view& text, MasterRecord& record);
  Problem read_directive();
  Problem set_origin(std::string_view arguments);
  Problem set_ttl(std::string_view arguments);
  Problem include(std::string_view arguments);
  Problem start_generating(std::string_view arguments);
  /// Makes a record of the next number.
  Problem generate();

  std::vector<OpenFile> files_;  // the innermost is last
  MasterEntry entry_;
  GenerateRange range_{.next = 1, .stop = 0};  // of the last $GENERATE
  std::string pattern_;                        // record of the last $GENERATE
  uint32_t generate_line_ = 0;
  std::optional<uint32_t> default_ttl_;  // $TTL
  std::optional<uint32_t> stated_ttl_;   // last TTL stated with a record
  uint64_t origin_generation_ = 0;
};

/// Opens a master file. The error says that it is missing, a directory or unreadable.
[[nodiscard]] Result<std::unique_ptr<std::istream>, std::string> open_master_file(
    const std::string& path);

}  // namespace inlet53::zone
