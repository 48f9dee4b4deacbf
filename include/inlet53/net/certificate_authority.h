// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/renewal_timer.h"

/// A local certificate authority, for names that no public authority certifies for us.
///
/// Its directory has mode 0700 and holds
/// - `ca.pem`, the authority's certificate, for clients. It is valid for 365 days and may certify
///   TLS servers for the names and addresses of one configuration, and nothing else: all other
///   names and addresses are excluded by critical name constraints (RFC 5280 §4.2.1.10).
/// - `ca-key.pem`, its key: ECDSA on P-256, mode 0600. It stays when the certificate is renewed.
/// - `LABEL.pem`, the certificate of a server with its key behind it, mode 0600; behind them, where
///   the server wants it, a second certificate with an RSA key. One file, so that certificates and
///   keys always belong together. They are valid for 90 days, at most as long as the authority's
///   certificate.
///
/// A server's certificate is renewed when it has 30 days left or its names change. The authority's
/// certificate is renewed when it has 120 days left or its names change; key and subject stay, so
/// that clients with the previous `ca.pem` trust new certificates as well, as long as theirs is
/// valid and permits the names. That leaves 120 days to hand out the new one. An authority that an
/// earlier version made (ten years, any address) is replaced, with its key.
///
/// All functions: errors are for people, with the file's name. Threads: any. Processes: any number
/// of one user; the directory has a lock.
namespace inlet53::net {

/// Summary of a certificate for reports.
struct CertificateSummary {
  std::string subject;             // its common name
  std::vector<std::string> names;  // DNS names and addresses that it is for; none for an authority
  std::vector<std::string> permitted;  // of an authority of ours: what it may certify
  int64_t not_before = 0;              // seconds since 1970-01-01T00:00:00Z
  int64_t not_after = 0;
  std::string sha256;  // its fingerprint, `AB:CD:…`
};

/// Reads the first certificate of a PEM file.
[[nodiscard]] Result<CertificateSummary, std::string> read_certificate(const std::string& file);

/// The authority's certificate in its directory.
[[nodiscard]] std::string authority_certificate_file(const std::string& directory);

/// Which certificate a server wants of an authority.
struct CertificateRequest {
  std::string label;               // the name of its file
  std::vector<std::string> names;  // DNS names or IP addresses; the first is its common name
  /// All names that the configuration has certified by this authority, with `names`.
  std::vector<std::string> permitted;
  bool with_rsa = false;  // a second certificate, for clients that take no ECDSA
};

/// The files of a server's certificate.
struct CertificateFiles {
  std::string certificate_file;  // PEM, leaf first
  std::string key_file;          // PEM; may be the same file
  bool made = false;             // by this call
  bool authority_made = false;   // or renewed, by this call
  /// When to ask for it again.
  RenewalTimes renewal = {};
  /// Messages for the operator, a line each.
  std::vector<std::string> notices = {};
};

/// Issues a certificate, or returns the one that is there as long as it serves. Makes or renews the
/// authority where that is due. `now`: seconds since 1970-01-01T00:00:00Z.
/// Requires: `names` is not empty; at least one of `permitted` is a DNS name.
/// Errors: also, a key that other users may read, a lock that is not free within 5 s, or an
/// authority that is not ours.
[[nodiscard]] Result<CertificateFiles, std::string> issue_certificate(
    const std::string& directory, const CertificateRequest& request, int64_t now);

/// Where a server has its certificate from: files of its own or, when it names none, a local
/// authority.
struct CertificateSource {
  std::string certificate_file;  // PEM, leaf first; empty: the authority makes one
  std::string key_file;
  std::string authority_directory;
};

/// The files of a server's certificate; those of its own as they are named, with a notice when
/// other users may read the key; else what `issue_certificate` gives now.
[[nodiscard]] Result<CertificateFiles, std::string> certificate_files(
    const CertificateSource& source, const CertificateRequest& request);

}  // namespace inlet53::net
