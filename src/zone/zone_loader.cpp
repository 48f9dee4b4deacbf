// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "master_reader.h"
#include "master_scanner.h"
#include "rdata_parser.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

using dns::RRType;

bool is_type(uint16_t type, RRType expected) { return type == static_cast<uint16_t>(expected); }

using Faults = std::vector<ZoneLoadError>;

/// Reads text in memory as a stream without a copy.
class TextStream : private std::streambuf, public std::istream {
 public:
  explicit TextStream(std::string_view text) : std::istream(static_cast<std::streambuf*>(this)) {
    char* begin = const_cast<char*>(text.data());  // setg needs it; no code writes to the text
    setg(begin, begin, begin + text.size());
  }
};

/// A CNAME or DNAME, which must be the only one of its name, or the record with which an RRset
/// becomes too large for a message. Only these keep their place in the file, so that a million
/// address records need no memory for places.
struct Alias {
  size_t record = 0;
  uint32_t file = 0;  // index into ZoneLoader::files_
  uint32_t line = 0;
};

/// An RRset that is too large for a message.
struct OversizeRRset {
  std::string owner;  // presentation form
  uint16_t type = 0;
  uint64_t octets = 0;     // minimum size in bytes of a response with only this RRset
  size_t last_record = 0;  // index in the zone
};

/// Finds RRsets that are too large for a message; a server could only send TC for them. `add` is
/// cheap and counts groups of RRsets; `find_oversize` examines the RRsets of groups that are too
/// large.
/// Threads: one. Cost: 256 KiB, linear.
class RRsetSizes {
 public:
  RRsetSizes() : octets_(kGroups, 0) {}

  /// Counts one record. Returns true when its group becomes too large for a message, only the first
  /// time.
  [[nodiscard]] bool add(dns::NameView owner, uint16_t type, size_t rdata_octets);

  /// Returns the RRsets of `data` that are too large for a message, in the order of their last
  /// records. Equal records count once (RFC 2181 §5). Requires: every record of `data` was added.
  [[nodiscard]] std::vector<OversizeRRset> find_oversize(const ZoneData& data) const;

 private:
  static constexpr size_t kGroups = size_t{1} << 16;
  [[nodiscard]] static size_t group_of(dns::NameView owner, uint16_t type) noexcept;

  std::vector<uint32_t> octets_;  // size of the records of each group
};

/// Size in bytes of the header and of the question's type and class.
constexpr size_t kAroundQuestion = dns::kHeaderSize + 4;

/// Returns the minimum size in bytes of a record: its owner is a pointer, and names in the RDATA of
/// types of RFC 1035 may be pointers, too.
size_t record_octets(uint16_t type, size_t rdata_octets) noexcept {
  constexpr size_t kPointer = 2;
  constexpr size_t kFixed = 10;  // type, class, ttl, rdlength
  constexpr uint16_t kLastWithPointers = static_cast<uint16_t>(dns::RRType::RT);
  const bool is_text = type == static_cast<uint16_t>(dns::RRType::TXT) ||
                       type == static_cast<uint16_t>(dns::RRType::HINFO);
  const bool may_compress =
      type != static_cast<uint16_t>(dns::RRType::A) && !is_text && type <= kLastWithPointers;
  return kPointer + kFixed + (may_compress ? std::min(kPointer, rdata_octets) : rdata_octets);
}

size_t RRsetSizes::group_of(dns::NameView owner, uint16_t type) noexcept {
  const size_t hash = std::hash<std::string_view>{}(as_text(owner.bytes()));
  return (hash ^ (hash >> 16) ^ type * size_t{40503}) % kGroups;
}

bool RRsetSizes::add(dns::NameView owner, uint16_t type, size_t rdata_octets) {
  dns::Name folded(owner);
  folded.fold();
  uint32_t& octets = octets_[group_of(folded.view(), type)];
  const size_t limit = dns::kMaxMessage - kAroundQuestion - owner.size();
  const bool fitted = octets <= limit;
  const size_t sum = octets + record_octets(type, rdata_octets);
  octets = static_cast<uint32_t>(std::min<size_t>(sum, std::numeric_limits<uint32_t>::max()));
  return fitted && octets > limit;
}

