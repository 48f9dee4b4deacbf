// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_ids.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include <sys/random.h>

#include "inlet53/base/check.h"

namespace inlet53::gateway {

namespace {

constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Two hexadecimal digits of each byte.
constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t octet = 0; octet < pairs.size(); ++octet) {
    pairs[octet] = {kDigits[octet >> 4], kDigits[octet & 15]};
  }
  return pairs;
}();

// Writes the last `Digits` hexadecimal digits of a number, and returns the end.
template <int Digits>
char* write_hex(char* out, uint64_t number) noexcept {
  static_assert(Digits % 2 == 0);
  for (int shift = (Digits - 2) * 4; shift >= 0; shift -= 8, out += 2) {
    std::memcpy(out, kHexPairs[number >> shift & 255].data(), 2);
  }
  return out;
}

}  // namespace

RequestIdSource::RequestIdSource() {
  INLET53_CHECK(getrandom(state_.data(), sizeof state_, 0) == sizeof state_);
}

// xoshiro256++ of Blackman and Vigna: a few instructions, with a period of 2^256 - 1.
uint64_t RequestIdSource::next_random() noexcept {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string RequestIdSource::next_uuid() {
  const uint64_t high = (next_random() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (next_random() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  std::string uuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  char* out = uuid.data();
  out = write_hex<8>(out, high >> 32) + 1;
  out = write_hex<4>(out, high >> 16) + 1;
  out = write_hex<4>(out, high) + 1;
  out = write_hex<4>(out, low >> 48) + 1;
  write_hex<12>(out, low);
  return uuid;
}

RequestIds RequestIdSource::next(int64_t wall_seconds) {
  RequestIds ids{.request_id = next_uuid(),
                 .extended_request_id = "xxxxxxxxxxxxxxx=",
                 .trace_id = "Root=1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx"};

  // 11 bytes in base64: 15 characters and the padding. The last of the 15 holds 4 bits.
  uint64_t bits = next_random();
  for (size_t i = 0; i < 10; ++i, bits >>= 6) ids.extended_request_id[i] = kBase64Url[bits & 63];
  bits = next_random();
  for (size_t i = 10; i < 14; ++i, bits >>= 6) ids.extended_request_id[i] = kBase64Url[bits & 63];
  ids.extended_request_id[14] = kBase64Url[bits & 60];

  char* out = write_hex<8>(ids.trace_id.data() + 7, static_cast<uint64_t>(wall_seconds)) + 1;
  out = write_hex<16>(out, next_random());
  write_hex<8>(out, next_random());
  return ids;
}

}  // namespace inlet53::gateway
