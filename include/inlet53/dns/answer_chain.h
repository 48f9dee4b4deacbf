// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

struct RecordExtent;

/// One RRset of a response. Lifetime: until the AnswerChain that read it reads again.
struct ChainRRset {
  NameView owner;    // lower case
  uint32_t ttl = 0;  // seconds; the same in every record of `rrset`
  RRsetView rrset;
};

/// The end of a chain.
enum class ChainEnd : uint8_t {
  Answer,   // the last RRset answers the question
  NoData,   // no record of the type at `last_name`: NODATA, NXDOMAIN (see the rcode), or a target
            // that returns only an alias
  Outside,  // an alias leads to `last_name`, which is not at or below the apex
};

/// Reads the part of a response that answers one question: the aliases from the question's name on,
/// the RRset at their end, and the SOA of a negative answer. Ignores all other records, because
/// they do not belong to the question and may be forged (RFC 5452 §6, RFC 2181 §5.4.1).
///
///  * RRsets are in prepared form (RRsetView), ready for a ResponseWriter or a cache.
///  * All records of an RRset get the lowest of their TTLs (RFC 2181 §5.2). A TTL with the highest
///    bit set counts as 0 (RFC 2181 §8). The first of several CNAME records at one name counts.
///    DNAME records are ignored: each comes with a CNAME that has the same target (RFC 6672
///    §5.3.1).
///  * Names keep their letter case, except for labels that the target copied from the question: a
///    query may have random letter case, which clients must not see. A name that points into the
///    question gets the letter case that the question has in the message. A CNAME made from a DNAME
///    begins with labels of the question; they become lower case.
///  * The first RRset of an answer to ANY counts (RFC 8482 §4.1).
///  * An SOA counts when the last name is at or below its owner, even when the owner is above the
///    apex: a rule may be for a part of a zone, and the SOA only limits the lifetime of this
///    answer.
///
/// Threads: none shared. Cost: `read` does not allocate; its time is linear in the message for each
/// alias. The constructor reserves 144 KiB of address space; a response touches only the part that
/// it fills.
class AnswerChain {
 public:
  /// Maximum number of aliases; a longer chain counts as a loop.
  static constexpr size_t kMaxAliases = 11;

  AnswerChain();

  /// Reads `message` as the response to `qname`, `qtype`, IN. `apex`: the bailiwick. `sent`: the
  /// question's name in the letter case in which it was sent.
  /// Returns false when any section is malformed, there is a second OPT, bytes follow the last
  /// record, RDATA of the chain does not have the format of its type, the chain has more than
  /// `kMaxAliases` aliases, or the RRsets with uncompressed names are larger than 128 KiB. The
  /// other members are unspecified then.
  /// Requires: `qname` is in lower case and at or below `apex`; `message` begins with a header, and
  /// its question is that question.
  [[nodiscard]] bool read(Bytes message, NameView qname, uint16_t qtype, NameView apex,
                          NameView sent) noexcept;
  [[nodiscard]] bool read(Bytes message, NameView qname, uint16_t qtype, NameView apex) noexcept {
    return read(message, qname, qtype, apex, qname);
  }

  /// Returns the rcode with the upper bits of the OPT; NoError where the chain ended outside,
  /// because the rcode is then about a name that the target was not asked for.
  [[nodiscard]] Rcode rcode() const noexcept { return rcode_; }
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  [[nodiscard]] bool has_opt() const noexcept { return has_opt_; }
  /// Returns the info code of an extended error, known or not (RFC 8914 §2).
  [[nodiscard]] std::optional<uint16_t> ede() const noexcept { return ede_; }

  /// Returns the aliases in order and, where `end` is Answer, the RRset that answers.
  [[nodiscard]] std::span<const ChainRRset> rrsets() const noexcept { return {rrsets_, count_}; }
  [[nodiscard]] ChainEnd end() const noexcept { return end_; }
  /// Returns the target of the last alias in lower case; the question's name when there is no
  /// alias.
  [[nodiscard]] NameView last_name() const noexcept { return last_name_; }
  /// Returns the SOA of the authority section; null when there is none, or `end` is not NoData.
  [[nodiscard]] const ChainRRset* soa() const noexcept { return has_soa_ ? &soa_ : nullptr; }

 private:
  struct Sections;
  class Arena;

  [[nodiscard]] bool read_sections(Bytes message, Sections& sections) noexcept;
  [[nodiscard]] bool follow(Bytes message, const Sections& sections, uint16_t qtype, NameView apex,
                            Arena& arena) noexcept;
  [[nodiscard]] bool is_last_name(Bytes message, const RecordExtent& record) const noexcept;
  [[nodiscard]] std::optional<RecordExtent> find_first(Bytes message, const Sections& sections,
                                                       uint16_t type) const noexcept;
  [[nodiscard]] bool append_rrset(Bytes message, const RecordExtent& first, size_t end,
                                  Arena& arena) noexcept;
  [[nodiscard]] bool read_soa(Bytes message, const Sections& sections, Arena& arena) noexcept;

  std::unique_ptr<uint8_t[]> octets_;
  ChainRRset rrsets_[kMaxAliases + 1];
  size_t count_ = 0;
  ChainRRset soa_;
  NameView last_name_;
  size_t last_name_at_ = 0;  // offset in the message
  NameView sent_;
  Rcode rcode_ = Rcode::NoError;
  ChainEnd end_ = ChainEnd::NoData;
  std::optional<uint16_t> ede_;
  bool truncated_ = false;
  bool has_opt_ = false;
  bool has_soa_ = false;
};

}  // namespace inlet53::dns
