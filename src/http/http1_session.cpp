// SPDX-License-Identifier: Apache-2.0
#include "http1_session.h"

#include <algorithm>
#include <utility>

#include "body_room.h"

#include "inlet53/base/memory.h"
#include "inlet53/base/text.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

// A body up to this size is sent with its head, in one piece. Of a larger body, this many bytes
// are.
constexpr size_t kFirstPiece = BodyBudget::kSmallResponse;
// Size of each further piece. The connection may become congested between two pieces.
constexpr size_t kPiece = size_t{64} << 10;
// Method, spaces and version of a request line, beside the target.
constexpr size_t kRestOfRequestLine = 64;

// Initial size of a body of unknown length.
constexpr uint64_t kSmallBody = BodyBudget::kSmallBody;
// Maximum number of bytes that are read from a refused body to keep the connection. A larger body
// ends the connection.
constexpr uint64_t kMaxDiscard = uint64_t{64} << 10;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void append_number(std::string& out, uint64_t number) { text_detail::append_one(out, number); }

}  // namespace

//--- Reading

size_t Http1Session::received(Bytes stream) {
  size_t done = 0;
  while (done < stream.size() && !finished() && !paused()) {
    const Bytes rest = stream.subspan(done);
    const size_t consumed = read(rest);
    if (consumed == 0) break;
    done += consumed;
  }
  // Nothing is read after the last request.
  const bool is_answered = step_ == Step::Owed || step_ == Step::Sending;
  return finished() || (is_answered && is_last_) ? stream.size() : done;
}

size_t Http1Session::read(Bytes stream) {
  switch (step_) {
    case Step::Idle:
    case Step::EmptyLine:
    case Step::Head:
      return read_head(stream);
    case Step::Body:
      return chunked_ ? read_chunks(stream) : read_body(stream);
    case Step::Discard:
      return discard(stream);
    case Step::Whole:
    case Step::AwaitRoom:
    case Step::Owed:
    case Step::Sending:
    case Step::Finished:
      break;
  }
  return 0;
}

bool Http1Session::paused() const {
  const bool waits =
      step_ == Step::AwaitRoom || step_ == Step::Owed || step_ == Step::Sending || turn_.over();
  return waits || owner_.congested();
}

size_t Http1Session::read_head(Bytes stream) {
  // One empty line before a request is ignored as the end of an earlier request (RFC 9112 §2.2).
  if (step_ == Step::Idle && stream[0] == '\r') {
    if (stream.size() == 1) return 0;
    if (stream[1] == '\n') {
      step_ = Step::EmptyLine;
      return 2;
    }
  }
  step_ = Step::Head;
  const auto result = scanner_.scan(stream);
  if (result == HeadScanner::ScanResult::Malformed) {
    refuse(Refusal::Malformed);
    return stream.size();
  }
  if (result == HeadScanner::ScanResult::Incomplete) {
    if (scanner_.lines() == 0 && scanner_.size() > limits_.max_target + kRestOfRequestLine) {
      refuse(Refusal::TargetTooLong);
    } else if (scanner_.size() > limits_.max_head || scanner_.lines() > limits_.max_fields + 1) {
      refuse(Refusal::FieldsTooLarge);
    }
    return 0;
  }
  const size_t size = scanner_.size();
  auto head = size > limits_.max_head
                  ? Unexpected(Refusal::FieldsTooLarge)
                  : parse_request_head(stream.first(size), scanner_.lines(), limits_);
  if (!head) {
    refuse(head.error());
    return stream.size();
  }
  turn_.add_request();
  turn_.add_head_bytes(size);
  begin_request(std::move(*head), size, stream.size() > size);
  return size;
}