std::vector<OversizeRRset> RRsetSizes::find_oversize(const ZoneData& data) const {
  using Key = std::pair<std::string_view, uint16_t>;
  std::map<Key, std::vector<size_t>> suspects;
  for (size_t i = 0; i < data.size(); ++i) {
    const ZoneData::Record record = data.record(i);
    const size_t group = octets_[group_of(record.owner, record.type)];
    if (group + kAroundQuestion + record.owner.size() <= dns::kMaxMessage) continue;
    suspects[{as_text(record.owner.bytes()), record.type}].push_back(i);
  }
  std::vector<OversizeRRset> oversize;
  for (auto& [key, records] : suspects) {
    const size_t last = records.back();
    const auto rdata = [&data](size_t i) { return as_text(data.record(i).rdata); };
    std::ranges::sort(records, {}, rdata);
    const auto repeated = std::ranges::unique(records, {}, rdata);
    records.erase(repeated.begin(), repeated.end());
    const dns::NameView owner = data.record(records.front()).owner;
    uint64_t octets = kAroundQuestion + owner.size();
    for (const size_t i : records) octets += record_octets(key.second, rdata(i).size());
    if (octets <= dns::kMaxMessage) continue;
    oversize.push_back({owner.to_text(), key.second, octets, last});
  }
  std::ranges::sort(oversize, {}, &OversizeRRset::last_record);
  return oversize;
}

/// Collects a zone's records and validates the zone.
class ZoneLoader {
 public:
  ZoneLoader(std::unique_ptr<std::istream> text, const std::string& path, dns::NameView apex)
      : reader_(std::move(text), path, apex), path_(path), data_(apex) {}

  Result<ZoneFile, Faults> load();

 private:
  using Problem = std::optional<ZoneLoadError>;

  /// Adds all records. Appends records outside the zone to `ignored`. Returns the faults.
  Faults add_records(std::vector<FileError>& ignored);
  [[nodiscard]] bool is_outside(const MasterRecord& record) const {
    return !record.owner.view().is_at_or_below(data_.apex());
  }
  Problem add(const MasterRecord& record);
  Problem check_closing_soa(Bytes rdata);
  Problem check_place(const MasterRecord& record);
  [[nodiscard]] std::optional<uint32_t> ttl_of(const MasterRecord& record, Bytes rdata);
  [[nodiscard]] Alias make_alias();
  Faults check_zone();
  void check_aliases(Faults& faults);
  void check_beside_cnames(Faults& faults);
  void check_sizes(Faults& faults);
  [[nodiscard]] ZoneLoadError error_at(const Alias& alias, std::string message) const {
    return {files_[alias.file], alias.line, std::move(message)};
  }
  [[nodiscard]] dns::NameView owner(const Alias& alias) const {
    return data_.record(alias.record).owner;
  }

  MasterReader reader_;
  RdataParser rdata_parser_;
  std::optional<uint64_t> origin_generation_;  // origin generation of rdata_parser_
  std::string path_;
  ZoneData data_;
  std::optional<size_t> soa_;  // its record in data_
  std::optional<uint32_t> soa_minimum_;
  std::vector<Alias> cnames_;
  std::vector<Alias> dnames_;
  RRsetSizes sizes_;
  std::vector<Alias> overflows_;    // records with which RRsets may become too large
  std::vector<std::string> files_;  // files of the aliases
};

Result<ZoneFile, Faults> ZoneLoader::load() {
  std::vector<FileError> ignored;
  Faults faults = add_records(ignored);
  if (faults.size() == kMaxZoneFaults) {
    faults.push_back(
        reader_.error(concat(kMaxZoneFaults, " faults; the rest of the zone is not read"), {}));
    return Unexpected(std::move(faults));
  }
  if (faults.empty()) faults = check_zone();
  if (!faults.empty()) {
    faults.resize(std::min(faults.size(), kMaxZoneFaults));
    return Unexpected(std::move(faults));
  }
  return ZoneFile{std::move(data_), std::move(ignored)};
}

