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

/// Values of the OPT record of a response. DO is copied from the query (RFC 3225 §3).
/// Source: RFC 6891 §6.1, RFC 8914 §2.
struct ResponseOpt {
  uint16_t udp_size = 1232;               // largest query that the server accepts, in bytes
  std::optional<Ede> ede = std::nullopt;  // sent when it fits
  /// EXTRA-TEXT of `ede`, UTF-8, for people; sent when it fits too (RFC 8914 §2).
  std::string_view ede_text = {};
};

/// The header flags of a response that are neither copied from the query nor constant. QR is set;
/// opcode, RD and CD are copied (RFC 1035 §4.1.1, RFC 4035 §3.2.2); AD and Z are 0, because the
/// server does not validate.
struct ResponseFlags {
  bool authoritative = false;        // AA
  bool recursion_available = false;  // RA
  bool truncated = false;            // TC, even when everything fits
};

/// Composes a response in the buffer that holds its query. Header and question stay in place (the
/// question with its letter case); the bytes after the question are overwritten.
///
/// Compresses names against the question's name and a bounded number of names written before. The
/// comparison ignores letter case, so a name may get the letter case of an earlier one (RFC 4343
/// §4.1).
///
/// Example:
///   ResponseWriter writer(slot, query, limit);
///   writer.add(Section::Answer, rrset);
///   size = writer.finish({.recursion_available = true}, Rcode::NoError, ResponseOpt{});
///
/// Lifetime: borrows the buffer and the query.
/// Threads: none shared. Cost: no allocation; linear in the written bytes. An RRset of the
/// question's name whose type has no names to compress (A, AAAA, TXT, SRV, HTTPS, …) is one copy.
/// Source: RFC 1035 §4.1; RFC 2181 §9 (truncation between RRsets); RFC 3597 §4 (only the types of
/// RFC 1035 have compressed names in their RDATA).
class ResponseWriter {
 public:
  /// Starts a response. `buffer` begins with the query. `limit`: maximum size of the response in
  /// bytes with its OPT. `options`: composed options of the OPT, except for the extended error;
  /// they are always sent. The writer reserves room for the OPT and `options` when the query has an
  /// OPT. If the question leaves less room, which needs a limit below 12 + 259 + 11 = 282 bytes
  /// plus the options, it writes no OPT.
  /// Requires: `query` was parsed from `buffer`; `query.question_end <= limit <= buffer.size()`.
  /// Lifetime: `options` until `finish`; they may not lie in `buffer`.
  ResponseWriter(MutableBytes buffer, const QueryView& query, size_t limit,
                 Bytes options = {}) noexcept;

  /// Adds an RRset owned by the question's name, whole or not at all. Returns false and adds
  /// nothing when it does not fit (this sets TC, except for Additional) or when RDATA does not have
  /// the format of its type.
  /// Requires: sections in order.
  bool add(Section section, const RRsetView& rrset) noexcept;

  /// Adds an RRset of any owner, whose name is compressed.
  bool add(Section section, NameView owner, const RRsetView& rrset) noexcept;

  /// Adds an RRset that was cached; its TTLs change as `ttl` says.
  /// Cost: an additional walk over the written records.
  bool add_aged(Section section, NameView owner, const RRsetView& rrset, TtlAging ttl) noexcept;

  /// Sets TC even when everything fits.
  void set_truncated() noexcept { truncated_ = true; }

  /// Writes the header and the OPT, which is last, and returns the size of the whole message.
  /// Writes an OPT when the query has one, and the extended error when it fits. Call it once, after
  /// all `add`.
  /// Requires: `rcode` is over 15 only for a query with an OPT.
  size_t finish(ResponseFlags flags, Rcode rcode, const ResponseOpt& opt) noexcept;

  /// Finishes the response to a query without an OPT.
  size_t finish(ResponseFlags flags, Rcode rcode) noexcept;

  [[nodiscard]] bool truncated() const noexcept { return truncated_; }

 private:
  // A name in the message, uncompressed at least up to its second label.
  struct Written {
    uint16_t offset;
    uint8_t size;  // size of the uncompressed name: few names need a comparison
  };
  // Bounds the work for each name, so that an answer of 64 KiB costs O(n). It is enough for a
  // question with the most usual labels (34 below ip6.arpa) and some more names.
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
  size_t at_;        // offset of the next byte; never over limit_
  size_t limit_;     // without the room for the OPT
  size_t opt_room_;  // reserved after limit_; 0: no OPT
  Bytes options_;
  uint16_t counts_[3] = {0, 0, 0};
  bool truncated_ = false;
  uint8_t remembered_count_ = 0;
  // Bit `size % 64` is set for each name in `remembered_`: most other names have another size and
  // need no search. Bits of removed names may stay set.
  uint64_t remembered_sizes_ = 0;
  Written remembered_[kMaxRemembered];  // the first remembered_count_ are valid; only when names
                                        // are compressed
};

/// Composes a response without records in `buffer`, which begins with the query. Copies the
/// question if it could be parsed. A response to an opcode other than QUERY has that opcode, the
/// rcode and no flags. Returns the size: at most 12 + 259 + 17 = 288 bytes plus `options` and the
/// text of the extended error.
/// Requires: as ResponseWriter; the limit is the size of the buffer.
size_t compose_error(MutableBytes buffer, const QueryView& query, ResponseFlags flags, Rcode rcode,
                     const ResponseOpt& opt, Bytes options = {}) noexcept;

}  // namespace inlet53::dns