void Http1Session::begin_request(RequestHead&& head, size_t head_size, bool body_is_there) {
  ++stream_;
  step_ = Step::Whole;
  scanner_ = {};
  request_ = std::move(head.request);
  version_ = request_.version;
  is_head_ = request_.method == "HEAD";
  const bool is_at_limit = limits_.max_requests != 0 && stream_ >= limits_.max_requests;
  is_last_ = is_last_ || !head.keep_alive || is_at_limit;
  chunked_ = head.chunked;
  chunks_ = {};
  body_left_ = head.body_size;
  body_use_ = BodyUse::Keep;
  const uint64_t head_bytes = head_size + request_.fields.size() * sizeof(Field);
  if (head_bytes > BodyBudget::kSmallHead &&
      !account_.budget.try_charge(account_, head_bytes, head_charge_)) {
    account_.budget.count_refused();
    return refuse(Refusal::NoRoom);
  }
  if (!chunked_ && body_left_ == 0) return deliver();
  // A client that has already sent bytes of the body does not wait (RFC 9110 §10.1.1).
  wants_continue_ = head.wants_continue && !body_is_there;
  HeadDecision decision = owner_.head_received(stream_, request_);
  if (auto* response = std::get_if<Response>(&decision)) {
    return answer_head(std::move(*response), !chunked_ && !wants_continue_);
  }
  body_use_ = std::get<BodyUse>(decision);
  discarded_ = 0;
  if (body_use_ == BodyUse::Discard) return begin_body();
  if (reserve(chunked_ ? std::min<uint64_t>(kSmallBody, limits_.max_body) : body_left_)) {
    begin_body();
  }
}

// The response does not wait for the body. The body is read and dropped if it is short and certain
// to arrive; otherwise the connection ends (RFC 9110 §9.3, RFC 9112 §9.3).
void Http1Session::answer_head(Response&& response, bool body_will_come) {
  release_memory(request_);
  head_charge_.release();
  if (!body_will_come || body_left_ > kMaxDiscard) {
    is_last_ = true;
    body_left_ = 0;
  }
  send(std::move(response));
}

//--- Bodies

bool Http1Session::reserve(uint64_t bytes) {
  const bool fits = account_.budget.charge_or_wait(account_, bytes, request_.charge, *this, wait_,
                                                   owner_.now_ms());
  if (!fits) step_ = Step::AwaitRoom;
  return fits;
}

void Http1Session::room_granted(BodyCharge&& charge) {
  request_.charge.add(std::move(charge));
  begin_body();
  owner_.room_decided();
}

void Http1Session::room_denied() {
  refuse(Refusal::NoRoom);
  owner_.room_decided();
}

void Http1Session::begin_body() {
  step_ = Step::Body;
  body_ms_ = owner_.reading_ms();
  if (!chunked_ && body_use_ == BodyUse::Keep) {
    request_.body.reserve(body_left_ + request_.body.size());
  }
  if (std::exchange(wants_continue_, false)) owner_.send_bytes(as_bytes(kContinue));
}

size_t Http1Session::read_body(Bytes stream) {
  const size_t size = std::min<uint64_t>(body_left_, stream.size());
  if (body_use_ == BodyUse::Keep) request_.body += as_text(stream.first(size));
  body_left_ -= size;
  body_ms_ = owner_.reading_ms();
  if (body_left_ == 0) deliver();
  return size;
}

size_t Http1Session::read_chunks(Bytes stream) {
  const uint64_t room = request_.charge.bytes();
  const bool may_overrun =
      body_use_ == BodyUse::Keep && request_.body.size() + stream.size() > room;
  if (may_overrun && room < limits_.max_body && !reserve(limits_.max_body - room)) return 0;
  if (body_use_ == BodyUse::Keep) {
    set_room(request_.body, ample_room(request_.body, stream.size(), request_.charge.bytes()));
  }
  size_t consumed = 0;
  const size_t before = request_.body.size();
  const auto result = chunks_.read(stream, limits_.max_body - discarded_, request_.body, consumed);
  // Bytes between the chunks are not part of the body.
  if (request_.body.size() > before) body_ms_ = owner_.reading_ms();
  if (body_use_ == BodyUse::Discard) {
    discarded_ += request_.body.size();
    request_.body.clear();
  }
  switch (result) {
    case ChunkedReader::ReadResult::Incomplete:
      break;
    case ChunkedReader::ReadResult::Complete:
      request_.charge.shrink_to(held_bytes(request_.body, request_.charge.bytes()));
      deliver();
      break;
    case ChunkedReader::ReadResult::Malformed:
      refuse(Refusal::Malformed);
      break;
    case ChunkedReader::ReadResult::TooLarge:
      refuse(Refusal::BodyTooLarge);
      break;
  }
  return consumed;
}

size_t Http1Session::discard(Bytes stream) {
  const size_t size = std::min<uint64_t>(body_left_, stream.size());
  body_left_ -= size;
  body_ms_ = owner_.reading_ms();
  if (body_left_ == 0) step_ = Step::Idle;
  return size;
}

