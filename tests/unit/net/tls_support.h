// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/net/certificate_authority.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/net/tls_stream.h"

struct ssl_session_st;

namespace inlet53::net {

/// Directory that is removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Authority in its own directory, and a certificate for `names`.
class TestCertificates {
 public:
  explicit TestCertificates(const std::vector<std::string>& names);

  [[nodiscard]] TlsServerContext server(const std::vector<std::string>& protocols,
                                        const TlsServerContext* previous = nullptr) const;
  [[nodiscard]] TlsClientContext client() const;
  [[nodiscard]] const std::string& folder() const noexcept { return folder_.path(); }
  [[nodiscard]] const std::string& certificate_file() const { return issued_.certificate_file; }
  [[nodiscard]] const std::string& key_file() const { return issued_.key_file; }

 private:
  TemporaryFolder folder_;
  std::string authority_file_;
  CertificateFiles issued_;
};

/// Adds features of clients that this program's client does not use: ALPN, and resumed sessions.
void offer_protocols(const TlsClientContext& context, const std::vector<std::string>& protocols);

struct SessionDeleter {
  void operator()(ssl_session_st* session) const noexcept;
};
using Session = std::unique_ptr<ssl_session_st, SessionDeleter>;
[[nodiscard]] Session keep_session(const TlsStream& client);
void offer_session(const TlsStream& client, const Session& session);

}  // namespace inlet53::net
