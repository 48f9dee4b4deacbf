// SPDX-License-Identifier: Apache-2.0
#include "certificate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "tls_internal.h"
#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/check.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

struct BioDeleter {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using MemoryBio = std::unique_ptr<BIO, BioDeleter>;

// At most 20 bytes, positive, and hard to guess. Source: RFC 5280 §4.1.2.2.
constexpr int kSerialBytes = 16;

// Source: RFC 5280 appendix A.1 (ub-common-name).
constexpr size_t kMaxCommonName = 64;

void set_serial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes{};
  require_tls(RAND_bytes(bytes.data(), kSerialBytes) == 1);
  bytes[0] &= 0x7F;
  BIGNUM* number = BN_bin2bn(bytes.data(), kSerialBytes, nullptr);
  require_tls(number != nullptr);
  require_tls(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
  BN_free(number);
}

void set_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto add = [subject](const char* field, const std::string& value) {
    require_tls(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                           reinterpret_cast<const unsigned char*>(value.data()),
                                           static_cast<int>(value.size()), -1, 0) == 1);
  };
  add("O", "inlet53");
  add("CN", common_name.substr(0, kMaxCommonName));
}

void add_extension(X509* certificate, X509V3_CTX* context, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, context, kind, value.c_str());
  require_tls(extension != nullptr);
  require_tls(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string alternative_names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (IpAddress::parse(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

std::string text_of(const MemoryBio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

MemoryBio memory_bio() {
  MemoryBio bio(BIO_new(BIO_s_mem()));
  require_tls(bio != nullptr);
  return bio;
}

MemoryBio memory_bio(std::string_view text) {
  MemoryBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  require_tls(bio != nullptr);
  return bio;
}

// A daemon has no terminal for a passphrase prompt.
int refuse_passphrase(char*, int, int, void*) { return -1; }

struct ConstraintsDeleter {
  void operator()(NAME_CONSTRAINTS* constraints) const noexcept {
    NAME_CONSTRAINTS_free(constraints);
  }
};

Bytes bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
}

bool all_are(Bytes bytes, uint8_t value) {
  return std::ranges::all_of(bytes, [value](uint8_t byte) { return byte == value; });
}

// Address followed by its mask.
struct AddressBlock {
  Bytes address;
  Bytes mask;
};

std::optional<AddressBlock> block_of(const GENERAL_NAME* name) {
  const Bytes bytes = bytes_of(name->d.iPAddress);
  if (bytes.size() != 8 && bytes.size() != 32) return std::nullopt;
  return AddressBlock{bytes.first(bytes.size() / 2), bytes.subspan(bytes.size() / 2)};
}

// Returns false when it does not have the form of this program.
bool add_permitted(const GENERAL_NAME* name, PermittedNames& permitted) {
  if (name->type == GEN_DNS) {
    permitted.domains.emplace(as_text(bytes_of(name->d.dNSName)));
    return true;
  }
  if (name->type != GEN_IPADD) return false;
  const auto block = block_of(name);
  if (!block || !all_are(block->mask, 0xFF)) return false;
  permitted.addresses.insert(IpAddress::from_bytes(block->address));
  return true;
}

bool has_family(const PermittedNames& permitted, bool v4) {
  return std::ranges::any_of(permitted.addresses,
                             [v4](const IpAddress& each) { return each.is_v4() == v4; });
}

// Returns true when exactly the families without a permitted address are excluded.
bool excludes_the_rest(const NAME_CONSTRAINTS& constraints, const PermittedNames& permitted) {
  bool v4 = false;
  bool v6 = false;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints.excludedSubtrees); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_SUBTREE_value(constraints.excludedSubtrees, i)->base;
    if (name->type != GEN_IPADD) return false;
    const auto block = block_of(name);
    if (!block || !all_are(block->mask, 0)) return false;
    (block->address.size() == 4 ? v4 : v6) = true;
  }
  return v4 != has_family(permitted, true) && v6 != has_family(permitted, false);
}

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

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require_tls(key != nullptr);
  return key;
}

Key make_rsa_key() {
  constexpr unsigned int kBits = 2048;
  Key key(EVP_RSA_gen(kBits));
  require_tls(key != nullptr);
  return key;
}