void Http1Session::deliver() {
  step_ = Step::Owed;
  if (body_use_ == BodyUse::Discard) release_memory(request_.body);
  request_.charge.add(std::move(head_charge_));
  owner_.request_received(stream_, std::exchange(request_, {}));
}

//--- Answering

void Http1Session::respond(StreamId stream, Response&& response) {
  if (step_ != Step::Owed || stream != stream_) return;
  send(std::move(response));
}

void Http1Session::refuse(Refusal refusal) {
  // The session drops the request and all bytes after it. It does not know the method of an
  // incomplete head.
  if (step_ == Step::Head) is_head_ = false;
  if (is_announced()) owner_.request_abandoned(stream_);
  wait_.cancel();
  is_last_ = true;
  body_left_ = 0;
  release_memory(request_);
  head_charge_.release();
  send(owner_.refuse(refusal));
}

void Http1Session::send(Response&& response) {
  // Bytes that are sent at once use no budget here; the connection charges unsent bytes.
  const bool is_large = !is_head_ && response.body.size() > kFirstPiece;
  if (is_large &&
      !account_.budget.charge_response(account_, response.body.size(), response.charge)) {
    response = owner_.refuse(Refusal::NoRoom);
  }
  if (response.status < 200 || response.status > 599) response.status = 500;
  const bool with_body = !is_head_ && has_body(response.status);
  const size_t first = with_body ? std::min(response.body.size(), kFirstPiece) : 0;
  std::string octets = compose_head(response, first);
  octets.append(response.body, 0, first);
  if (with_body && first < response.body.size()) {
    sending_ = std::move(response.body);
    sending_charge_ = std::move(response.charge);
    sent_ = first;
  }
  step_ = Step::Sending;
  owner_.send_bytes(as_bytes(octets));
  send_rest();
}

std::string Http1Session::compose_head(const Response& response, size_t room_behind) const {
  constexpr size_t kRoomForFraming = 128;
  size_t room = kRoomForFraming + room_behind;
  for (const Field& field : response.fields) room += field.name.size() + field.value.size() + 4;
  std::string out;
  out.reserve(room);
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const Field& field : response.fields) {
    if (!may_send(field)) continue;
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  if (has_body(response.status)) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  // HTTP/1.1 does not need `keep-alive`, but API Gateway sends it.
  out += is_last_ ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  return out;
}

void Http1Session::send_rest() {
  while (sent_ < sending_.size()) {
    if (owner_.congested()) return;
    const Bytes piece = as_bytes(std::string_view(sending_).substr(sent_, kPiece));
    sent_ += piece.size();
    owner_.send_bytes(piece);
  }
  end_response();
}

void Http1Session::end_response() {
  release_memory(sending_);
  sending_charge_.release();
  sent_ = 0;
  if (is_last_) {
    step_ = Step::Finished;
  } else {
    step_ = body_left_ > 0 ? Step::Discard : Step::Idle;
    body_ms_ = owner_.reading_ms();
  }
}

void Http1Session::resume() {
  if (step_ == Step::Sending) send_rest();
}

//--- Ending

void Http1Session::time_out() {
  if (step_ == Step::Body || step_ == Step::AwaitRoom || step_ == Step::Head) {
    refuse(Refusal::RequestTimeout);
  } else if (is_between_requests()) {
    step_ = Step::Finished;
  }
}

std::optional<uint64_t> Http1Session::oldest_body_ms() const {
  if (step_ != Step::Body && step_ != Step::Discard) return std::nullopt;
  return body_ms_;
}

void Http1Session::time_out_bodies(uint64_t since) {
  const auto oldest = oldest_body_ms();
  if (oldest && *oldest <= since) time_out();
}

void Http1Session::drain() {
  is_last_ = true;
  if (is_between_requests()) step_ = Step::Finished;
}

SessionPhase Http1Session::phase() const {
  switch (step_) {
    case Step::Head:
      return SessionPhase::ReadingHead;
    case Step::Body:
    case Step::Discard:
      return SessionPhase::ReadingBody;
    case Step::AwaitRoom:
      return SessionPhase::WaitingForRoom;
    case Step::Owed:
    case Step::Sending:
      return SessionPhase::Responding;
    case Step::Idle:
    case Step::EmptyLine:
    case Step::Whole:
    case Step::Finished:
      break;
  }
  return SessionPhase::Idle;
}

}  // namespace inlet53::http
