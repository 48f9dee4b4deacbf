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

/// One RRset of a response. Lifetime: that of the AnswerChain that read it, until it reads again.
struct ChainRRset {
  NameView owner;    // in lower case
  uint32_t ttl = 0;  // seconds; every record of `rrset` has it too
  RRsetView rrset;
};

/// Where a chain ended.
enum class ChainEnd : uint8_t {
  Answer,   // the last RRset answers the question
  NoData,   // the response has no record of the type for `last_name`: NODATA, NXDOMAIN (see the
            // rcode), or a target that gives no more than an alias
  Outside,  // an alias leads to `last_name`, which is not at or below the apex
};

/// Reads what a response says about one question, and nothing else: the aliases from the question's
/// name on, the RRset at their end, the SOA of a negative answer. Everything that is not on that
/// way was not asked for and is not believed (RFC 5452 §6, RFC 2181 §5.4.1).
///
///  * RRsets come in prepared form (RRsetView), ready for a ResponseWriter or a cache.
///  * The records of an RRset get the lowest of their TTLs (RFC 2181 §5.2); a TTL with the highest
///    bit counts as 0 (RFC 2181 §8). Of several CNAME records at one name the first counts. DNAME
///    records are left out: the CNAME that comes with one says the same about the name (RFC 6672
///    §5.3.1).
///  * Names come in the letters in which they stand, but for those that a target took from the
///    question: a query may have been sent in letters of random case, which clients do not see.
///    A name that points into the question comes in the letters that the question has in the
///    message. A CNAME that was made from a DNAME begins with labels of the question; they come in
///    lower case.
///  * Of an answer to ANY the first RRset counts (RFC 8482 §4.1).
///  * An SOA counts when the last name is at or below its owner, even when the owner is above the
///    apex: a rule may be for a part of a zone, and the SOA only limits the time of this answer.
///
/// Threads: none shared. Cost: `read` allocates nothing and is linear in the message for each
/// alias; 144 KiB of address space are taken when it is made, of which a response touches as much
/// as it fills.
class AnswerChain {
 public:
  /// Aliases that are followed; a longer chain is taken for a loop.
  static constexpr size_t kMaxAliases = 11;

  AnswerChain();

  /// Reads `message` as the response to `qname`, `qtype`, IN; `apex`: the bailiwick.
  /// False, and nothing else holds then, when it is broken in any section, has a second OPT or
  /// octets after the last record, when RDATA on the way does not have its type's shape, when the
  /// chain is over `kMaxAliases`, or when the RRsets are over 128 KiB with their names made flat.
  /// `sent`: the question's name in the letters in which it was sent.
  /// Requires: `qname` in lower case and at or below `apex`; `message` begins with a header, and
  /// its question is that question.
  [[nodiscard]] bool read(Bytes message, NameView qname, uint16_t qtype, NameView apex,
                          NameView sent) noexcept;
  [[nodiscard]] bool read(Bytes message, NameView qname, uint16_t qtype, NameView apex) noexcept {
    return read(message, qname, qtype, apex, qname);
  }

  /// With the OPT's upper bits; where the chain ended outside, NoError: what else it says is about
  /// a name that the target was not asked for.
  [[nodiscard]] Rcode rcode() const noexcept { return rcode_; }
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  [[nodiscard]] bool has_opt() const noexcept { return has_opt_; }
  /// The info code of an extended error (RFC 8914 §2), known or not.
  [[nodiscard]] std::optional<uint16_t> ede() const noexcept { return ede_; }

  /// The aliases in order and, where `end` is Answer, what answers.
  [[nodiscard]] std::span<const ChainRRset> rrsets() const noexcept { return {rrsets_, count_}; }
  [[nodiscard]] ChainEnd end() const noexcept { return end_; }
  /// Where the last alias leads, in lower case; the question's name when there is none.
  [[nodiscard]] NameView last_name() const noexcept { return last_name_; }
  /// The authority section's SOA; null when there is none, or `end` is not NoData.
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
  size_t last_name_at_ = 0;  // in the message
  NameView sent_;
  Rcode rcode_ = Rcode::NoError;
  ChainEnd end_ = ChainEnd::NoData;
  std::optional<uint16_t> ede_;
  bool truncated_ = false;
  bool has_opt_ = false;
  bool has_soa_ = false;
};

}  // namespace inlet53::dns
