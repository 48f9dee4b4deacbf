// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/tls_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "tls_internal.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "inlet53/base/check.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/memory.h"

namespace inlet53::net {

namespace {

struct SslDeleter {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

// Maximum plaintext of one record. Source: RFC 8446 §5.1.
constexpr size_t kMaxRecord = 16384;

// Maximum that an owner may leave unconsumed while it accepts more.
constexpr size_t kMaxRest = size_t{128} << 10;

// An error of an earlier connection in this thread's queue would look like an error of this
// connection. Clearing an empty queue costs a tenth of a short record.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

// Returns the buffer of this thread: it holds plaintext only while the owner reads it.
std::array<uint8_t, kMaxRecord>& plaintext_buffer() {
  thread_local std::array<uint8_t, kMaxRecord> buffer;
  return buffer;
}

}  // namespace

struct TlsStream::Impl {
  Impl(SSL_CTX* context, TlsStreamOwner& to);

  void shake_hands();
  void read();
  void deliver(Bytes fresh);
  void fail();

  // OpenSSL's BIO that reads from `incoming` and writes to the owner.
  static const BIO_METHOD* bio_method();
  // Callbacks of OpenSSL: no exception may pass through a C library.
  static int write_bytes(BIO* bio, const char* bytes, size_t size, size_t* written) noexcept;
  static int read_bytes(BIO* bio, char* out, size_t size, size_t* count) noexcept;
  static long control(BIO* bio, int command, long argument, void* pointer) noexcept;

