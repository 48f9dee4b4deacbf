// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace inlet53::http {

/// Counts the work of one connection in a turn of the loop. A turn ends after a number of requests
/// or bytes of heads. The rest waits until all other connections have had their turn, so that one
/// client does not delay the others.
class TurnWork {
 public:
  /// A request with its response costs about 10 us, a turn of requests less than 1 ms.
  static constexpr uint32_t kMaxRequests = 64;
  /// Bytes of decoded heads: about 100 us.
  static constexpr uint64_t kMaxHeadBytes = 256U << 10;

  void begin() noexcept { *this = {}; }
  void add_request() noexcept { ++requests_; }
  void add_head_bytes(uint64_t bytes) noexcept { head_bytes_ += bytes; }
  [[nodiscard]] bool over() const noexcept {
    return requests_ >= kMaxRequests || head_bytes_ >= kMaxHeadBytes;
  }

 private:
  uint32_t requests_ = 0;
  uint64_t head_bytes_ = 0;
};

/// Limits the work of one HTTP/2 connection, in addition to the limits of nghttp2 (RST_STREAM
/// frames, waiting acknowledgements, CONTINUATION frames, entries of SETTINGS).
///
///  - A header block may expand to SETTINGS_MAX_HEADER_LIST_SIZE bytes and no further (an HPACK
///    reference costs the client one byte, and the server the whole field).
///  - Requests without a result and frames without effect may outnumber the useful ones only by a
///    fixed number (CVE-2019-9513, CVE-2019-9518, CVE-2023-44487, CVE-2025-8671).
///  - A turn of the loop ends after a limit of work (`TurnWork`).
///
/// When a limit is exceeded, `is_abuse` stays true.
class Http2Work {
 public:
  /// Bytes that each field counts in addition to its texts. Source: RFC 9113 §6.5.2.
  static constexpr uint32_t kFieldOverhead = 32;
  /// Limit of WINDOW_UPDATE, PING, SETTINGS and empty DATA frames between two frames that carry
  /// data.
  static constexpr uint32_t kMaxQuietFrames = 10000;
  /// Number of requests that a client may cancel beyond the number of answered ones.
  static constexpr uint32_t kMaxAbandoned = 200;
  /// The same limit for requests that were malformed, refused by their head, or never ended. A
  /// client that has not read the server's SETTINGS may open some hundred streams too many.
  static constexpr uint32_t kMaxWasted = 1000;

  /// `max_list`: bytes that a header block may expand to.
  explicit Http2Work(uint32_t max_list) noexcept : max_list_(max_list) {}

  //--- Header blocks
  /// Begins a HEADERS or CONTINUATION frame of `bytes`. A block is never longer than its expansion.
  void block_frame(bool is_first, size_t bytes) noexcept {
    if (is_first) list_ = block_ = 0;
    block_ += bytes;
    if (block_ > uint64_t{max_list_} + kMaxPadding) abuse_ = true;
  }
  void add_field(size_t name, size_t value) noexcept {
    const uint64_t bytes = uint64_t{name} + value + kFieldOverhead;
    list_ += bytes;
    turn_.add_head_bytes(bytes);
    if (list_ > max_list_) abuse_ = true;
  }

  //--- Requests
  void request_began() noexcept { turn_.add_request(); }
  void answered() noexcept { ++answered_; }
  void abandoned() noexcept {
    if (++abandoned_ > answered_ + kMaxAbandoned) abuse_ = true;
  }
  void wasted() noexcept {
    turn_.add_request();
    if (++wasted_ > answered_ + kMaxWasted) abuse_ = true;
  }

  //--- Frames
  void carried_data() noexcept { quiet_frames_ = 0; }
  void carried_no_data() noexcept {
    if (++quiet_frames_ > kMaxQuietFrames) abuse_ = true;
  }

  void begin_turn() noexcept { turn_.begin(); }
  [[nodiscard]] bool turn_is_over() const noexcept { return turn_.over(); }
  [[nodiscard]] bool is_abuse() const noexcept { return abuse_; }

 private:
  static constexpr uint32_t kMaxPadding = 4096;  // of the frames of a block

  uint32_t max_list_;
  uint64_t list_ = 0;   // bytes of the present block, decoded
  uint64_t block_ = 0;  // the same, as received
  uint64_t answered_ = 0;
  uint64_t abandoned_ = 0;
  uint64_t wasted_ = 0;
  uint32_t quiet_frames_ = 0;  // since the last frame that carried data
  bool abuse_ = false;
  TurnWork turn_;
};

}  // namespace inlet53::http
