#include "certificate_summary.h"

#include <array>
#include <ctime>
#include <memory>

#include "name_constraints.h"
#include "tls_error.h"
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"

namespace inlet53::net {

namespace {

struct NamesDeleter {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

int64_t to_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string fingerprint(const X509* certificate) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require_tls(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, NamesDeleter> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    // Both are strings of ASN.1, an address of its octets.
    const ASN1_STRING* text = name->d.ia5;
    const Bytes octets{ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
    if (name->type == GEN_DNS) {
      names.emplace_back(as_text(octets));
    } else if (octets.size() == 4 || octets.size() == 16) {
      names.push_back(IpAddress::from_bytes(octets).to_text());
    }
  }
  return names;
}

std::string common_name(const X509* certificate) {
  std::array<char, 256> text{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             text.data(), static_cast<int>(text.size()));
  return size < 0 ? std::string{} : std::string(text.data(), static_cast<size_t>(size));
}

int64_t not_before(const X509* certificate) { return to_seconds(X509_get0_notBefore(certificate)); }
int64_t not_after(const X509* certificate) { return to_seconds(X509_get0_notAfter(certificate)); }

CertificateSummary summary_of(const X509* certificate) {
  CertificateSummary summary{.subject = common_name(certificate),
                             .names = alternative_names(certificate),
                             .permitted = {},
                             .not_before = not_before(certificate),
                             .not_after = not_after(certificate),
                             .sha256 = fingerprint(certificate)};
  if (const auto permitted = read_constraints(certificate)) {
    summary.permitted = permitted->to_texts();
  }
  return summary;
}

}  // namespace inlet53::net
