// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only way to ldns: its common.h defines `bool`, `true` and `false` as macros in C++ unless
// <stdbool.h> came first, and then the standard headers after it break.
// clang-format off
#include <stdbool.h>
#include <ldns/ldns.h>
// clang-format on

// Words of ours that its headers make macros of.
#undef INLINE
#undef dprintf
#undef ATTR_UNUSED
#undef ATTR_FORMAT

#include <memory>

namespace inlet53::zone {

struct LdnsRrFree {
  void operator()(ldns_rr* rr) const noexcept { ldns_rr_free(rr); }
};
using LdnsRr = std::unique_ptr<ldns_rr, LdnsRrFree>;

struct LdnsRdfFree {
  void operator()(ldns_rdf* rdf) const noexcept { ldns_rdf_deep_free(rdf); }
};
using LdnsRdf = std::unique_ptr<ldns_rdf, LdnsRdfFree>;

}  // namespace inlet53::zone