Faults ZoneLoader::add_records(std::vector<FileError>& ignored) {
  Faults faults;
  MasterRecord record;
  while (faults.size() < kMaxZoneFaults) {
    const Result<bool, ZoneLoadError> more = reader_.next(record);
    if (!more) {
      faults.push_back(more.error());
      continue;
    }
    if (!*more) break;
    if (is_outside(record)) {
      if (ignored.size() == kMaxZoneFaults) continue;
      ignored.push_back(reader_.error(concat(record.owner.view().to_text(), " is outside the zone ",
                                             data_.apex().to_text(), "; the record is ignored"),
                                      {}));
      continue;
    }
    if (Problem problem = add(record)) faults.push_back(*std::move(problem));
  }
  return faults;
}

Faults ZoneLoader::check_zone() {
  if (data_.size() == 0) return {ZoneLoadError{path_, 0, "the file has no records"}};
  if (!soa_) return {ZoneLoadError{path_, 0, concat("no SOA at ", data_.apex().to_text())}};
  Faults faults;
  check_aliases(faults);
  check_beside_cnames(faults);
  check_sizes(faults);
  return faults;
}

ZoneLoader::Problem ZoneLoader::add(const MasterRecord& record) {
  if (Problem problem = check_place(record)) return problem;
  if (origin_generation_ != reader_.origin_generation()) {
    rdata_parser_.set_origin(reader_.origin());
    origin_generation_ = reader_.origin_generation();
  }
  const Result<Bytes, TextFault> rdata = rdata_parser_.parse(record.type, record.rdata);
  if (!rdata) {
    const TextFault& fault = rdata.error();
    // Records after it get their TTL from a valid SOA, so that they have no fault of their own.
    if (is_type(record.type, RRType::SOA) && !soa_minimum_) soa_minimum_ = 0;
    return reader_.error(concat(dns::type_text(record.type), ": ", fault.message), fault.token,
                         true);
  }
  if (is_type(record.type, RRType::SOA)) {
    if (soa_) return check_closing_soa(*rdata);
    soa_ = data_.size();
  }
  const std::optional<uint32_t> ttl = ttl_of(record, *rdata);
  if (!ttl) return reader_.error("no TTL in the record, in an earlier record or in $TTL", {}, true);

  if (is_type(record.type, RRType::CNAME)) cnames_.push_back(make_alias());
  if (is_type(record.type, RRType::DNAME)) dnames_.push_back(make_alias());
  if (sizes_.add(record.owner.view(), record.type, rdata->size())) {
    overflows_.push_back(make_alias());
  }
  data_.add(record.owner.view(), record.type, *ttl, *rdata);
  return {};
}

Alias ZoneLoader::make_alias() {
  if (files_.empty() || files_.back() != reader_.file()) files_.push_back(reader_.file());
  return {data_.size(), static_cast<uint32_t>(files_.size() - 1), reader_.line()};
}

ZoneLoader::Problem ZoneLoader::check_place(const MasterRecord& record) {
  const dns::NameView owner = record.owner.view();
  if (!is_type(record.type, RRType::SOA)) return {};
  if (owner.size() != data_.apex().size()) {
    return reader_.error(
        concat("an SOA at ", owner.to_text(), "; it belongs to the apex ", data_.apex().to_text()),
        {});
  }
  return {};
}

// The output of a zone transfer ends with the SOA that it begins with (RFC 5936 §2.2).
ZoneLoader::Problem ZoneLoader::check_closing_soa(Bytes rdata) {
  if (std::ranges::equal(data_.record(*soa_).rdata, rdata)) return {};
  return reader_.error("a second SOA, which differs from the first; a zone has one", {});
}

