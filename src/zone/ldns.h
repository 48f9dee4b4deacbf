#pragma once

// The only way to ldns. Its common.h defines `bool`, `true` and `false` as macros in C++ unless
// <stdbool.h> came first, and then every later standard header breaks. g++'s own <stdbool.h> still
// leaves `_Bool` behind; it is harmless, but nothing else of ldns's should leak either.
#include <ldns/ldns.h>
#include <stdbool.h>

#undef bool
#undef true
#undef false
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
