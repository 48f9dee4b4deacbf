// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/certificate_authority.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "certificate.h"
#include "private_directory.h"
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"

namespace inlet53::net {

namespace {

constexpr int64_t kDay = 86400;
// One year limits the misuse of a lost key.
constexpr int64_t kAuthoritySeconds = 365 * kDay;
// Longer than the validity of a server's certificate, which therefore never outlives its
// authority's.
constexpr int64_t kAuthorityRenewSeconds = 120 * kDay;
// As public authorities with automatic renewal: 90 days, renewed after two thirds.
constexpr int64_t kLeafSeconds = 90 * kDay;
constexpr int64_t kLeafRenewSeconds = 30 * kDay;
// A client whose clock is slightly behind must still accept the certificate.
constexpr int64_t kBackdatedSeconds = 3600;

constexpr const char* kAuthorityFile = "ca.pem";
constexpr const char* kAuthorityKeyFile = "ca-key.pem";
constexpr const char* kAuthorityName = "inlet53 local certificate authority";

std::string date(int64_t seconds) {
  UtcSecond second;
  second.set(seconds);
  return std::string(second.text());
}

// Authority with its key. Without a certificate it is not created yet.
struct Authority {
  Certificate certificate;
  Key key;
};

Certificate make_authority(EVP_PKEY* key, const PermittedNames& permitted, int64_t now) {
  return make_certificate({.common_name = kAuthorityName,
                           .names = {},
                           .constraints = constraints_text(permitted),
                           .not_before = now - kBackdatedSeconds,
                           .not_after = now + kAuthoritySeconds},
                          key, nullptr, key);
}

// Returns the permitted names; absent: an earlier version made it, without limits for addresses and
// time.
std::optional<PermittedNames> permitted_by(const X509* authority) {
  if (not_after(authority) - not_before(authority) > kAuthoritySeconds + kBackdatedSeconds) {
    return std::nullopt;
  }
  return read_constraints(authority);
}

Result<std::optional<Authority>, std::string> load_authority(const PrivateDirectory& directory) {
  const std::string file = directory.path(kAuthorityFile);
  const bool has_key = directory.has(kAuthorityKeyFile);
  Authority authority;
  if (has_key) {
    const auto text = directory.read_private(kAuthorityKeyFile);
    if (!text) return Unexpected(text.error());
    auto key = parse_key(directory.path(kAuthorityKeyFile), *text);
    if (!key) return Unexpected(key.error());
    authority.key = std::move(*key);
  }
  if (directory.has(kAuthorityFile)) {
    if (!has_key) {
      return Unexpected(concat(directory.path(kAuthorityKeyFile),
                               ": is missing beside ca.pem; put it back, or remove ca.pem to have "
                               "a new authority made"));
    }
    const auto text = directory.read(kAuthorityFile);
    if (!text) return Unexpected(text.error());
    auto certificate = parse_certificate(file, *text);
    if (!certificate) return Unexpected(certificate.error());
    authority.certificate = std::move(*certificate);
    if (common_name(authority.certificate.get()) != kAuthorityName) {
      return Unexpected(concat(file,
                               ": inlet53 did not make this authority and does not replace it; "
                               "name another directory"));
    }
    if (X509_check_private_key(authority.certificate.get(), authority.key.get()) != 1) {
      if (permitted_by(authority.certificate.get())) {
        return Unexpected(concat(directory.path(kAuthorityKeyFile), ": is not the key of ", file));
      }
      authority.certificate.reset();  // a crash happened between the two files of a replacement
    }
  }
  return has_key ? std::optional(std::move(authority)) : std::nullopt;
}

// Adds the names in the certificates of other labels, which another configuration may use.
void add_other_leaves(const PrivateDirectory& directory, const std::string& label,
                      EVP_PKEY* authority_key, int64_t now, PermittedNames& permitted) {
  for (const std::string& name : directory.names(".pem")) {
    if (name == kAuthorityFile || name == kAuthorityKeyFile || name == label + ".pem") continue;
    const auto text = directory.read(name);
    const auto leaf = text ? parse_certificate(name, *text) : Unexpected(text.error());
    if (!leaf || X509_verify(leaf->get(), authority_key) != 1) continue;
    if (not_after(leaf->get()) > now) permitted.add(alternative_names(leaf->get()));
  }
}

bool is_due(const X509* certificate, int64_t renew_seconds, int64_t now) {
  return now < not_before(certificate) || now >= not_after(certificate) - renew_seconds;
}

// Returns the reason to renew an authority's certificate, for the operator; absent: no renewal.
std::optional<std::string> reason_to_renew(const Authority& authority, const PermittedNames& wanted,
                                           int64_t now) {
  const X509* certificate = authority.certificate.get();
  if (certificate == nullptr) return "made; clients that are to trust it need this file";
  const auto permitted = permitted_by(certificate);
  if (!permitted) {
    return "replaced, with its key: an earlier version made it, for ten years and any address. "
           "Remove the previous one from clients and give them this one";
  }
  if (!permitted->covers(wanted)) {
    return "renewed for more names, with the same key. Give it to clients again: those with the "
           "previous one refuse certificates for the new names";
  }
  if (is_due(certificate, kAuthorityRenewSeconds, now)) {
    return concat("renewed, with the same key. Give it to clients before ",
                  date(not_after(certificate)), ", when the previous one ends");
  }
  if (*permitted != wanted) {
    return "renewed for fewer names, with the same key; clients may keep the previous one";
  }
  return std::nullopt;
}

// Returns the authority, created or renewed if necessary; records this in `files`.
Result<Authority, std::string> ready_authority(const PrivateDirectory& directory,
                                               const CertificateRequest& request, int64_t now,
                                               CertificateFiles& files) {
  auto loaded = load_authority(directory);
  if (!loaded) return Unexpected(loaded.error());
  Authority authority = *loaded ? std::move(**loaded) : Authority{};
  const X509* before = authority.certificate.get();
  if (authority.key == nullptr || (before != nullptr && !permitted_by(before))) {
    authority.key = make_key();
    const auto written = directory.write(kAuthorityKeyFile, key_pem(authority.key.get()),
                                         PrivateDirectory::kPrivate);
    if (!written) return Unexpected(written.error());
  }
  PermittedNames wanted;
  wanted.add(request.permitted);
  wanted.add(request.names);
  add_other_leaves(directory, request.label, authority.key.get(), now, wanted);
  if (const auto reason = reason_to_renew(authority, wanted, now)) {
    authority.certificate = make_authority(authority.key.get(), wanted, now);
    const auto written = directory.write(
        kAuthorityFile, certificate_pem(authority.certificate.get()), PrivateDirectory::kPublic);
    if (!written) return Unexpected(written.error());
    files.authority_made = true;
    files.notices.push_back(concat(directory.path(kAuthorityFile), ": ", *reason));
  }
  return authority;
}

// Returns the number of certificates of one server: ECDSA first, then RSA.
size_t count_leaves(const CertificateRequest& request) noexcept { return request.with_rsa ? 2 : 1; }

bool is_usable(X509* leaf, EVP_PKEY* key, const std::vector<std::string>& names,
               const Authority& authority, int64_t now) {
  return X509_verify(leaf, authority.key.get()) == 1 && X509_check_private_key(leaf, key) == 1 &&
         alternative_names(leaf) == names && !is_due(leaf, kLeafRenewSeconds, now);
}

// Returns the first certificate in a file if all are still usable, else null. Errors: other users
// may read its keys. The file is not replaced then, because the operator should know.
Result<Certificate, std::string> load_leaf(const PrivateDirectory& directory,
                                           const std::string& name,
                                           const CertificateRequest& request,
                                           const Authority& authority, int64_t now) {
  const auto text = directory.has(name) ? directory.read(name) : std::string();
  const bool has_key = text && text->find("PRIVATE KEY") != std::string::npos;
  if (!has_key) return Certificate{};
  if (auto checked = directory.read_private(name); !checked) return Unexpected(checked.error());
  std::vector<Certificate> leaves = parse_chain(*text);
  const std::vector<Key> keys = parse_keys(*text);
  const size_t count = count_leaves(request);
  if (leaves.size() < count || keys.size() < count) return Certificate{};
  for (size_t i = 0; i < count; ++i) {
    if (!is_usable(leaves[i].get(), keys[i].get(), request.names, authority, now)) {
      return Certificate{};
    }
  }
  return std::move(leaves.front());
}

// Makes the server's certificates. Returns the first.
Result<Certificate, std::string> make_leaf(const PrivateDirectory& directory,
                                           const CertificateRequest& request,
                                           const Authority& authority, int64_t now) {
  // Without a DNS name, OpenSSL uses the common name as one, so an address does not become one.
  const std::string& first = request.names.front();
  const CertificateContent content{
      .common_name = IpAddress::parse(first) ? "inlet53" : first,
      .names = request.names,
      .constraints = {},
      .not_before = now - kBackdatedSeconds,
      .not_after = std::min(now + kLeafSeconds, not_after(authority.certificate.get()))};
  std::vector<Certificate> leaves;
  std::string text;
  for (size_t i = 0; i < count_leaves(request); ++i) {
    const Key key = i == 0 ? make_key() : make_rsa_key();
    leaves.push_back(
        make_certificate(content, key.get(), authority.certificate.get(), authority.key.get()));
    text += certificate_pem(leaves.back().get()) + key_pem(key.get());
  }
  const auto written = directory.write(request.label + ".pem", text, PrivateDirectory::kPrivate);
  if (!written) return Unexpected(written.error());
  directory.remove(request.label + "-key.pem");  // earlier versions kept the key there
  return std::move(leaves.front());
}

// Returns a warning when other users may read a server's own key. They may be in a group with that
// permission.
std::vector<std::string> key_notices(const std::string& key_file) {
  struct stat status {};
  if (stat(key_file.c_str(), &status) != 0 || (status.st_mode & (S_IROTH | S_IWOTH)) == 0) {
    return {};
  }
  return {concat(key_file, ": all users of this machine may read this private key; chmod 0600 it")};
}

constexpr int64_t kMinSeconds = 1;
// The loop's timers stop while the machine is suspended.
constexpr int64_t kMaxSeconds = 60;
constexpr uint64_t kRetryMs = 60'000;

}  // namespace

Result<CertificateSummary, std::string> read_certificate(const std::string& file) {
  const auto text = read_pem_file(file);
  if (!text) return Unexpected(text.error());
  const auto certificate = parse_certificate(file, *text);
  if (!certificate) return Unexpected(certificate.error());
  return summary_of(certificate->get());
}

std::string authority_certificate_file(const std::string& directory) {
  return concat(directory, "/", kAuthorityFile);
}

Result<CertificateFiles, std::string> issue_certificate(const std::string& directory,
                                                        const CertificateRequest& request,
                                                        int64_t now) {
  INLET53_CHECK(!request.names.empty());
  const auto opened = PrivateDirectory::open(directory);
  if (!opened) return Unexpected(opened.error());
  const std::string name = request.label + ".pem";
  CertificateFiles files{.certificate_file = opened->path(name), .key_file = opened->path(name)};
  const auto authority = ready_authority(*opened, request, now, files);
  if (!authority) return Unexpected(authority.error());
  auto leaf = load_leaf(*opened, name, request, *authority, now);
  if (leaf && *leaf == nullptr) {
    leaf = make_leaf(*opened, request, *authority, now);
    files.made = leaf.has_value();
  }
  if (!leaf) return Unexpected(leaf.error());
  const X509* const issuer = authority->certificate.get();
  files.renewal = {.valid_from = std::max(not_before(leaf->get()), not_before(issuer)),
                   .renew_at = std::min(not_after(leaf->get()) - kLeafRenewSeconds,
                                        not_after(issuer) - kAuthorityRenewSeconds)};
  return files;
}

Result<CertificateFiles, std::string> certificate_files(const CertificateSource& source,
                                                        const CertificateRequest& request) {
  if (source.certificate_file.empty()) {
    return issue_certificate(source.authority_directory, request, std::time(nullptr));
  }
  CertificateFiles files{.certificate_file = source.certificate_file, .key_file = source.key_file};
  files.notices = key_notices(source.key_file);
  return files;
}

RenewalTimer::RenewalTimer(Loop& loop, std::function<void()> renew)
    : timer_(loop, [this] { look(); }), renew_(std::move(renew)) {}

void RenewalTimer::set(const RenewalTimes& times) {
  times_ = times;
  timer_.stop();
  if (times.renew_at != 0) timer_.start(renewal_delay_ms(times, std::time(nullptr)));
}

void RenewalTimer::look() {
  if (!is_due(times_, std::time(nullptr))) return set(times_);
  timer_.start(kRetryMs);
  renew_();
}

uint64_t renewal_delay_ms(const RenewalTimes& times, int64_t now) noexcept {
  const int64_t seconds = is_due(times, now) ? kMinSeconds : times.renew_at - now;
  return static_cast<uint64_t>(std::clamp(seconds, kMinSeconds, kMaxSeconds)) * 1000;
}

}  // namespace inlet53::net
