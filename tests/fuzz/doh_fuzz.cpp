// SPDX-License-Identifier: Apache-2.0

// A DoH request. Input: its method and target, its content-type, then its body.
//
//     POST /dns-query
//     application/dns-message
//     (bytes)
//
// An accepted message has a permitted size. The message of a GET corresponds to its text, and to no
// other text. The message of a response has a freshness or none, and padding keeps it valid.
#include <algorithm>
#include <memory>
#include <string>

#include "fuzz.h"
#include "server/doh_service.h"

#include "inlet53/dns/composed_response.h"

namespace {

using namespace inlet53;

constexpr size_t kMessage = 65535;

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

std::string encode(Bytes octets) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  unsigned held = 0;
  for (const uint8_t octet : octets) {
    bits = (bits << 8 | octet) & 0xFFFF;
    held += 8;
    for (; held >= 6; held -= 6) out += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kAlphabet[bits << (6 - held) & 63];
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = as_text({data, size});
  http::Request request;
  request.method = take_until(text, ' ');
  request.target = take_until(text, '\n');
  request.fields = {{"content-type", std::string(take_until(text, '\n'))}};
  request.body = text;

  const auto out = std::make_unique<uint8_t[]>(kMessage);
  const auto taken = server::read_doh_request(request, {out.get(), kMessage});
  if (!taken) return 0;
  FUZZ_CHECK(*taken <= kMessage);
  const Bytes message{out.get(), *taken};
  if (request.method == "POST") {
    FUZZ_CHECK(as_text(message) == request.body);
  } else {
    const std::string parameter = "dns=" + encode(message);
    FUZZ_CHECK(request.target.find(parameter) != std::string::npos);
  }
  (void)dns::freshness_lifetime(message);
  const size_t padded = dns::pad_response({out.get(), kMessage}, *taken, dns::kResponsePadding);
  FUZZ_CHECK(padded == *taken || padded >= *taken + 4);
  return 0;
}
