#include "https_connection.h"

#include <algorithm>
#include <utility>

namespace inlet53::http {

namespace {

constexpr std::string_view kHttp2 = "h2";

// A connection that is idle for so long gives its buffers back: ten thousand of them would hold
// some 340 MB.
constexpr uint32_t kQuietMs = 1000;

}  // namespace

HttpsConnection::HttpsConnection(uint64_t id, net::TcpConnection& tcp,
                                 const net::TlsServerContext& tls, const HttpsOptions& options,
                                 RequestTaker& taker, HttpsCounts& counts)
    : id_(id), tcp_(tcp), options_(options), taker_(taker), counts_(counts), tls_(tls, *this) {
  tcp_.set_timeout(options_.handshake_timeout_ms);
}

HttpsConnection::~HttpsConnection() {
  if (session_ == nullptr) ++counts_.handshakes_failed;
}

//--- What TCP says

size_t HttpsConnection::received(Bytes stream) {
  receiving_ = true;
  const size_t consumed = tls_.received(stream);
  receiving_ = false;
  settle();
  return ending_ ? stream.size() : consumed;
}

bool HttpsConnection::peer_finished() {
  peer_gone_ = true;
  abandon_all();
  return !ending_ && owes_response();
}

void HttpsConnection::caught_up() {
  if (session_ == nullptr || ending_) return;
  session_->resume();
  settle();
}

void HttpsConnection::timed_out() {
  if (session_ == nullptr || ending_) return tcp_.close();
  if (timed_ == Wait::Request && std::exchange(holds_buffers_, false)) {
    tls_.release_buffers();
    if (const uint32_t idle = options_.idle_timeout_ms; idle > kQuietMs) {
      return tcp_.set_timeout(idle - kQuietMs);
    }
  }
  session_->time_out();
  settle();
  if (!ending_) tcp_.close();
}

void HttpsConnection::respond(StreamId stream, Response&& response) {
  if (session_ == nullptr || ending_) return;
  if (std::erase(unanswered_, stream) == 0) return;
  session_->respond(stream, std::move(response));
  // Inside an event its end comes to `settle`.
  if (!receiving_) settle();
}

void HttpsConnection::drain() {
  if (session_ == nullptr) return tcp_.close();
  if (ending_) return;
  session_->drain();
  settle();
}

//--- TlsStreamOwner

void HttpsConnection::send_ciphertext(Bytes octets) { tcp_.send(octets); }

size_t HttpsConnection::received_plaintext(Bytes stream) {
  if (session_ == nullptr) open_session();
  return session_->received(stream);
}

bool HttpsConnection::wants_no_plaintext() const {
  return session_ != nullptr && (session_->paused() || session_->finished());
}

//--- SessionOwner

void HttpsConnection::request_received(StreamId stream, Request&& request) {
  const RequestOrigin origin{
      .client = tcp_.peer(), .tls_version = tls_.version(), .cipher_suite = tls_.cipher_suite()};
  timed_.reset();  // what comes next has a time of its own
  unanswered_.push_back(stream);
  taker_.request_received({id_, stream}, origin, std::move(request));
}

void HttpsConnection::request_abandoned(StreamId stream) {
  if (std::erase(unanswered_, stream) != 0) taker_.request_abandoned({id_, stream});
}

Response HttpsConnection::refuse(Refusal refusal) { return taker_.refuse(refusal); }

void HttpsConnection::send_octets(Bytes octets) {
  sent_since_ = true;
  tls_.send(octets);
}
bool HttpsConnection::congested() const { return tcp_.congested(); }

//--- Between events

void HttpsConnection::open_session() {
  session_ = tls_.protocol() == kHttp2 ? make_http2_session(*this, options_.limits)
                                       : make_http1_session(*this, options_.limits);
  ++counts_.handshakes;
  if (tls_.resumed()) ++counts_.resumed;
}

void HttpsConnection::settle() {
  if (ending_) return;
  // Not at the first octets of the session: a client may be waiting for HTTP/2's SETTINGS.
  if (session_ == nullptr && tls_.state() == net::TlsStream::State::Open) {
    open_session();
    receiving_ = true;
    session_->received({});
    receiving_ = false;
  }

  // What was left while a response was owed has its turn.
  while (paused_ && !wants_no_plaintext()) {
    paused_ = false;
    receiving_ = true;
    tls_.received({});
    receiving_ = false;
    paused_ = wants_no_plaintext();
    if (!paused_) tcp_.resume();
  }
  if (!paused_ && wants_no_plaintext()) {
    paused_ = true;
    tcp_.pause();
  }

  const bool said_all = session_ != nullptr && session_->finished();
  const bool said_goodbye = peer_gone_ || tls_.state() == net::TlsStream::State::Ended;
  const bool over =
      tls_.state() == net::TlsStream::State::Failed || (said_goodbye && !owes_response());
  if (said_all || over) return end();
  keep_time();
}

// They stay unanswered: a client that closed its side only gets its responses.
void HttpsConnection::abandon_all() {
  const std::vector<StreamId> streams = unanswered_;  // responses within change it
  for (const StreamId stream : streams) taker_.request_abandoned({id_, stream});
}

void HttpsConnection::end() {
  ending_ = true;
  tcp_.set_timeout(0);  // from here on only a client that takes nothing is timed
  tls_.end();
  tcp_.close_after_send();
}

// A client that has said goodbye opens no window any more: what waits for one is never sent.
bool HttpsConnection::owes_response() const {
  if (session_ == nullptr || session_->phase() != SessionPhase::Responding) return false;
  return tcp_.congested() || !session_->waits_for_peer();
}

HttpsConnection::Wait HttpsConnection::waits_for() const {
  if (session_->waits_for_peer()) return Wait::Client;
  switch (session_->phase()) {
    case SessionPhase::Idle:
      return Wait::Request;
    case SessionPhase::ReadingHead:
      return Wait::Head;
    case SessionPhase::ReadingBody:
      return Wait::Body;
    case SessionPhase::Responding:
      return Wait::Answer;
  }
  return Wait::Request;
}

void HttpsConnection::keep_time() {
  if (session_ == nullptr) return;  // the handshake's runs on
  const Wait wait = waits_for();
  const bool goes_on = wait == Wait::Body || (wait == Wait::Client && sent_since_);
  if (wait == timed_ && !goes_on) return;
  timed_ = wait;
  sent_since_ = false;
  switch (wait) {
    case Wait::Request:
      holds_buffers_ = true;
      return tcp_.set_timeout(std::min(kQuietMs, options_.idle_timeout_ms));
    case Wait::Client:
      return tcp_.set_timeout(options_.idle_timeout_ms);
    case Wait::Head:
      return tcp_.set_timeout(options_.head_timeout_ms);
    case Wait::Body:
      return tcp_.set_timeout(options_.body_timeout_ms);
    case Wait::Answer:
      return tcp_.set_timeout(0);
  }
}

}  // namespace inlet53::http
