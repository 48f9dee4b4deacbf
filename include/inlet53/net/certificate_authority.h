#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/result.h"

/// A certificate authority of one's own, for names that no public authority certifies for us.
namespace inlet53::net {

/// What a certificate says, for people.
struct CertificateSummary {
  std::string subject;             // its common name
  std::vector<std::string> names;  // DNS names and addresses that it is for; none for an authority
  int64_t not_before = 0;          // seconds since 1970-01-01T00:00:00Z
  int64_t not_after = 0;
  std::string sha256;  // its fingerprint, `AB:CD:…`
};

/// Reads the first certificate of a PEM file. Errors: for people, with the file's name.
[[nodiscard]] Result<CertificateSummary, std::string> read_certificate(const std::string& file);

/// A folder with an authority's certificate and key, and with certificates that it issued.
///
/// `ca.pem` and `ca-key.pem` are made when they are not there: an ECDSA key on P-256, readable by
/// its owner only (mode 0600), a certificate for ten years that may certify names below
/// amazonaws.com and amazonaws.com.cn and no others, so that a machine that trusts it is not open
/// to forged names of anybody else (addresses, which DNS over TLS is asked at, are not bounded).
/// Source: RFC 5280 §4.2.1.10 (name constraints).
class CertificateAuthority {
 public:
  /// Opens the authority in `folder`, makes it on first use. Of two processes at once one makes it.
  /// Errors: for people, with the file's name.
  [[nodiscard]] static Result<CertificateAuthority, std::string> open(const std::string& folder);

  /// The files of a certificate for `names`, DNS names or IP addresses (the first is its common
  /// name, as far as that may be long: 64 octets), valid for 397 days: those that are there if they
  /// have these names, come from this authority and last for 30 days more, else new ones. `label`
  /// is their file name. Errors: for people, with the file's name.
  struct Issued {
    std::string certificate_file;
    std::string key_file;
    bool fresh = false;  // made by this call
  };
  [[nodiscard]] Result<Issued, std::string> issue(const std::string& label,
                                                  const std::vector<std::string>& names) const;

  [[nodiscard]] const std::string& certificate_file() const noexcept { return certificate_file_; }
  /// Whether `open` made it.
  [[nodiscard]] bool fresh() const noexcept { return fresh_; }

 private:
  explicit CertificateAuthority(std::string folder);

  std::string folder_;
  std::string certificate_file_;
  std::string key_file_;
  bool fresh_ = false;
};

/// Where a server has its certificate from: files of its own or, when it names none, a local
/// authority.
struct CertificateSource {
  std::string certificate_file;  // PEM, leaf first; empty: the authority makes one
  std::string key_file;
  std::string authority_folder;
};

/// The files of a server's certificate; those of its own as they are named, else what `issue`
/// gives. Errors: for people, with the file's name.
[[nodiscard]] Result<CertificateAuthority::Issued, std::string> certificate_files(
    const CertificateSource& source, const std::string& label,
    const std::vector<std::string>& names);

}  // namespace inlet53::net