// With no TTL stated before it, an SOA and the records after it get its MINIMUM, as in RFC 1035
// §3.3.13 and BIND.
std::optional<uint32_t> ZoneLoader::ttl_of(const MasterRecord& record, Bytes rdata) {
  if (is_type(record.type, RRType::SOA)) {
    const uint32_t minimum = load_be32(rdata.data() + rdata.size() - 4);
    soa_minimum_ = std::min(minimum, kMaxTtl);
  }
  return record.ttl ? record.ttl : soa_minimum_;
}

bool name_less(dns::NameView a, dns::NameView b) {
  return std::ranges::lexicographical_compare(a.bytes(), b.bytes());
}

// RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 6672 §2.4. Owners in ZoneData are in lower case, so a
// comparison of bytes suffices. Only the aliases are sorted: the cost is low for any choice of
// names.
void ZoneLoader::check_aliases(Faults& faults) {
  for (std::vector<Alias>* aliases : {&cnames_, &dnames_}) {
    std::ranges::stable_sort(
        *aliases, [this](const Alias& a, const Alias& b) { return name_less(owner(a), owner(b)); });
    for (size_t i = 1; i < aliases->size() && faults.size() < kMaxZoneFaults; ++i) {
      const Alias& second = (*aliases)[i];
      if (!owner((*aliases)[i - 1]).equals(owner(second))) continue;
      faults.push_back(error_at(second, concat("a second ", aliases == &cnames_ ? "CNAME" : "DNAME",
                                               " at ", owner(second).to_text())));
    }
  }
}

/// Returns whether a type may be at the same name as a CNAME: only the types of its signatures.
/// Source: RFC 2181 §10.1, RFC 4034 §3, §4.
bool may_coexist_with_cname(uint16_t type) {
  constexpr uint16_t kKey = 25;
  return is_type(type, RRType::SIG) || type == kKey || is_type(type, RRType::NXT) ||
         is_type(type, RRType::RRSIG) || is_type(type, RRType::NSEC);
}

void ZoneLoader::check_beside_cnames(Faults& faults) {
  if (cnames_.empty()) return;
  for (size_t i = 0; i < data_.size() && faults.size() < kMaxZoneFaults; ++i) {
    const ZoneData::Record record = data_.record(i);
    if (is_type(record.type, RRType::CNAME) || may_coexist_with_cname(record.type)) continue;
    const auto at = std::ranges::lower_bound(cnames_, record.owner, name_less,
                                             [this](const Alias& alias) { return owner(alias); });
    if (at == cnames_.end() || !owner(*at).equals(record.owner)) continue;
    faults.push_back(
        error_at(*at, concat("a CNAME at ", record.owner.to_text(), ", which also has ",
                             dns::type_text(record.type), " data (RFC 1034 §3.6.2)")));
  }
}

void ZoneLoader::check_sizes(Faults& faults) {
  if (overflows_.empty()) return;
  for (const OversizeRRset& oversize : sizes_.find_oversize(data_)) {
    const dns::NameView name = data_.record(oversize.last_record).owner;
    const auto at = std::ranges::find_if(overflows_, [&](const Alias& alias) {
      return data_.record(alias.record).type == oversize.type && owner(alias).equals(name);
    });
    std::string message = concat("the ", dns::type_text(oversize.type), " records of ",
                                 oversize.owner, " are too large for a message: ", oversize.octets,
                                 " of ", dns::kMaxMessage, " bytes");
    faults.push_back(at == overflows_.end() ? ZoneLoadError{path_, 0, std::move(message)}
                                            : error_at(*at, std::move(message)));
  }
}

}  // namespace

Result<ZoneFile, Faults> load_zone_file(const std::string& path, dns::NameView apex) {
  Result<std::unique_ptr<std::istream>, std::string> text = open_master_file(path);
  if (!text) {
    return Unexpected(
        Faults{ZoneLoadError{path, 0, concat("cannot read the file: ", text.error())}});
  }
  return ZoneLoader(std::move(*text), path, apex).load();
}

Result<ZoneFile, Faults> load_zone_text(std::string_view text, const std::string& path,
                                        dns::NameView apex) {
  return ZoneLoader(std::make_unique<TextStream>(text), path, apex).load();
}

}  // namespace inlet53::zone
