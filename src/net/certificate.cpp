// SPDX-License-Identifier: Apache-2.0
#include "certificate.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "name_constraints.h"
#include "tls_error.h"
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
constexpr int kSerialOctets = 16;

// Source: RFC 5280 appendix A.1 (ub-common-name).
constexpr size_t kMaxCommonName = 64;

void set_serial(X509* certificate) {
  std::array<unsigned char, kSerialOctets> octets{};
  require_tls(RAND_bytes(octets.data(), kSerialOctets) == 1);
  octets[0] &= 0x7F;
  BIGNUM* number = BN_bin2bn(octets.data(), kSerialOctets, nullptr);
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
  char* octets = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &octets);
  return {octets, static_cast<size_t>(size)};
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
    // Both are ASN.1 strings; that of an address holds its bytes.
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
