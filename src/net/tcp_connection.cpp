// SPDX-License-Identifier: Apache-2.0
#include "tcp_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "inlet53/base/check.h"
#include "inlet53/base/memory.h"

namespace inlet53::net {

namespace {

// Responses of one `received` go out when this many bytes are collected: at this size the cost of
// the system call is small, and the buffer stays in the cache.
constexpr size_t kGatherLimit = size_t{64} << 10;

// Time in which a peer may still send to a connection that this side has ended. If the socket were
// closed with unread bytes, the kernel would send RST, and the peer could lose the last response.
// Source: RFC 9112 §9.6.
constexpr uint64_t kLingerMs = 2000;

}  // namespace

TcpConnection::Impl::Impl(TcpConnectionContext& shared, Descriptor descriptor,
                          const SocketAddress& from)
    : context(shared),
      socket(std::move(descriptor)),
      peer(from),
      watcher(shared.loop, socket.get(), [this](SocketEvents events) { on_ready(events); }),
      timer(shared.loop, [this] { on_expired(); }) {}

bool TcpConnection::Impl::accept(const TcpListener::Accept& make_client) {
  serving = Serving::Event;
  client = make_client(*self);
  serving = Serving::Nothing;
  return client != nullptr;
}

void TcpConnection::Impl::drain() {
  INLET53_CHECK(serving == Serving::Nothing);
  serving = Serving::Event;
  client->drain();
  serving = Serving::Nothing;
  settle();
}

void TcpConnection::Impl::on_ready(SocketEvents events) {
  serving = Serving::Event;
  if (events.failed) advance(TcpEvent::Failed);
  if (stage == TcpStage::Lingering) {
    discard();
  } else {
    if (!is_over() && events.writable) write_unsent();
    if (events.readable && wants_to_read()) read();
  }
  serving = Serving::Nothing;
  settle();
}

bool TcpConnection::Impl::Deadline::missed(uint64_t now) noexcept {
  if (at == 0 || at > now) return false;
  return std::exchange(granted, true);
}

void TcpConnection::Impl::on_expired() {
  const uint64_t now = context.loop.now_ms();
  timer_deadline = 0;
  serving = Serving::Event;
  if (intake == Intake::Due) {
    intake = Intake::Taking;
    deliver_rest();
  }
  if (write_deadline.missed(now)) advance(TcpEvent::Failed);
  if (!is_over() && idle_deadline.missed(now)) {
    idle_deadline.clear();
    if (stage == TcpStage::Lingering || !client->timed_out()) advance(TcpEvent::Failed);
  }
  serving = Serving::Nothing;
  if (!settle()) return;
  // A deadline that has passed gets one more turn of the loop.
  if (idle_deadline.at != 0) arm(std::max(idle_deadline.at, now + 1));
  if (write_deadline.at != 0) arm(std::max(write_deadline.at, now + 1));
}

//--- Reading

bool TcpConnection::Impl::wants_to_read() const noexcept {
  return stage == TcpStage::Open && output != Output::Congested &&
         (intake != Intake::Paused || rest.empty());
}

bool TcpConnection::Impl::may_deliver() const noexcept {
  return (stage == TcpStage::Open || stage == TcpStage::HalfClosed) &&
         output != Output::Congested && intake != Intake::Paused;
}

void TcpConnection::Impl::deliver_rest() {
  if (may_deliver() && !rest.empty()) deliver({});
}

void TcpConnection::Impl::read() {
  const ssize_t count =
      recv(socket.get(), context.incoming.data(), kMaxStream - rest.size(), MSG_DONTWAIT);
  if (count > 0) {
    deliver({context.incoming.data(), static_cast<size_t>(count)});
  } else if (count == 0) {
    advance(TcpEvent::PeerFinished);
    if (!client->owes_responses()) advance(TcpEvent::ClientFinished);
  } else if (errno != EAGAIN && errno != EINTR) {
    advance(TcpEvent::Failed);
  }
}

void TcpConnection::Impl::deliver(Bytes fresh) {
  Bytes stream = fresh;
  if (!rest.empty()) {
    rest.insert(rest.end(), fresh.begin(), fresh.end());
    stream = rest;
  }
  serving = Serving::Received;
  const size_t consumed = client->received(stream);
  serving = Serving::Event;
  INLET53_CHECK(consumed <= stream.size());
  keep(stream.subspan(consumed));
  flush_gathered();
  // The client left more bytes than the longest message has.
  if (rest.size() == kMaxStream && may_deliver()) advance(TcpEvent::Failed);
}

void TcpConnection::Impl::keep(Bytes unconsumed) {
  if (unconsumed.empty()) {
    release_memory(rest);
  } else if (rest.empty()) {
    rest.assign(unconsumed.begin(), unconsumed.end());
  } else {
    rest.erase(rest.begin(), rest.end() - static_cast<ptrdiff_t>(unconsumed.size()));
  }
}

//--- Writing

void TcpConnection::Impl::send(Bytes bytes) {
  // FIN is sent; nothing can follow it.
  if (is_over() || stage == TcpStage::Lingering) return;
  if (serving != Serving::Received) return write(bytes);
  context.gathered.insert(context.gathered.end(), bytes.begin(), bytes.end());
  if (context.gathered.size() >= kGatherLimit) flush_gathered();
}

void TcpConnection::Impl::flush_gathered() {
  if (!context.gathered.empty() && !is_over()) write(context.gathered);
  context.gathered.clear();
}

void TcpConnection::Impl::write(Bytes bytes) {
  const size_t taken = output == Output::Clear ? try_send(bytes) : 0;
  if (taken < bytes.size() && !is_over()) keep_unsent(bytes.subspan(taken));
  const bool has_news = is_over() || output != Output::Clear;
  if (serving == Serving::Nothing && has_news) settle_soon();
}

void TcpConnection::Impl::keep_unsent(Bytes bytes) {
  if (output == Output::Clear) {
    output = Output::Waiting;
    unsent_since_ms = context.loop.now_ms();
    write_deadline.set(context.loop.now_ms() + context.options.write_timeout_ms);
    arm(write_deadline.at);
  } else if (sent > unsent.size() / 2) {
    unsent.erase(unsent.begin(), unsent.begin() + static_cast<ptrdiff_t>(sent));
    sent = 0;
  }
  unsent.insert(unsent.end(), bytes.begin(), bytes.end());
  if (unsent.size() - sent > context.options.max_unsent) output = Output::Congested;
}

void TcpConnection::Impl::write_unsent() {
  if (output == Output::Clear) return;
  const size_t taken = try_send({&unsent[sent], unsent.size() - sent});
  sent += taken;
  if (taken > 0) write_deadline.set(context.loop.now_ms() + context.options.write_timeout_ms);
  if (sent < unsent.size()) return;
  waited_before_ms = waited_ms();
  release_memory(unsent);
  sent = 0;
  write_deadline.clear();
  output = Output::Clear;
  // The client may have stopped because of congestion; it can continue now.
  client->caught_up();
  deliver_rest();
}

uint64_t TcpConnection::Impl::waited_ms() const noexcept {
  return waited_before_ms + (output == Output::Clear ? 0 : context.loop.now_ms() - unsent_since_ms);
}

// Returns how many bytes the socket accepted; an error ends the connection.
size_t TcpConnection::Impl::try_send(Bytes bytes) {
  const ssize_t count =
      ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) return static_cast<size_t>(count);
  if (errno != EAGAIN && errno != EINTR) advance(TcpEvent::Failed);
  return 0;
}

