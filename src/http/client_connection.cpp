// SPDX-License-Identifier: Apache-2.0
#include "client_connection.h"

#include <utility>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::http {

using ReadResult = ResponseReader::ReadResult;

ClientConnection::ClientConnection(net::Loop& loop, const Url& url, uint32_t connect_timeout_ms,
                                   const net::TlsClientContext* tls, ClientConnectionOwner& owner)
    : owner_(owner),
      authority_(url.authority),
      transport_(loop, url.host, url.port, connect_timeout_ms, *this) {
  if (tls != nullptr) tls_.emplace(*tls, url.host, static_cast<net::TlsStreamOwner&>(*this));
}

void ClientConnection::send(std::string&& request, ResponseReader&& reader) {
  INLET53_CHECK(!busy());
  result_ = ReadResult::Incomplete;
  reader_.emplace(std::move(reader));
  waiting_ = std::move(request);
  holds_request_ = true;
  if (open_) send_waiting();
}

void ClientConnection::send_waiting() {
  const std::string bytes = std::exchange(waiting_, {});
  tls_ ? tls_->send(as_bytes(bytes)) : transport_.send(as_bytes(bytes));
}

//--- Events of the transport

void ClientConnection::connected() {
  connected_ = true;
  if (tls_) return tls_->begin();
  open_ = true;
  send_waiting();
}

void ClientConnection::received(Bytes bytes) {
  if (tls_) {
    // Nothing may destroy the stream while it delivers plaintext: the result is handled here.
    tls_->received(bytes);
    if (!open_ && tls_->state() == net::TlsStream::State::Open) {
      open_ = true;
      send_waiting();
    }
  } else {
    read(bytes);
  }
  conclude();
}

size_t ClientConnection::received_plaintext(Bytes stream) {
  read(stream);
  return stream.size();
}

void ClientConnection::send_ciphertext(Bytes bytes) { transport_.send(bytes); }

void ClientConnection::read(Bytes bytes) {
  if (!reader_ || result_ != ReadResult::Incomplete) {
    unexpected_ = unexpected_ || !bytes.empty();
    return;
  }
  if (holds_request_ && !bytes.empty()) {
    holds_request_ = !request_written();
    owner_.response_arrives(*this, !holds_request_);
  }
  result_ = reader_->read(bytes);
}

bool ClientConnection::request_written() const {
  return waiting_.empty() && transport_.all_written();
}

void ClientConnection::conclude() {
  if (result_ == ReadResult::Complete) {
    // A server that responds before it has read the whole request does not read the next one.
    const bool may_reuse = reader_->may_reuse() && !unexpected_ && request_written() &&
                           (!tls_ || tls_->state() == net::TlsStream::State::Open);
    Response response = std::move(reader_->response());
    reader_.reset();
    result_ = ReadResult::Incomplete;
    return owner_.response_received(*this, std::move(response), may_reuse);
  }
  if (result_ == ReadResult::Malformed) {
    return fail(ClientErrorKind::Malformed, "the response is not HTTP/1.1");
  }
  if (result_ == ReadResult::TooLarge) {
    return fail(ClientErrorKind::TooLarge, "the response is too large");
  }
  if (result_ == ReadResult::NoRoom) {
    return fail(ClientErrorKind::NoRoom, "there is no memory for the response");
  }
  if (tls_ && tls_->state() == net::TlsStream::State::Failed) {
    return fail(open_ ? ClientErrorKind::Broken : ClientErrorKind::Unreachable, tls_->error());
  }
  if (tls_ && tls_->state() == net::TlsStream::State::Ended) return ended({});
  if (unexpected_) fail(ClientErrorKind::Malformed, "a response without a request");
}

void ClientConnection::ended(const std::string& error) {
  if (!connected_) return fail(ClientErrorKind::Unreachable, error);
  if (!open_) return fail(ClientErrorKind::Unreachable, "the connection ended in the handshake");
  // With TLS, only close_notify confirms that a body without a length is complete (RFC 9112 §9.8).
  const bool in_order = error.empty() && (!tls_ || tls_->state() == net::TlsStream::State::Ended);
  if (in_order && reader_ && reader_->end_of_stream() == ReadResult::Complete) {
    result_ = ReadResult::Complete;
    return conclude();
  }
  fail(ClientErrorKind::Broken,
       error.empty() ? "the connection ended before the response did" : error);
}

void ClientConnection::fail(ClientErrorKind kind, const std::string& message) {
  const bool untouched = reader_ && !reader_->begun();
  owner_.connection_ended(*this, {kind, concat(authority_, ": ", message)}, untouched);
}

}  // namespace inlet53::http
