#include "http1_session.h"

#include <algorithm>
#include <utility>

#include "response_fields.h"

#include "inlet53/base/text.h"

namespace inlet53::http {

namespace {

// A body up to this size goes out with its head, in one piece; of a larger one the first so many.
constexpr size_t kFirstPiece = size_t{16} << 10;
// What is handed over at once after that: between two of them the connection may be congested.
constexpr size_t kPiece = size_t{64} << 10;
// Method, spaces and version of a request line, beside the target.
constexpr size_t kRestOfRequestLine = 64;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void append_number(std::string& out, uint64_t number) { text_detail::append_one(out, number); }

}  // namespace

//--- Reading

size_t Http1Session::received(Bytes stream) {
  size_t done = 0;
  while (done < stream.size() && !finished() && !paused()) {
    const Bytes rest = stream.subspan(done);
    const size_t consumed = step_ == Step::Head ? read_head(rest) : read_body(rest);
    if (consumed == 0) break;
    done += consumed;
  }
  // Behind the last request nothing is read, whatever it is.
  const bool all_read = finished() || (step_ >= Step::Owed && is_last());
  return all_read ? stream.size() : done;
}

bool Http1Session::paused() const {
  return step_ == Step::Owed || step_ == Step::Sending || owner_.congested();
}

size_t Http1Session::read_head(Bytes stream) {
  // One empty line before a request is a former request's that was sent too much (RFC 9112 §2.2).
  if (!begun_ && !skipped_empty_line_ && stream[0] == '\r') {
    if (stream.size() == 1) return 0;
    if (stream[1] == '\n') {
      skipped_empty_line_ = true;
      return 2;
    }
  }
  begun_ = true;
  const auto finding = scanner_.scan(stream);
  if (finding == HeadScanner::Finding::Malformed) {
    refuse(Refusal::Malformed);
    return stream.size();
  }
  if (finding == HeadScanner::Finding::Incomplete) {
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
  begin_request(std::move(*head), stream.size() > size);
  return size;
}

void Http1Session::begin_request(RequestHead&& head, bool body_is_there) {
  ++stream_;
  scanner_ = {};
  begun_ = false;
  skipped_empty_line_ = false;
  request_ = std::move(head.request);
  version_ = request_.version;
  is_head_ = request_.method == "HEAD";
  keep_alive_ = head.keep_alive && (limits_.max_requests == 0 || stream_ < limits_.max_requests);
  chunked_ = head.chunked;
  chunks_ = {};
  body_left_ = head.body_size;
  if (!chunked_ && body_left_ == 0) return deliver();
  step_ = Step::Body;
  // Octets of the body that are there say that the client does not wait (RFC 9110 §10.1.1).
  if (head.wants_continue && !body_is_there) owner_.send_octets(as_bytes(kContinue));
}

size_t Http1Session::read_body(Bytes stream) {
  if (chunked_) return read_chunks(stream);
  const size_t size = std::min<uint64_t>(body_left_, stream.size());
  request_.body += as_text(stream.first(size));
  body_left_ -= size;
  if (body_left_ == 0) deliver();
  return size;
}

size_t Http1Session::read_chunks(Bytes stream) {
  size_t consumed = 0;
  switch (chunks_.read(stream, limits_.max_body, request_.body, consumed)) {
    case ChunkedReader::Finding::Incomplete:
      break;
    case ChunkedReader::Finding::Complete:
      deliver();
      break;
    case ChunkedReader::Finding::Malformed:
      refuse(Refusal::Malformed);
      break;
    case ChunkedReader::Finding::TooLarge:
      refuse(Refusal::BodyTooLarge);
      break;
  }
  return consumed;
}

void Http1Session::deliver() {
  step_ = Step::Owed;
  owner_.request_received(stream_, std::exchange(request_, {}));
}

//--- Answering

void Http1Session::respond(StreamId stream, Response&& response) {
  if (step_ != Step::Owed || stream != stream_) return;
  send(std::move(response));
}

void Http1Session::refuse(Refusal refusal) {
  // What was read of the request does not count any more, nor does anything behind it.
  if (step_ == Step::Head) is_head_ = false;
  keep_alive_ = false;
  request_ = {};
  send(owner_.refuse(refusal));
}

void Http1Session::send(Response&& response) {
  if (response.status < 200 || response.status > 599) response.status = 500;
  const bool with_body = !is_head_ && has_body(response.status);
  const size_t first = with_body ? std::min(response.body.size(), kFirstPiece) : 0;
  std::string octets = compose_head(response, first);
  octets.append(response.body, 0, first);
  if (with_body && first < response.body.size()) {
    sending_ = std::move(response.body);
    sent_ = first;
  }
  step_ = Step::Sending;
  owner_.send_octets(as_bytes(octets));
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
  // HTTP/1.1 does not need the second; API Gateway sends it all the same.
  out += is_last() ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  return out;
}

void Http1Session::send_rest() {
  while (sent_ < sending_.size()) {
    if (owner_.congested()) return;
    const Bytes piece = as_bytes(std::string_view(sending_).substr(sent_, kPiece));
    sent_ += piece.size();
    owner_.send_octets(piece);
  }
  end_response();
}

void Http1Session::end_response() {
  sending_ = {};
  sent_ = 0;
  step_ = is_last() ? Step::Finished : Step::Head;
}

void Http1Session::resume() {
  if (step_ == Step::Sending) send_rest();
}

//--- Ending

void Http1Session::time_out() {
  if (step_ == Step::Body || (step_ == Step::Head && begun_)) {
    refuse(Refusal::RequestTimeout);
  } else if (step_ == Step::Head) {
    step_ = Step::Finished;
  }
}

void Http1Session::drain() {
  draining_ = true;
  if (step_ == Step::Head && !begun_) step_ = Step::Finished;
}

SessionPhase Http1Session::phase() const {
  switch (step_) {
    case Step::Head:
      return begun_ ? SessionPhase::ReadingHead : SessionPhase::Idle;
    case Step::Body:
      return SessionPhase::ReadingBody;
    case Step::Owed:
    case Step::Sending:
      return SessionPhase::Responding;
    case Step::Finished:
      break;
  }
  return SessionPhase::Idle;
}

}  // namespace inlet53::http
