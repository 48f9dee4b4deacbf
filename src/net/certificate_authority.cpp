#include "inlet53/net/certificate_authority.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certificate.h"
#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/check.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

constexpr int64_t kDay = 86400;
constexpr int64_t kAuthoritySeconds = 3650 * kDay;
// The most that the clients of today take of a server's certificate is 398 days.
constexpr int64_t kLeafSeconds = 397 * kDay;
constexpr int64_t kRenewSeconds = 30 * kDay;

std::string failed(const std::string& file, std::string_view what, int error) {
  return concat(file, ": cannot ", what, ": ", std::strerror(error));
}

int64_t to_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string common_name(X509* certificate) {
  std::array<char, 256> text{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             text.data(), static_cast<int>(text.size()));
  return size < 0 ? std::string{} : std::string(text.data(), static_cast<size_t>(size));
}

std::vector<std::string> alternative_names(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
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
  GENERAL_NAMES_free(list);
  return names;
}

std::string fingerprint(X509* certificate) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  INLET53_CHECK(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

CertificateSummary summary_of(X509* certificate) {
  return {.subject = common_name(certificate),
          .names = alternative_names(certificate),
          .not_before = to_seconds(X509_get0_notBefore(certificate)),
          .not_after = to_seconds(X509_get0_notAfter(certificate)),
          .sha256 = fingerprint(certificate)};
}

// Whole or not at all: a reader never sees half a file, and a crash leaves the old one.
Result<void, std::string> write_file(const std::string& file, const std::string& text,
                                     mode_t mode) {
  const std::string fresh = file + ".new";
  ::unlink(fresh.c_str());
  Descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!opened.valid()) return Unexpected(failed(fresh, "be made", errno));
  if (::write(opened.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(opened.get()) != 0) {
    return Unexpected(failed(fresh, "be written", errno));
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) {
    return Unexpected(failed(file, "be written", errno));
  }
  return {};
}

// Holds the folder for one process at a time; released with the descriptor.
Result<Descriptor, std::string> lock(const std::string& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::flock(opened.get(), LOCK_EX) != 0) {
    return Unexpected(failed(folder, "be opened", errno));
  }
  return opened;
}

bool exists(const std::string& file) { return ::access(file.c_str(), F_OK) == 0; }

Result<void, std::string> write_pair(const std::string& certificate_file, X509* certificate,
                                     const std::string& key_file, EVP_PKEY* key) {
  if (const auto written = write_file(key_file, key_pem(key), 0600); !written) return written;
  return write_file(certificate_file, certificate_pem(certificate), 0644);
}

// Whether an issued certificate can go on being used.
bool serves(const std::string& certificate_file, const std::string& key_file, X509* issuer,
            const std::vector<std::string>& names) {
  if (!exists(certificate_file) || !exists(key_file)) return false;
  const auto certificate = load_certificate(certificate_file);
  const auto key = load_key(key_file);
  if (!certificate || !key) return false;
  X509* held = certificate->get();
  return X509_verify(held, X509_get0_pubkey(issuer)) == 1 &&
         X509_check_private_key(held, key->get()) == 1 && alternative_names(held) == names &&
         to_seconds(X509_get0_notAfter(held)) > std::time(nullptr) + kRenewSeconds;
}

}  // namespace

Result<CertificateSummary, std::string> read_certificate(const std::string& file) {
  const auto certificate = load_certificate(file);
  if (!certificate) return Unexpected(certificate.error());
  return summary_of(certificate->get());
}

CertificateAuthority::CertificateAuthority(std::string folder)
    : folder_(std::move(folder)),
      certificate_file_(folder_ + "/ca.pem"),
      key_file_(folder_ + "/ca-key.pem") {}

Result<CertificateAuthority, std::string> CertificateAuthority::open(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unexpected(failed(folder, "be made", error.value()));
  const auto held = lock(folder);
  if (!held) return Unexpected(held.error());

  CertificateAuthority authority(folder);
  const bool has_certificate = exists(authority.certificate_file_);
  // A key without a certificate was left by a crash: nobody can have trusted it.
  if (has_certificate && !exists(authority.key_file_)) {
    return Unexpected(concat(folder,
                             ": has a ca.pem without its ca-key.pem; remove it to have a new "
                             "authority made, or put the key back"));
  }
  if (has_certificate) return authority;

  const Key key = make_key();
  const Certificate certificate =
      make_certificate({.common_name = "inlet53 local certificate authority",
                        .names = {},
                        .valid_seconds = kAuthoritySeconds,
                        .authority = true},
                       key.get(), nullptr, key.get());
  const auto written =
      write_pair(authority.certificate_file_, certificate.get(), authority.key_file_, key.get());
  if (!written) return Unexpected(written.error());
  authority.fresh_ = true;
  return authority;
}

Result<CertificateAuthority::Issued, std::string> CertificateAuthority::issue(
    const std::string& label, const std::vector<std::string>& names) const {
  INLET53_CHECK(!names.empty());
  const auto held = lock(folder_);
  if (!held) return Unexpected(held.error());
  const auto issuer = load_certificate(certificate_file_);
  if (!issuer) return Unexpected(issuer.error());
  const auto issuer_key = load_key(key_file_);
  if (!issuer_key) return Unexpected(issuer_key.error());
  if (X509_check_private_key(issuer->get(), issuer_key->get()) != 1) {
    return Unexpected(concat(key_file_, ": is not the key of ", certificate_file_));
  }

  Issued issued{.certificate_file = concat(folder_, "/", label, ".pem"),
                .key_file = concat(folder_, "/", label, "-key.pem")};
  if (serves(issued.certificate_file, issued.key_file, issuer->get(), names)) return issued;
  const Key key = make_key();
  const Certificate certificate = make_certificate(
      {.common_name = names.front(), .names = names, .valid_seconds = kLeafSeconds}, key.get(),
      issuer->get(), issuer_key->get());
  const auto written =
      write_pair(issued.certificate_file, certificate.get(), issued.key_file, key.get());
  if (!written) return Unexpected(written.error());
  issued.fresh = true;
  return issued;
}

Result<CertificateAuthority::Issued, std::string> certificate_files(
    const CertificateSource& source, const std::string& label,
    const std::vector<std::string>& names) {
  if (!source.certificate_file.empty()) {
    return CertificateAuthority::Issued{source.certificate_file, source.key_file, false};
  }
  const auto authority = CertificateAuthority::open(source.authority_folder);
  if (!authority) return Unexpected(authority.error());
  return authority->issue(label, names);
}

}  // namespace inlet53::net