//--- Requests of the client

void TcpConnection::Impl::pause() { intake = Intake::Paused; }

void TcpConnection::Impl::resume() {
  intake = rest.empty() ? Intake::Taking : Intake::Due;
  if (intake == Intake::Due) settle_soon();
}

void TcpConnection::Impl::close_after_send() {
  advance(TcpEvent::ClientFinished);
  if (serving == Serving::Nothing) settle_soon();
}

void TcpConnection::Impl::close() {
  advance(TcpEvent::Failed);
  if (serving == Serving::Nothing && stage != TcpStage::Ended) end();
}

void TcpConnection::Impl::set_timeout(uint64_t milliseconds) {
  // While it lingers, its client may only shorten the time.
  const bool ends_earlier =
      milliseconds != 0 && context.loop.now_ms() + milliseconds < idle_deadline.at;
  if (stage == TcpStage::Lingering && !ends_earlier) return;
  start_idle_deadline(milliseconds);
}

void TcpConnection::Impl::start_idle_deadline(uint64_t milliseconds) {
  if (milliseconds == 0) return idle_deadline.clear();
  idle_deadline.set(context.loop.now_ms() + milliseconds);
  arm(idle_deadline.at);
}

void TcpConnection::Impl::arm(uint64_t deadline) {
  if (stage == TcpStage::Ended || (timer_deadline != 0 && timer_deadline <= deadline)) return;
  timer_deadline = deadline;
  const uint64_t now = context.loop.now_ms();
  timer.start(deadline > now ? deadline - now : 0);
}

