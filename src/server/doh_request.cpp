// SPDX-License-Identifier: Apache-2.0
#include "doh_request.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace inlet53::server {

namespace {

constexpr uint8_t kNoDigit = 0xFF;

constexpr std::array<uint8_t, 256> make_digits() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return digits;
}
constexpr std::array<uint8_t, 256> kDigits = make_digits();

constexpr size_t octets_of(size_t digits) { return digits / 4 * 3 + digits % 4 * 6 / 8; }

// Decodes base64url. False: the text is invalid. Unused bits at the end must be 0 (RFC 4648 §3.5),
// so that a message has exactly one text.
bool decode(std::string_view text, uint8_t* out) noexcept {
  if (text.size() % 4 == 1) return false;
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char character : text) {
    const uint8_t digit = kDigits[static_cast<uint8_t>(character)];
    if (digit == kNoDigit) return false;
    bits = bits << 6 | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    *out++ = static_cast<uint8_t>(bits >> held);
  }
  return (bits & ((1U << held) - 1)) == 0;
}

// Returns the value of the parameter `dns`, which must occur once.
std::optional<std::string_view> find_dns(std::string_view query) noexcept {
  constexpr std::string_view kName = "dns=";
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (!parameter.starts_with(kName)) continue;
    if (found) return std::nullopt;
    found = parameter.substr(kName.size());
  }
  return found;
}

// Ignores parameters of the content type: it has none (RFC 8484 §6).
bool is_dns_message(const http::Request& request) noexcept {
  const http::Field* const type = http::find_field(request.fields, "content-type");
  if (type == nullptr) return false;
  std::string_view text = type->value;
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return http::same_field_name(text, kDnsMessage);  // ignores letter case
}

Result<size_t, DohFault> read_body(const http::Request& request, MutableBytes out) {
  if (request.body.size() > out.size()) return Unexpected(DohFault::TooLarge);
  if (!request.body.empty()) std::memcpy(out.data(), request.body.data(), request.body.size());
  return request.body.size();
}

Result<size_t, DohFault> read_query(std::string_view query, MutableBytes out) {
  const auto text = find_dns(query);
  if (!text) return Unexpected(DohFault::NoMessage);
  const size_t size = octets_of(text->size());
  if (size > out.size()) return Unexpected(DohFault::TooLarge);
  if (!decode(*text, out.data())) return Unexpected(DohFault::NoMessage);
  return size;
}

}  // namespace

std::optional<DohFault> find_head_fault(const http::Request& head) noexcept {
  const std::string_view target = head.target;
  if (target.substr(0, target.find('?')) != kDohPath) return DohFault::OtherPath;
  if (head.method == "POST") {
    return is_dns_message(head) ? std::nullopt : std::optional(DohFault::OtherContent);
  }
  if (head.method != "GET" && head.method != "HEAD") return DohFault::OtherMethod;
  return std::nullopt;
}

Result<size_t, DohFault> read_doh_request(const http::Request& request, MutableBytes out) {
  if (const auto fault = find_head_fault(request)) return Unexpected(*fault);
  if (request.method == "POST") return read_body(request, out);
  const std::string_view target = request.target;
  const size_t mark = std::min(target.find('?'), target.size());
  return read_query(target.substr(std::min(mark + 1, target.size())), out);
}

}  // namespace inlet53::server
