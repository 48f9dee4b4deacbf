// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Times of the renewal of a certificate from the local authority, in seconds since
/// 1970-01-01T00:00:00Z. It is due from `renew_at` on, and before `valid_from`, which happens when
/// the clock is set back.
struct RenewalTimes {
  int64_t valid_from = 0;
  int64_t renew_at = 0;  // 0: never

  friend bool operator==(const RenewalTimes&, const RenewalTimes&) = default;
};

/// Returns true when the certificate is due for renewal. `now`: seconds since 1970-01-01T00:00:00Z.
[[nodiscard]] constexpr bool is_due(const RenewalTimes& times, int64_t now) noexcept {
  return times.renew_at != 0 && (now < times.valid_from || now >= times.renew_at);
}

/// Calls back when a certificate is due for renewal. It reads the wall clock at least once a
/// minute, so that a clock change or a suspended machine delays a renewal by one minute at most.
/// Threads: the loop's.
class RenewalTimer {
 public:
  /// `renew` renews the certificate and then calls `set`. Without `set` the timer calls it again
  /// after one minute.
  RenewalTimer(Loop& loop, std::function<void()> renew);

  /// Sets the times. Replaces earlier ones.
  void set(const RenewalTimes& times);

 private:
  void look();

  Timer timer_;
  std::function<void()> renew_;
  RenewalTimes times_;
};

/// Returns the milliseconds until the timer reads the clock again: until the certificate is due, at
/// least one second and at most one minute.
[[nodiscard]] uint64_t renewal_delay_ms(const RenewalTimes& times, int64_t now) noexcept;

/// Local certificate authority, for names that no public authority can certify.
///
/// Its directory has mode 0700 and holds
/// - `ca.pem`, the authority's certificate, for clients. It is valid for 365 days and may certify
///   TLS servers for the names and addresses of one configuration, and nothing else: all other
///   names and addresses are excluded by critical name constraints (RFC 5280 §4.2.1.10).
/// - `ca-key.pem`, its key: ECDSA on P-256, mode 0600. A renewal of the certificate keeps the key.
/// - `LABEL.pem`, the certificate of a server followed by its key, mode 0600. If the server needs
/// one, a second certificate with an RSA key follows. A single file keeps certificates and keys
/// consistent. They are valid for 90 days, but not longer than the authority's certificate.
///
/// A server's certificate is renewed when it has 30 days left or its names change. The authority's
/// certificate is renewed when it has 120 days left or its names change. Key and subject stay the
/// same, so clients with the previous `ca.pem` also trust new certificates while their copy is
/// valid and permits the names. This leaves 120 days to distribute the new one. An authority of an
/// earlier version (ten years, any address) is replaced together with its key.
///
/// All functions: errors are texts with the file's name. Threads: any. Processes: any number of one
/// user; the directory has a lock.

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

/// Returns the path of the authority's certificate in its directory.
[[nodiscard]] std::string authority_certificate_file(const std::string& directory);

/// Request of a server for a certificate of an authority.
struct CertificateRequest {
  std::string label;               // the name of its file
  std::vector<std::string> names;  // DNS names or IP addresses; the first is its common name
  /// All names that this authority certifies for the configuration, `names` included.
  std::vector<std::string> permitted;
  bool with_rsa = false;  // a second certificate, for clients that take no ECDSA
};

/// The files of a server's certificate.
struct CertificateFiles {
  std::string certificate_file;  // PEM, leaf first
  std::string key_file;          // PEM; may be the same file
  bool made = false;             // by this call
  bool authority_made = false;   // or renewed, by this call
  /// Time of the next call.
  RenewalTimes renewal = {};
  /// Messages for the operator log, one line each.
  std::vector<std::string> notices = {};
};

/// Issues a certificate, or returns the existing one while it is valid and complete. Creates or
/// renews the authority when necessary. `now`: seconds since 1970-01-01T00:00:00Z.
/// Requires: `names` is not empty; at least one of `permitted` is a DNS name.
/// Errors: also a key that other users may read, a lock that is not free within 5 s, or an
/// authority that this program did not create.
[[nodiscard]] Result<CertificateFiles, std::string> issue_certificate(
    const std::string& directory, const CertificateRequest& request, int64_t now);

/// Source of a server's certificate: its own files or, when none are named, a local authority.
struct CertificateSource {
  std::string certificate_file;  // PEM, leaf first; empty: the authority makes one
  std::string key_file;
  std::string authority_directory;
};

/// Returns the files of a server's certificate. Returns its own files as named, with a notice when
/// other users may read the key. Otherwise returns the result of `issue_certificate`.
[[nodiscard]] Result<CertificateFiles, std::string> certificate_files(
    const CertificateSource& source, const CertificateRequest& request);

}  // namespace inlet53::net