//--- Stages

bool TcpConnection::Impl::advance(TcpEvent event) noexcept {
  const TcpStage before = std::exchange(stage, next_stage(stage, event));
  return stage != before;
}

// Ends the connection when its stage is Ending, else watches the events it needs. Returns false
// when it has ended and this object is destroyed.
bool TcpConnection::Impl::settle() {
  const bool changed = output == Output::Clear && advance(TcpEvent::AllSent);
  if (changed && stage == TcpStage::Lingering) linger();
  if (!is_over()) {
    const bool reads = stage == TcpStage::Lingering || wants_to_read();
    if (!watcher.watch(reads, output != Output::Clear)) advance(TcpEvent::Failed);
  }
  if (!is_over()) return true;
  end();
  return false;
}

void TcpConnection::Impl::linger() {
  if (shutdown(socket.get(), SHUT_WR) != 0) {
    advance(TcpEvent::Failed);
    return;
  }
  release_memory(rest);
  start_idle_deadline(kLingerMs);
}

void TcpConnection::Impl::discard() {
  const ssize_t count =
      recv(socket.get(), context.incoming.data(), context.incoming.size(), MSG_DONTWAIT);
  if (count == 0) {
    advance(TcpEvent::PeerFinished);
  } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
    advance(TcpEvent::Failed);
  }
}

// For calls from outside an event: the caller must not see the object destroyed.
void TcpConnection::Impl::settle_soon() { arm(context.loop.now_ms()); }

void TcpConnection::Impl::end() {
  advance(TcpEvent::HandedBack);
  context.ended(*self);
}

//--- TcpConnection

TcpConnection::TcpConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->self = this;
}
// The client may use its connection until its own destructor ends.
TcpConnection::~TcpConnection() { impl_->client.reset(); }

void TcpConnection::send(Bytes bytes) { impl_->send(bytes); }
bool TcpConnection::congested() const noexcept { return impl_->output == Impl::Output::Congested; }
size_t TcpConnection::unsent() const noexcept { return impl_->unsent.size() - impl_->sent; }
uint64_t TcpConnection::waited_ms() const noexcept { return impl_->waited_ms(); }
void TcpConnection::pause() { impl_->pause(); }
void TcpConnection::resume() { impl_->resume(); }
void TcpConnection::close_after_send() { impl_->close_after_send(); }
void TcpConnection::close() { impl_->close(); }
void TcpConnection::set_timeout(uint64_t milliseconds) { impl_->set_timeout(milliseconds); }
std::optional<PeerUser> TcpConnection::peer_user() const {
  const int descriptor = impl_->socket.get();
  ucred credentials{};
  socklen_t length = sizeof credentials;
  // A TCP socket has no peer: its uid is -1. The pid is 0 also for a peer in another PID namespace.
  constexpr uid_t kNoUser = static_cast<uid_t>(-1);
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 ||
      credentials.uid == kNoUser) {
    return std::nullopt;
  }
  PeerUser user{credentials.uid, {credentials.gid}};
  // The kernel stores the size that it needs when the room is too small.
  std::vector<gid_t> supplementary(64);
  for (int tries = 0; tries < 2; ++tries) {
    length = static_cast<socklen_t>(supplementary.size() * sizeof(gid_t));
    const bool is_known =
        getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, supplementary.data(), &length) == 0;
    const bool is_too_small = !is_known && errno == ERANGE;
    supplementary.resize(is_known || is_too_small ? length / sizeof(gid_t) : 0);
    if (is_known) {
      user.groups.insert(user.groups.end(), supplementary.begin(), supplementary.end());
    }
    if (!is_too_small) break;
  }
  return user;
}

const SocketAddress& TcpConnection::peer() const noexcept { return impl_->peer; }

}  // namespace inlet53::net
