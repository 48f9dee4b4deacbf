#include "text_fault.h"

#include <cstdint>

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

constexpr size_t kMaxCited = 60;

}  // namespace

std::string cite_word(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxCited)) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet >= 0x20 && octet != 0x7F) {
      out += c;
    } else {
      out += concat("\\", octet / 100, octet / 10 % 10, octet % 10);
    }
  }
  return out + (text.size() > kMaxCited ? "…" : "");
}

}  // namespace inlet53::zone
