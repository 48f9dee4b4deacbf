// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "response_reader.h"

#include "inlet53/http/client.h"
#include "inlet53/net/outgoing_connection.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::http {

class ClientConnection;

/// Receives the events of a client's connection. The owner may destroy the connection in each
/// function except `response_arrives`.
class ClientConnectionOwner {
 public:
  /// Bytes of a response arrived; the connection reads them next. `request_written`: the kernel has
  /// the whole request, and the connection keeps no part of it. No call follows one with true.
  virtual void response_arrives(ClientConnection& connection, bool request_written) = 0;
  /// The response is complete. `may_reuse`: another request may follow.
  virtual void response_received(ClientConnection& connection, Response&& response,
                                 bool may_reuse) = 0;
  /// The connection ended, with or without a request in progress. `untouched`: no byte of a
  /// response arrived.
  virtual void connection_ended(ClientConnection& connection, ClientError&& error,
                                bool untouched) = 0;

 protected:
  ~ClientConnectionOwner() = default;
};

/// Connection to a server, plain or TLS. Sends one request at a time and reads its response.
/// Threads: the loop's.
class ClientConnection final : net::OutgoingConnectionOwner, net::TlsStreamOwner {
 public:
  /// `tls`: null for a plain connection. Lifetime: `owner` outlives it; `tls` need not.
  ClientConnection(net::Loop& loop, const Url& url, uint32_t connect_timeout_ms,
                   const net::TlsClientContext* tls, ClientConnectionOwner& owner);

  /// Sends a request as soon as the connection is established, and reads the response with
  /// `reader`. Requires: no request is in progress.
  void send(std::string&& request, ResponseReader&& reader);
  /// Returns true while a request is in progress.
  [[nodiscard]] bool busy() const noexcept { return reader_.has_value(); }

 private:
  void connected() override;
  void received(Bytes bytes) override;
  void ended(const std::string& error) override;
  void send_ciphertext(Bytes bytes) override;
  size_t received_plaintext(Bytes stream) override;
  [[nodiscard]] bool wants_no_plaintext() const override { return false; }

  void send_waiting();
  [[nodiscard]] bool request_written() const;
  void read(Bytes bytes);
  void conclude();
  void fail(ClientErrorKind kind, const std::string& message);

  ClientConnectionOwner& owner_;
  const std::string authority_;
  bool connected_ = false;
  bool open_ = false;           // bytes of HTTP can be sent
  bool unexpected_ = false;     // bytes arrived without a request
  bool holds_request_ = false;  // bytes of the request may be here, as far as the owner knows
  std::string waiting_;         // a request that cannot be sent yet
  std::optional<ResponseReader> reader_;
  ResponseReader::ReadResult result_ = ResponseReader::ReadResult::Incomplete;
  std::optional<net::TlsStream> tls_;
  net::OutgoingConnection transport_;
};

}  // namespace inlet53::http
