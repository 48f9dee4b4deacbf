// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

enum class Section : uint8_t { Answer, Authority, Additional };

/// The OPT record of a response. DO is copied from the query (RFC 3225 §3).
/// Source: RFC 6891 §6.1, RFC 8914 §2.
struct ResponseOpt {
  uint16_t udp_size = 1232;               // octets that we take
  std::optional<Ede> ede = std::nullopt;  // sent when it fits
  /// EXTRA-TEXT of `ede`, for people: UTF-8, sent when it fits too (RFC 8914 §2).
  std::string_view ede_text = {};
};

/// The header's flags of a response that are not copied from the query or fixed: QR is set, opcode,
/// RD and CD are copied (RFC 1035 §4.1.1, RFC 4035 §3.2.2), AD and Z are 0: nothing was validated.
struct ResponseFlags {
  bool authoritative = false;        // AA
  bool recursion_available = false;  // RA
  bool truncated = false;            // TC, also when everything fitted
};

/// Composes a response in the buffer that holds its query: header and question stay where they are
/// (the question with its letters' case), what follows the question is overwritten.
///
/// Names are compressed against the question's name and a bounded number of those written since,
/// letter case aside, so that a name may come out in the letters of one before it (RFC 4343 §4.1).
///
/// Example:
///   ResponseWriter writer(slot, query, limit);
///   writer.add(Section::Answer, rrset);
///   size = writer.finish({.recursion_available = true}, Rcode::NoError, ResponseOpt{});
///
/// Lifetime: borrows the buffer and the query.
/// Threads: none shared. Cost: no allocation; linear in what is written. An RRset of the question's
/// name whose type has no names to compress (A, AAAA, TXT, SRV, HTTPS, …) is one copy.
/// Source: RFC 1035 §4.1; RFC 2181 §9 (truncation at an RRset's edge); RFC 3597 §4 (only the types
/// of RFC 1035 have their RDATA's names compressed).
class ResponseWriter {
 public:
  /// `buffer` begins with the query; `limit` is the most octets the response may take, OPT
  /// included. `options` are those of the OPT, but for the extended error, composed already: they
  /// are always sent. The writer reserves room for the OPT and them when the query had an OPT. If
  /// the question leaves less room, which takes a limit below 12 + 259 + 11 = 282 octets and the
  /// options, it writes no OPT.
  /// Requires: `query` was parsed from `buffer`; `query.question_end <= limit <= buffer.size()`.
  /// Lifetime: of `options`, until `finish`; they may not lie in `buffer`.
  ResponseWriter(MutableBytes buffer, const QueryView& query, size_t limit,
                 Bytes options = {}) noexcept;

  /// Adds an RRset owned by the question's name. All or nothing: when it does not fit, nothing is
  /// added, TC will be set (but not for Additional), and false is returned. So it is when its
  /// RDATA does not have its type's shape.
  /// Requires: sections in order.
  bool add(Section section, const RRsetView& rrset) noexcept;

  /// The same for any owner; the owner's name is compressed.
  bool add(Section section, NameView owner, const RRsetView& rrset) noexcept;

  /// The same for records that were kept for a while: their TTLs become what `ttl` says.
  /// Cost: a walk over the records that were written besides.
  bool add_aged(Section section, NameView owner, const RRsetView& rrset, TtlAging ttl) noexcept;

  /// Sets TC whatever fitted.
  void set_truncated() noexcept { truncated_ = true; }

  /// Writes header and OPT (last) and returns the size of the whole message. An OPT is written when
  /// the query had one, its extended error when it fits. Call once, after everything was added.
  /// Requires: a `rcode` over 15 only for a query with an OPT.
  size_t finish(ResponseFlags flags, Rcode rcode, const ResponseOpt& opt) noexcept;

  /// The same for a query that had no OPT. Requires: it had none.
  size_t finish(ResponseFlags flags, Rcode rcode) noexcept;

  [[nodiscard]] bool truncated() const noexcept { return truncated_; }

 private:
  // A name that stands in the message, uncompressed up to its next label at least.
  struct Written {
    uint16_t offset;
    uint8_t size;  // of its flat form, so that few names are compared octet by octet
  };
  // Bounds the work for each name written, so that an answer of 64 KiB costs O(n). Enough for a
  // question of the deepest usual form (34 labels below ip6.arpa) and some names more.
  static constexpr size_t kMaxRemembered = 48;

  bool refuse(Section section) noexcept;
  void count(Section section, uint16_t records) noexcept;
  bool add_compressed(Section section, NameView owner, const RRsetView& rrset) noexcept;
  bool write(Bytes octets) noexcept;
  bool write_rdata(uint16_t type, Bytes rdata) noexcept;
  bool write_name(NameView name) noexcept;
  bool write_pointer(size_t offset) noexcept;
  [[nodiscard]] size_t offset_in_question(NameView name) const noexcept;
  [[nodiscard]] size_t find_written(NameView name) const noexcept;
  void remember(size_t offset, NameView name, size_t size) noexcept;
  void write_opt(uint8_t extended_rcode, const ResponseOpt& opt) noexcept;

  uint8_t* buffer_;
  const QueryView& query_;
  size_t at_;        // where the next octet goes; never beyond limit_
  size_t limit_;     // without the OPT's room
  size_t opt_room_;  // kept back behind limit_; 0 when no OPT is to be written
  Bytes options_;
  uint16_t counts_[3] = {0, 0, 0};
  bool truncated_ = false;
  uint8_t remembered_count_ = 0;
  // A bit for each size, modulo 64, of the names in `remembered_`: most names that are looked for
  // have another size and need no search. It may have bits of names that were taken back.
  uint64_t remembered_sizes_ = 0;
  Written remembered_[kMaxRemembered];  // filled up to remembered_count_, when names are compressed
};

/// Composes a response without records, in `buffer` that begins with the query. The question is
/// echoed when it was readable. An opcode other than QUERY gets its opcode, the rcode and no flag.
/// Returns the size, at most 12 + 259 + 17 = 288 octets, `options` and the extended error's text.
/// Requires: as ResponseWriter, with the buffer's size for a limit.
size_t compose_error(MutableBytes buffer, const QueryView& query, ResponseFlags flags, Rcode rcode,
                     const ResponseOpt& opt, Bytes options = {}) noexcept;

}  // namespace inlet53::dns
