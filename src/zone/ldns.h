// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only include of ldns. Its common.h defines `bool`, `true` and `false` as macros in C++ unless
// <stdbool.h> is included first; the standard headers after it then fail to compile.
// clang-format off
#include <stdbool.h>
#include <ldns/ldns.h>
// clang-format on

// Macros of its headers that clash with names of this project.
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
