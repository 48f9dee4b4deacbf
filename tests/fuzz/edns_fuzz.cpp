// SPDX-License-Identifier: Apache-2.0

// The input becomes the OPT's fixed fields and options of a query that is valid otherwise. The
// query is accepted if and only if its options fill the record. The OPT of the response never
// echoes them.
#include <vector>

#include "fuzz.h"

#include "inlet53/dns/edns_options.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_writer.h"

namespace {

bool options_fill(inlet53::Bytes options) {
  size_t at = 0;
  while (at < options.size()) {
    if (options.size() - at < 4) return false;
    at += 4U + inlet53::load_be16(options.data() + at + 2);
  }
  return at == options.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace inlet53;
  using namespace inlet53::dns;
  constexpr size_t kFixed = 6;  // udp size, extended rcode, version, flags
  if (size < kFixed || size > 60000) return 0;
  std::vector<uint8_t> message{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 'a', 0, 0, 1, 0, 1, 0, 0, 41};
  message.insert(message.end(), data, data + kFixed);
  const Bytes options{data + kFixed, size - kFixed};
  uint8_t length[2];
  store_be16(length, static_cast<uint16_t>(options.size()));
  message.insert(message.end(), length, length + 2);
  message.insert(message.end(), options.begin(), options.end());

  QueryView query;
  const QueryVerdict verdict = parse_query(message, query);
  const uint8_t version = data[3];
  const QueryVerdict expected = version != 0            ? QueryVerdict::BadVers
                                : options_fill(options) ? QueryVerdict::Accept
                                                        : QueryVerdict::FormErr;
  FUZZ_CHECK(verdict == expected);
  FUZZ_CHECK(query.edns.present && query.edns.udp_size == load_be16(data));
  FUZZ_CHECK(query.edns.dnssec_ok == ((data[4] & 0x80) != 0));

  if (verdict == QueryVerdict::Accept) {
    const QueryOptions found = find_options(query.edns.options);
    for (const QueryOption* option :
         {&found.nsid, &found.client_subnet, &found.cookie, &found.tcp_keepalive}) {
      FUZZ_CHECK(option->present || option->data.empty());
      FUZZ_CHECK(option->data.size() <= options.size());
    }
    if (found.client_subnet.present && is_valid_client_subnet(found.client_subnet.data)) {
      FUZZ_CHECK(found.client_subnet.data.size() <= 4 + 16);
    }
  }

  message.resize(4096 > message.size() ? 4096 : message.size());
  const size_t composed =
      compose_error(message, query, {}, Rcode::BadVers, {1232, Ede::NotAuthoritative});
  FUZZ_CHECK(composed == 12 + 7 + 11 + 6);
  return 0;
}
