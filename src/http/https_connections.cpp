// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/https_connections.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "https_connection.h"

namespace inlet53::http {

namespace {

// Interval of the search for bodies that have waited too long.
constexpr uint64_t kOverdueMs = 250;

constexpr std::string_view kHttp2 = "h2";

// A connection that is idle for this long frees its TLS buffers: those of ten thousand connections
// would use about 340 MB.
constexpr uint32_t kQuietMs = 1000;

}  // namespace

HeadDecision RequestReceiver::head_received(RequestId, const RequestOrigin&, Request&) {
  return BodyUse::Keep;
}
void RequestReceiver::request_abandoned(RequestId) {}

HttpsConnections::HttpsConnections(net::Loop& loop, const HttpsOptions& options, BodyBudget& budget)
    : options_(options),
      budget_(budget),
      shared_{.loop = loop, .options = options_, .next_turn = &next_turn_},
      turn_end_(loop, [this] { grant_room(); }),
      next_turn_(loop, [this] { continue_work(); }),
      overdue_(loop, [this] { budget_.deny_overdue(shared_.loop.now_ms()); }) {
  budget_.set_wake([this] { watch_waiters(); });
}
HttpsConnections::~HttpsConnections() { budget_.set_wake({}); }

std::unique_ptr<net::TcpClient> HttpsConnections::open(net::TcpConnection& tcp,
                                                       const net::TlsServerContext& tls,
                                                       RequestReceiver& receiver) {
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<HttpsConnection>(id, tcp, tls, shared_, receiver,
                                                      budget_.open(tcp.peer().address));
  shared_.open.emplace(id, connection.get());
  ++shared_.counts.connections;
  return connection;
}

HttpsConnection* HttpsConnections::find(uint64_t id) const {
  const auto found = shared_.open.find(id);
  return found == shared_.open.end() ? nullptr : found->second;
}

void HttpsConnections::respond(RequestId id, Response&& response) {
  if (HttpsConnection* const connection = find(id.connection)) {
    connection->respond(id.stream, std::move(response));
  }
}

void HttpsConnections::watch_waiters() {
  turn_end_.request();
  if (!overdue_.active()) overdue_.start(kOverdueMs, kOverdueMs);
}

void HttpsConnections::grant_room() {
  budget_.grant();
  if (!budget_.has_waiters()) overdue_.stop();
}

// Continues each connection that has work left.
void HttpsConnections::continue_work() {
  const std::vector<uint64_t> unfinished = std::exchange(shared_.unfinished, {});
  for (const uint64_t id : unfinished) {
    if (HttpsConnection* const connection = find(id)) connection->continue_work();
  }
  if (shared_.unfinished.empty()) next_turn_.stop();
}

HttpsConnection::HttpsConnection(uint64_t id, net::TcpConnection& tcp,
                                 const net::TlsServerContext& tls, HttpsShared& shared,
                                 RequestReceiver& receiver, BodyAccount& account)
    : id_(id),
      tcp_(tcp),
      shared_(shared),
      options_(shared.options),
      receiver_(receiver),
      account_(account),
      tls_(tls, *this) {
  tcp_.set_timeout(options_.handshake_timeout_ms);
}

HttpsConnection::~HttpsConnection() {
  if (session_ == nullptr) ++shared_.counts.handshakes_failed;
  session_.reset();
  unsent_.release();
  account_.budget.close(account_);
}

//--- net::TcpClient

size_t HttpsConnection::received(Bytes stream) {
  if (session_ != nullptr && intake_ != Intake::Listed) session_->begin_turn();
  receiving_ = true;
  const size_t consumed = tls_.received(stream);
  receiving_ = false;
  settle();
  return stage_ == Stage::Ending ? stream.size() : consumed;
}

bool HttpsConnection::owes_responses() {
  advance(Event::PeerFinished);
  abandon_whole_ones();
  return serves() && owes_response();
}

void HttpsConnection::caught_up() {
  if (!serves()) return unsent_.release();
  session_->resume();
  settle();
}

void HttpsConnection::continue_work() {
  if (intake_ == Intake::Listed) intake_ = Intake::Paused;
  if (!serves()) return;
  session_->begin_turn();
  settle();
}

bool HttpsConnection::timed_out() {
  time_out();
  return true;
}

void HttpsConnection::time_out() {
  if (!serves()) return tcp_.close();
  armed_ms_ = kNever;
  if (body_due_ms() <= now_ms()) {
    session_->time_out_bodies(reading_ms() - options_.body_timeout_ms);
    return settle();
  }
  if (due_ms_ > now_ms()) return keep_time();  // the timeout of a body; bytes have waited since
  if (timed_ == Wait::Request) {
    timed_ = Wait::Quiet;
    tls_.release_buffers();
    if (const uint32_t idle = options_.idle_timeout_ms; idle > kQuietMs) {
      due_ms_ = now_ms() + idle - kQuietMs;
      return keep_time();
    }
  }
  session_->time_out();
  settle();
  if (stage_ != Stage::Ending) tcp_.close();
}

void HttpsConnection::respond(StreamId stream, Response&& response) {
  if (!serves()) return;
  const auto found = find_unanswered(stream);
  if (found == unanswered_.end()) return;
  unanswered_.erase(found);
  session_->respond(stream, std::move(response));
  // Inside an event, `settle` ends the connection.
  if (!receiving_) settle();
}

void HttpsConnection::drain() {
  if (session_ == nullptr) return tcp_.close();
  if (!serves()) return;
  session_->drain();
  settle();
}

//--- TlsStreamOwner

void HttpsConnection::send_ciphertext(Bytes bytes) { tcp_.send(bytes); }

size_t HttpsConnection::received_plaintext(Bytes stream) {
  if (session_ == nullptr) open_session();
  return session_->received(stream);
}

bool HttpsConnection::wants_no_plaintext() const {
  return session_ != nullptr && (session_->paused() || session_->finished());
}

//--- SessionOwner

RequestOrigin HttpsConnection::origin() const {
  return {
      .client = tcp_.peer(), .tls_version = tls_.version(), .cipher_suite = tls_.cipher_suite()};
}

HeadDecision HttpsConnection::head_received(StreamId stream, Request& head) {
  timed_.reset();  // the body has its own timeout
  HeadDecision decision = receiver_.head_received({id_, stream}, origin(), head);
  if (std::holds_alternative<BodyUse>(decision)) unanswered_.push_back({.stream = stream});
  return decision;
}

void HttpsConnection::request_received(StreamId stream, Request&& request) {
  timed_.reset();  // the next wait has its own timeout
  const auto known = find_unanswered(stream);
  if (known == unanswered_.end()) {
    unanswered_.push_back({.stream = stream, .state = Unanswered::State::Whole});
  } else {
    known->state = Unanswered::State::Whole;
  }
  receiver_.request_received({id_, stream}, origin(), std::move(request));
  if (stage_ == Stage::HalfClosed) abandon_whole_ones();
}

void HttpsConnection::request_abandoned(StreamId stream) {
  const auto found = find_unanswered(stream);
  if (found == unanswered_.end()) return;
  const bool is_news = found->state != Unanswered::State::Abandoned;
  unanswered_.erase(found);
  if (is_news) receiver_.request_abandoned({id_, stream});
}

Response HttpsConnection::refuse(Refusal refusal) {
  timed_.reset();  // the next wait has its own timeout
  return receiver_.refuse(refusal);
}

void HttpsConnection::send_bytes(Bytes bytes) {
  sent_since_ = true;
  tls_.send(bytes);
}
bool HttpsConnection::congested() const { return tcp_.congested(); }
void HttpsConnection::room_decided() { settle(); }
uint64_t HttpsConnection::now_ms() const { return shared_.loop.now_ms(); }
uint64_t HttpsConnection::reading_ms() const { return now_ms() - tcp_.waited_ms(); }

//--- Between events

void HttpsConnection::advance(Event event) noexcept {
  switch (stage_) {
    case Stage::Handshaking:
      stage_ = event == Event::TlsOpened ? Stage::Open : Stage::Ending;
      return;
    case Stage::Open:
      if (event == Event::PeerFinished) stage_ = Stage::HalfClosed;
      if (event == Event::Finished) stage_ = Stage::Ending;
      return;
    case Stage::HalfClosed:
      if (event == Event::Finished) stage_ = Stage::Ending;
      return;
    case Stage::Ending:
      return;
  }
}

void HttpsConnection::open_session() {
  session_ = tls_.protocol() == kHttp2 ? make_http2_session(*this, options_.limits, account_)
                                       : make_http1_session(*this, options_.limits, account_);
  ++shared_.counts.handshakes;
  if (tls_.resumed()) ++shared_.counts.resumed;
  advance(Event::TlsOpened);
}

void HttpsConnection::settle() {
  if (stage_ == Stage::Ending) return;
  // Does not wait for the session's first bytes: a client may wait for HTTP/2's SETTINGS.
  if (session_ == nullptr && tls_.state() == net::TlsStream::State::Open) {
    open_session();
    receiving_ = true;
    session_->received({});
    receiving_ = false;
  }

  continue_reading();
  account_.budget.set_charge(account_, tcp_.unsent(), unsent_);

  const bool session_finished = session_ != nullptr && session_->finished();
  const bool client_closed =
      stage_ == Stage::HalfClosed || tls_.state() == net::TlsStream::State::Ended;
  const bool over =
      tls_.state() == net::TlsStream::State::Failed || (client_closed && !owes_response());
  if (session_finished || over) return end();
  keep_time();
}

// Reads the bytes that waited for a response, for memory of a body, or for the next turn.
void HttpsConnection::continue_reading() {
  if (intake_ == Intake::Paused && !wants_no_plaintext()) {
    receiving_ = true;
    tls_.received({});
    receiving_ = false;
    if (!wants_no_plaintext()) {
      intake_ = Intake::Taking;
      tcp_.resume();
    }
  }
  if (intake_ == Intake::Taking && wants_no_plaintext()) {
    intake_ = Intake::Paused;
    tcp_.pause();
  }
  if (intake_ == Intake::Paused && session_->turn_is_over()) {
    intake_ = Intake::Listed;
    shared_.unfinished.push_back(id_);
    shared_.next_turn->start();
  }
}

std::vector<HttpsConnection::Unanswered>::iterator HttpsConnection::find_unanswered(
    StreamId stream) {
  return std::find_if(unanswered_.begin(), unanswered_.end(),
                      [stream](const Unanswered& one) { return one.stream == stream; });
}

// The requests stay unanswered: a client that closed only its side gets its responses. A request
// without its body may still become complete with bytes that arrived before FIN; it follows later.
// A response inside the loop changes the list and may start the next request.
void HttpsConnection::abandon_whole_ones() {
  using State = Unanswered::State;
  const auto is_due = [](const Unanswered& one) { return one.state == State::Whole; };
  for (;;) {
    const auto next = std::find_if(unanswered_.begin(), unanswered_.end(), is_due);
    if (next == unanswered_.end()) return;
    next->state = State::Abandoned;
    receiver_.request_abandoned({id_, next->stream});
  }
}

void HttpsConnection::closed() {
  shared_.open.erase(id_);
  for (Unanswered& one : unanswered_) {
    // No request gets more bytes.
    if (one.state == Unanswered::State::Arriving) one.state = Unanswered::State::Whole;
  }
  abandon_whole_ones();
}

void HttpsConnection::end() {
  advance(Event::Finished);
  tcp_.set_timeout(0);  // from now on only a client that reads nothing has a timeout
  tls_.end();
  tcp_.close_after_send();
}

// A client that has ended its side opens no window: a response that waits for one is never sent.
bool HttpsConnection::owes_response() const {
  if (session_ == nullptr || session_->phase() != SessionPhase::Responding) return false;
  return tcp_.congested() || !session_->waits_for_peer();
}

HttpsConnection::Wait HttpsConnection::waits_for() const {
  // While a header block of HTTP/2 is incomplete, no other frame can arrive.
  if (session_->reads_head() && !tcp_.congested()) return Wait::Head;
  if (session_->waits_for_peer()) return Wait::Client;
  switch (session_->phase()) {
    case SessionPhase::Idle:
      return Wait::Request;
    case SessionPhase::ReadingHead:
      return Wait::Head;
    case SessionPhase::ReadingBody:
      return Wait::Body;
    case SessionPhase::WaitingForRoom:
      return Wait::Room;
    case SessionPhase::Responding:
      return Wait::Answer;
  }
  return Wait::Request;
}

void HttpsConnection::keep_time() {
  if (session_ == nullptr) return;  // the handshake's timeout continues
  const Wait wait = waits_for();
  const bool unchanged = wait == timed_ || (wait == Wait::Request && timed_ == Wait::Quiet);
  if (!unchanged || (wait == Wait::Client && sent_since_)) {
    timed_ = wait;
    sent_since_ = false;
    const uint64_t limit = limit_of(wait);
    due_ms_ = limit == kNever ? kNever : now_ms() + limit;
  }
  const uint64_t due = std::min(due_ms_, body_due_ms());
  if (due == armed_ms_) return;
  armed_ms_ = due;
  tcp_.set_timeout(due == kNever ? 0 : std::max(due, now_ms() + 1) - now_ms());
}

uint64_t HttpsConnection::limit_of(Wait wait) const noexcept {
  switch (wait) {
    case Wait::Request:
      return std::min(kQuietMs, options_.idle_timeout_ms);
    case Wait::Quiet:
    case Wait::Client:
      return options_.idle_timeout_ms;
    case Wait::Head:
      return options_.head_timeout_ms;
    case Wait::Body:
    case Wait::Room:
    case Wait::Answer:
      break;
  }
  return kNever;
}

// While bytes wait for the client to read them, the client may wait for a WINDOW_UPDATE behind
// them, and a congested connection reads nothing. TCP ends a connection whose client reads nothing.
uint64_t HttpsConnection::body_due_ms() const {
  const auto oldest = tcp_.unsent() > 0 ? std::nullopt : session_->oldest_body_ms();
  return oldest ? *oldest + tcp_.waited_ms() + options_.body_timeout_ms : kNever;
}

}  // namespace inlet53::http
