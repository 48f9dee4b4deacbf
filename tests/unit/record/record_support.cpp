// SPDX-License-Identifier: Apache-2.0
#include "record_support.h"

// Included last: it may define `bool`, `true` and `false` as in C.
#include <ldns/ldns.h>

namespace inlet53::record::test {

PreparedRRset::PreparedRRset(std::initializer_list<const char*> records) {
  for (const char* text : records) {
    ldns_rr* parsed = nullptr;
    if (ldns_rr_new_frm_str(&parsed, text, 60, nullptr, nullptr) != LDNS_STATUS_OK) {
      throw std::invalid_argument(text);
    }
    const std::unique_ptr<ldns_rr, decltype(&ldns_rr_free)> rr(parsed, ldns_rr_free);
    type_ = static_cast<uint16_t>(ldns_rr_get_type(rr.get()));
    std::vector<uint8_t> rdata;
    for (size_t i = 0; i < ldns_rr_rd_count(rr.get()); ++i) {
      const ldns_rdf* field = ldns_rr_rdf(rr.get(), i);
      const uint8_t* data = ldns_rdf_data(field);
      rdata.insert(rdata.end(), data, data + ldns_rdf_size(field));
    }
    append(rdata);
  }
}

}  // namespace inlet53::record::test