Certificate make_certificate(const CertificateContent& content, EVP_PKEY* key, const X509* issuer,
                             EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* made = certificate.get();
  require_tls(made != nullptr && X509_set_version(made, X509_VERSION_3) == 1);
  set_serial(made);
  require_tls(ASN1_TIME_set(X509_getm_notBefore(made), content.not_before) != nullptr);
  require_tls(ASN1_TIME_set(X509_getm_notAfter(made), content.not_after) != nullptr);
  set_subject(made, content.common_name);
  const X509* by = issuer == nullptr ? made : issuer;
  require_tls(X509_set_issuer_name(made, X509_get_subject_name(by)) == 1);
  require_tls(X509_set_pubkey(made, key) == 1);

  X509V3_CTX context;
  // OpenSSL only reads the issuer through this pointer.
  X509V3_set_ctx(&context, const_cast<X509*>(by), made, nullptr, nullptr, 0);
  add_extension(made, &context, NID_subject_key_identifier, "hash");
  if (!content.constraints.empty()) {
    add_extension(made, &context, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(made, &context, NID_key_usage, "critical,keyCertSign,cRLSign");
    // For TLS servers only: name constraints do not bound e-mail addresses and similar names.
    add_extension(made, &context, NID_ext_key_usage, "serverAuth");
    add_extension(made, &context, NID_name_constraints, content.constraints);
  } else {
    add_extension(made, &context, NID_authority_key_identifier, "keyid");
    add_extension(made, &context, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made, &context, NID_key_usage, "critical,digitalSignature");
    add_extension(made, &context, NID_ext_key_usage, "serverAuth");
    add_extension(made, &context, NID_subject_alt_name, alternative_names_text(content.names));
  }
  require_tls(X509_sign(made, issuer_key, EVP_sha256()) > 0);
  return certificate;
}

Result<std::string, std::string> read_pem_file(const std::string& file) {
  constexpr size_t kMaxFile = size_t{1} << 20;
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::string text(kMaxFile + 1, '\0');
  size_t size = 0;
  ssize_t count = opened.valid() ? 1 : -1;
  while (count > 0 && size < text.size()) {
    count = ::read(opened.get(), text.data() + size, text.size() - size);
    if (count > 0) size += static_cast<size_t>(count);
  }
  if (count < 0) return Unexpected(concat(file, ": cannot be read: ", std::strerror(errno)));
  if (size > kMaxFile) return Unexpected(concat(file, ": is larger than 1 MiB"));
  text.resize(size);
  text.shrink_to_fit();
  return text;
}

std::vector<Certificate> parse_chain(std::string_view pem) {
  const MemoryBio bio = memory_bio(pem);
  std::vector<Certificate> chain;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(next);
  }
  static_cast<void>(pop_tls_error());  // the end of the text is an error
  return chain;
}

std::vector<Key> parse_keys(std::string_view pem) {
  const MemoryBio bio = memory_bio(pem);
  std::vector<Key> keys;
  while (EVP_PKEY* next = PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr)) {
    keys.emplace_back(next);
  }
  static_cast<void>(pop_tls_error());  // the end of the text is an error
  return keys;
}

Result<Certificate, std::string> parse_certificate(const std::string& file, std::string_view pem) {
  const MemoryBio bio = memory_bio(pem);
  Certificate parsed(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (parsed == nullptr) {
    return Unexpected(concat(file, ": cannot be read as a certificate: ", pop_tls_error()));
  }
  return parsed;
}

Result<Key, std::string> parse_key(const std::string& file, std::string_view pem) {
  const MemoryBio bio = memory_bio(pem);
  Key parsed(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
  if (parsed == nullptr) {
    return Unexpected(concat(file, ": cannot be read as a private key: ", pop_tls_error()));
  }
  return parsed;
}

std::string certificate_pem(X509* certificate) {
  const MemoryBio bio = memory_bio();
  require_tls(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio);
}

std::string key_pem(EVP_PKEY* key) {
  const MemoryBio bio = memory_bio();
  require_tls(
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio);
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, NamesDeleter> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    // Both are ASN.1 strings; that of an address holds its bytes.
    const ASN1_STRING* text = name->d.ia5;
    const Bytes bytes{ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
    if (name->type == GEN_DNS) {
      names.emplace_back(as_text(bytes));
    } else if (bytes.size() == 4 || bytes.size() == 16) {
      names.push_back(IpAddress::from_bytes(bytes).to_text());
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

void PermittedNames::add(const std::vector<std::string>& names) {
  constexpr std::string_view kWildcard = "*.";
  for (const std::string& name : names) {
    if (const auto address = IpAddress::parse(name)) {
      addresses.insert(*address);
    } else {
      domains.insert(name.starts_with(kWildcard) ? name.substr(kWildcard.size()) : name);
    }
  }
}

bool PermittedNames::covers(const PermittedNames& other) const {
  return std::ranges::includes(domains, other.domains) &&
         std::ranges::includes(addresses, other.addresses);
}

std::vector<std::string> PermittedNames::to_texts() const {
  std::vector<std::string> texts(domains.begin(), domains.end());
  for (const IpAddress& address : addresses) texts.push_back(address.to_text());
  return texts;
}

std::string constraints_text(const PermittedNames& permitted) {
  constexpr std::string_view kHostV4 = "255.255.255.255";
  constexpr std::string_view kHostV6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  INLET53_CHECK(!permitted.domains.empty());
  std::string text = "critical";
  for (const std::string& domain : permitted.domains) text += concat(",permitted;DNS:", domain);
  for (const IpAddress& address : permitted.addresses) {
    text += concat(",permitted;IP:", address.to_text(), "/", address.is_v4() ? kHostV4 : kHostV6);
  }
  if (!has_family(permitted, true)) text += ",excluded;IP:0.0.0.0/0.0.0.0";
  if (!has_family(permitted, false)) text += ",excluded;IP:::/::";
  return text;
}

std::optional<PermittedNames> read_constraints(const X509* authority) {
  int critical = 0;
  const std::unique_ptr<NAME_CONSTRAINTS, ConstraintsDeleter> constraints(
      static_cast<NAME_CONSTRAINTS*>(
          X509_get_ext_d2i(authority, NID_name_constraints, &critical, nullptr)));
  if (constraints == nullptr || critical != 1) return std::nullopt;
  PermittedNames permitted;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
    if (!add_permitted(name, permitted)) return std::nullopt;
  }
  if (permitted.domains.empty() || !excludes_the_rest(*constraints, permitted)) return std::nullopt;
  return permitted;
}

}  // namespace inlet53::net
