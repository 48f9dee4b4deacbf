// SPDX-License-Identifier: Apache-2.0
#include "stream_session.h"

#include <cstring>
#include <utility>

#include "inlet53/base/clock.h"

namespace inlet53::server {

namespace {

constexpr size_t kLengthSize = 2;  // RFC 1035 §4.2.2

}  // namespace

//--- StreamSessions

StreamSessions::StreamSessions(const Options& options, Responder& responder,
                               QueryForwarder& forwarder, const resolver::EndpointAddress& address,
                               std::function<void()> batch_done)
    : options_(options),
      responder_(responder),
      forwarder_(forwarder),
      address_(&address),
      batch_done_(std::move(batch_done)),
      buffer_(std::make_unique<uint8_t[]>(kGatherLimit + kLengthSize + dns::kMaxMessage)) {}

StreamSessions::~StreamSessions() { forwarder_.cancel(*this); }

void StreamSessions::reply(const ReplyTo& to, Bytes response) {
  const auto found = waited_for_.find(to.connection);
  if (found == waited_for_.end()) return;  // the client has gone
  found->second->reply(response);
  batch_done_();
}

//--- StreamSession

StreamSession::StreamSession(StreamSessions& sessions, StreamCarrier& carrier,
                             const SocketAddress& client)
    : sessions_(sessions), carrier_(carrier), client_(client), number_(sessions.next_number_++) {}

StreamSession::~StreamSession() {
  if (waiting_ > 0) sessions_.waited_for_.erase(number_);
}

size_t StreamSession::received(Bytes stream) {
  const Arrival how{*sessions_.address_, sessions_.options_.transport, read_clock()};
  sessions_.receiving_ = this;
  bool of_use = true;
  bool congested = carrier_.congested();
  size_t done = 0;
  while (stream.size() - done >= kLengthSize) {
    const size_t size = load_be16(stream.data() + done);
    if (stream.size() - done - kLengthSize < size) break;
    // The carrier passes the rest again.
    if (congested || paused_) break;
    of_use = answer(stream.subspan(done + kLengthSize, size), how);
    if (!of_use) break;
    done += kLengthSize + size;
    if (sessions_.gathered_ >= StreamSessions::kGatherLimit) {
      send_gathered();
      congested = carrier_.congested();
    }
  }
  send_gathered();
  sessions_.receiving_ = nullptr;
  if (done > 0) carrier_.set_timeout(sessions_.idle_ms());
  if (!of_use) {
    carrier_.close_after_send();
    done = stream.size();
  }
  sessions_.batch_done_();
  return done;
}

bool StreamSession::answer(Bytes message, const Arrival& how) {
  uint8_t* const out = place();
  std::memcpy(out, message.data(), message.size());
  const Reply reply =
      sessions_.responder_.answer(how, client_, {out, dns::kMaxMessage}, message.size());
  if (reply.fetch_for == resolver::FetchFor::Answer) {
    wait(message, *reply.question);
    return true;
  }
  if (reply.size == 0) return false;
  send(reply.size);
  if (reply.fetch_for == resolver::FetchFor::Refresh) sessions_.forwarder_.refresh(*reply.question);
  return true;
}

void StreamSession::wait(Bytes message, const resolver::ForwardQuestion& question) {
  sessions_.waited_for_[number_] = this;
  if (++waiting_ == kMaxWaiting) {
    paused_ = true;
    carrier_.pause();
  }
  sessions_.forwarder_.enqueue({&sessions_, number_, client_, sessions_.options_.transport},
                               message, question);
}

void StreamSession::reply(Bytes response) {
  if (--waiting_ == 0) sessions_.waited_for_.erase(number_);
  if (!response.empty()) {
    std::memcpy(place(), response.data(), response.size());
    send(response.size());
  }
  if (std::exchange(paused_, false)) carrier_.resume();
  if (waiting_ > 0) return;
  if (finished_) return carrier_.close_after_send();
  carrier_.set_timeout(sessions_.idle_ms());
}

uint8_t* StreamSession::place() const noexcept {
  return sessions_.buffer_.get() + sessions_.gathered_ + kLengthSize;
}

// Sends the response of `size` bytes at `place`, or collects it. While one session collects its
// responses, the forwarder may also pass responses to other sessions.
void StreamSession::send(size_t size) {
  uint8_t* const start = sessions_.buffer_.get() + sessions_.gathered_;
  store_be16(start, static_cast<uint16_t>(size));
  if (sessions_.receiving_ == this) {
    sessions_.gathered_ += kLengthSize + size;
  } else {
    carrier_.send({start, kLengthSize + size});
  }
}

void StreamSession::send_gathered() {
  const size_t size = std::exchange(sessions_.gathered_, 0);
  if (size > 0) carrier_.send({sessions_.buffer_.get(), size});
}

bool StreamSession::peer_finished() noexcept {
  finished_ = true;
  return waiting_ > 0;
}

bool StreamSession::timed_out() {
  if (waiting_ == 0) return false;
  carrier_.set_timeout(sessions_.options_.idle_timeout_ms);
  return true;
}

}  // namespace inlet53::server