  TlsStreamOwner& owner;
  std::unique_ptr<SSL, SslDeleter> ssl;
  State state = State::Handshaking;
  Bytes incoming;             // ciphertext that OpenSSL has not read, while in `received`
  std::vector<uint8_t> rest;  // plaintext that the owner has not consumed
  std::string error;
};

TlsStream::Impl::Impl(SSL_CTX* context, TlsStreamOwner& to) : owner(to), ssl(SSL_new(context)) {
  require_tls(ssl != nullptr);
  BIO* bio = BIO_new(bio_method());
  require_tls(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
}

const BIO_METHOD* TlsStream::Impl::bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "octets");
    require_tls(made != nullptr);
    BIO_meth_set_write_ex(made, write_bytes);
    BIO_meth_set_read_ex(made, read_bytes);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

int TlsStream::Impl::write_bytes(BIO* bio, const char* bytes, size_t size,
                                 size_t* written) noexcept {
  auto& stream = *static_cast<Impl*>(BIO_get_data(bio));
  stream.owner.send_ciphertext({reinterpret_cast<const uint8_t*>(bytes), size});
  *written = size;
  return 1;
}

int TlsStream::Impl::read_bytes(BIO* bio, char* out, size_t size, size_t* count) noexcept {
  Bytes& incoming = static_cast<Impl*>(BIO_get_data(bio))->incoming;
  BIO_clear_retry_flags(bio);
  if (incoming.empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *count = std::min(size, incoming.size());
  std::memcpy(out, incoming.data(), *count);
  incoming = incoming.subspan(*count);
  return 1;
}

long TlsStream::Impl::control(BIO*, int command, long, void*) noexcept {
  // Nothing is buffered here: a flush always succeeds.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

void TlsStream::Impl::shake_hands() {
  const int result = SSL_do_handshake(ssl.get());
  if (result == 1) {
    state = State::Open;
  } else if (SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ) {
    fail();
  }
}

void TlsStream::Impl::fail() {
  state = State::Failed;
  error = pop_tls_error();
}

void TlsStream::Impl::deliver(Bytes fresh) {
  if (rest.empty()) {
    const size_t consumed = owner.received_plaintext(fresh);
    INLET53_CHECK(consumed <= fresh.size());
    rest.assign(fresh.begin() + static_cast<ptrdiff_t>(consumed), fresh.end());
  } else {
    rest.insert(rest.end(), fresh.begin(), fresh.end());
    const size_t consumed = owner.received_plaintext(rest);
    INLET53_CHECK(consumed <= rest.size());
    rest.erase(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(consumed));
  }
  if (rest.empty()) release_memory(rest);
  // If an owner always left bytes, this object would keep the whole stream.
  INLET53_CHECK(rest.size() <= kMaxRest);
}

void TlsStream::Impl::read() {
  if (!rest.empty() && !owner.wants_no_plaintext()) deliver({});
  while (state == State::Open && !owner.wants_no_plaintext()) {
    // Asking OpenSSL for data that does not exist costs as much as a short record.
    if (incoming.empty() && SSL_has_pending(ssl.get()) == 0) return;
    auto& buffer = plaintext_buffer();
    size_t count = 0;
    const int result = SSL_read_ex(ssl.get(), buffer.data(), buffer.size(), &count);
    if (result == 1) {
      deliver({buffer.data(), count});
      continue;
    }
    switch (SSL_get_error(ssl.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return;
      case SSL_ERROR_ZERO_RETURN:
        state = State::Ended;
        return;
      default:
        return fail();
    }
  }
}

//--- TlsSession

TlsSession::~TlsSession() { SSL_SESSION_free(session_); }

//--- TlsStream

TlsStream::TlsStream(const TlsServerContext& context, TlsStreamOwner& owner)
    : impl_(std::make_unique<Impl>(context.raw(), owner)) {
  SSL_set_accept_state(impl_->ssl.get());
}

TlsStream::TlsStream(const TlsClientContext& context, const std::string& host,
                     TlsStreamOwner& owner)
    : impl_(std::make_unique<Impl>(context.raw(), owner)) {
  SSL* ssl = impl_->ssl.get();
  SSL_set_connect_state(ssl);
  if (host.empty()) return;
  if (IpAddress::parse(host)) {
    require_tls(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1);
  } else {
    // A host that OpenSSL rejects as a name must stay unverifiable: no certificate has this name.
    if (SSL_set1_host(ssl, host.c_str()) != 1) SSL_set1_host(ssl, "host.invalid");
    // The macro SSL_set_tlsext_host_name contains a C cast.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
  }
}

TlsStream::~TlsStream() = default;

void TlsStream::offer(const TlsSession& session) {
  if (!session.empty()) SSL_set_session(impl_->ssl.get(), session.raw());
}

TlsSession TlsStream::session() const {
  TlsSession session(SSL_get1_session(impl_->ssl.get()));
  const bool usable = !session.empty() && SSL_SESSION_is_resumable(session.raw()) == 1;
  return usable ? std::move(session) : TlsSession();
}

void TlsStream::begin() { impl_->shake_hands(); }

size_t TlsStream::received(Bytes stream) {
  forget_errors();
  impl_->incoming = stream;
  if (impl_->state == State::Handshaking) impl_->shake_hands();
  if (impl_->state == State::Open) impl_->read();
  const size_t left = impl_->state == State::Open ? impl_->incoming.size() : 0;
  impl_->incoming = {};
  return stream.size() - left;
}

void TlsStream::send(Bytes plaintext) {
  INLET53_CHECK(impl_->state != State::Handshaking);
  if (impl_->state == State::Failed || plaintext.empty()) return;
  forget_errors();
  size_t written = 0;
  // The BIO accepts everything, so one call writes all of it.
  if (SSL_write_ex(impl_->ssl.get(), plaintext.data(), plaintext.size(), &written) != 1) {
    impl_->fail();
  }
}

// OpenSSL refuses while part of a record is there; then the connection is not idle.
void TlsStream::release_buffers() { (void)SSL_free_buffers(impl_->ssl.get()); }

void TlsStream::end() {
  if (impl_->state == State::Handshaking || impl_->state == State::Failed) return;
  forget_errors();
  SSL_shutdown(impl_->ssl.get());
}

TlsStream::State TlsStream::state() const noexcept { return impl_->state; }

std::string_view TlsStream::protocol() const noexcept {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(impl_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsStream::cipher_suite() const noexcept {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(impl_->ssl.get());
  return cipher == nullptr ? std::string_view{} : SSL_CIPHER_get_name(cipher);
}

std::string_view TlsStream::version() const noexcept { return SSL_get_version(impl_->ssl.get()); }
bool TlsStream::resumed() const noexcept { return SSL_session_reused(impl_->ssl.get()) == 1; }
const std::string& TlsStream::error() const noexcept { return impl_->error; }
ssl_st* TlsStream::raw() const noexcept { return impl_->ssl.get(); }

}  // namespace inlet53::net
