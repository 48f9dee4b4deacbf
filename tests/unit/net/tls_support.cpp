// SPDX-License-Identifier: Apache-2.0
#include "tls_support.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include <openssl/ssl.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

TemporaryFolder::TemporaryFolder() : path_("/tmp/inlet53-tls-XXXXXX") {
  INLET53_CHECK(mkdtemp(path_.data()) != nullptr);
}
TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

TestCertificates::TestCertificates(const std::vector<std::string>& names) {
  authority_file_ = authority_certificate_file(folder_.path());
  // An authority needs at least one DNS name; some tests use only addresses.
  std::vector<std::string> permitted = names;
  permitted.push_back("permitted.example");
  const auto issued =
      issue_certificate(folder_.path(), {"leaf", names, permitted}, std::time(nullptr));
  EXPECT_TRUE(issued) << issued.error();
  issued_ = *issued;
}

TlsServerContext TestCertificates::server(const std::vector<std::string>& protocols,
                                          const TlsServerContext* previous) const {
  auto context = TlsServerContext::load(certificate_file(), key_file(), protocols, previous);
  EXPECT_TRUE(context) << context.error();
  return std::move(*context);
}

TlsClientContext TestCertificates::client() const {
  auto context = TlsClientContext::make(authority_file_);
  EXPECT_TRUE(context) << context.error();
  return std::move(*context);
}

void offer_protocols(const TlsClientContext& context, const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    list += static_cast<char>(protocol.size());
    list += protocol;
  }
  SSL_CTX_set_alpn_protos(context.raw(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned int>(list.size()));
}

void SessionDeleter::operator()(ssl_session_st* session) const noexcept {
  SSL_SESSION_free(session);
}
Session keep_session(const TlsStream& client) { return Session(SSL_get1_session(client.raw())); }
void offer_session(const TlsStream& client, const Session& session) {
  EXPECT_EQ(SSL_set_session(client.raw(), session.get()), 1);
}

}  // namespace inlet53::net
