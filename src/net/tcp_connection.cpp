#include "tcp_connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "inlet53/base/check.h"
#include "inlet53/base/release_memory.h"

namespace inlet53::net {

namespace {

// Responses of one `received` go out when so many octets have gathered: a write of that size has
// spread its system call thin, and the buffer stays in the cache.
constexpr size_t kGatherLimit = size_t{64} << 10;

// How long a peer may go on sending to a connection that we have ended. Closed with octets unread,
// the kernel would answer with RST, and the peer could lose our last words. Source: RFC 9112 §9.6.
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
  serving = true;
  client = make_client(*self);
  serving = false;
  return client != nullptr;
}

void TcpConnection::Impl::drain() {
  INLET53_CHECK(!serving);
  serving = true;
  client->drain();
  serving = false;
  settle();
}

void TcpConnection::Impl::on_ready(SocketEvents events) {
  serving = true;
  if (events.failed) ending = true;
  if (lingering) {
    if (!ending) discard();
    serving = false;
    settle();
    return;
  }
  if (!ending && events.writable) {
    const bool waited = !unsent.empty();
    write_unsent();
    // The client may have stopped at a response that would not go out; it can go on now.
    if (waited && unsent.empty() && !ending) {
      client->caught_up();
      if (wants_to_read() && !rest.empty()) deliver({});
    }
  }
  if (!ending && events.readable && wants_to_read()) read();
  serving = false;
  settle();
}

bool TcpConnection::Impl::Deadline::missed(uint64_t now) noexcept {
  if (at == 0 || at > now) return false;
  return std::exchange(granted, true);
}

void TcpConnection::Impl::on_expired() {
  const uint64_t now = context.loop.now_ms();
  timer_deadline = 0;
  if (std::exchange(delivery_due, false)) deliver_rest();
  if (write_deadline.missed(now)) ending = true;
  if (!ending && idle_deadline.missed(now)) {
    idle_deadline.clear();
    serving = true;
    if (lingering || !client->timed_out()) ending = true;
    serving = false;
  }
  if (!settle()) return;
  // What has passed was granted one more turn of the loop.
  if (idle_deadline.at != 0) arm(std::max(idle_deadline.at, now + 1));
  if (write_deadline.at != 0) arm(std::max(write_deadline.at, now + 1));
}

//--- Reading

bool TcpConnection::Impl::wants_to_read() const noexcept {
  return !draining && !finished && !congested && (!paused || rest.empty());
}

void TcpConnection::Impl::deliver_rest() {
  if (ending || draining || congested || paused || rest.empty()) return;
  serving = true;
  deliver({});
  serving = false;
}

void TcpConnection::Impl::read() {
  const ssize_t count =
      recv(socket.get(), context.incoming.data(), kMaxStream - rest.size(), MSG_DONTWAIT);
  if (count > 0) {
    deliver({context.incoming.data(), static_cast<size_t>(count)});
  } else if (count == 0) {
    finished = true;
    if (!client->owes_responses()) draining = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    ending = true;
  }
}

void TcpConnection::Impl::deliver(Bytes fresh) {
  Bytes stream = fresh;
  if (!rest.empty()) {
    rest.insert(rest.end(), fresh.begin(), fresh.end());
    stream = rest;
  }
  receiving = true;
  const size_t consumed = client->received(stream);
  receiving = false;
  INLET53_CHECK(consumed <= stream.size());
  keep(stream.subspan(consumed));
  flush_gathered();
  // No message is as long as what the client left untouched.
  if (rest.size() == kMaxStream && !congested && !paused) ending = true;
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

void TcpConnection::Impl::send(Bytes octets) {
  if (ending || ended) return;
  if (!receiving) return write(octets);
  context.gathered.insert(context.gathered.end(), octets.begin(), octets.end());
  if (context.gathered.size() >= kGatherLimit) flush_gathered();
}

void TcpConnection::Impl::flush_gathered() {
  if (!context.gathered.empty() && !ending) write(context.gathered);
  context.gathered.clear();
}

void TcpConnection::Impl::write(Bytes octets) {
  const size_t taken = unsent.empty() ? try_send(octets) : 0;
  if (taken < octets.size() && !ending) keep_unsent(octets.subspan(taken));
  if (!serving && (ending || !unsent.empty())) settle_soon();
}

void TcpConnection::Impl::keep_unsent(Bytes octets) {
  if (unsent.empty()) {
    unsent_since_ms = context.loop.now_ms();
    write_deadline.set(context.loop.now_ms() + context.options.write_timeout_ms);
    arm(write_deadline.at);
  } else if (sent > unsent.size() / 2) {
    unsent.erase(unsent.begin(), unsent.begin() + static_cast<ptrdiff_t>(sent));
    sent = 0;
  }
  unsent.insert(unsent.end(), octets.begin(), octets.end());
  if (unsent.size() - sent > context.options.max_unsent) congested = true;
}

void TcpConnection::Impl::write_unsent() {
  if (unsent.empty()) return;
  const size_t taken = try_send({&unsent[sent], unsent.size() - sent});
  sent += taken;
  if (taken > 0) write_deadline.set(context.loop.now_ms() + context.options.write_timeout_ms);
  if (sent < unsent.size()) return;
  waited_before_ms = waited_ms();
  release_memory(unsent);
  sent = 0;
  write_deadline.clear();
  congested = false;
}

uint64_t TcpConnection::Impl::waited_ms() const noexcept {
  return waited_before_ms + (unsent.empty() ? 0 : context.loop.now_ms() - unsent_since_ms);
}

// Returns how many octets the socket took; an error ends the connection.
size_t TcpConnection::Impl::try_send(Bytes octets) {
  const ssize_t count =
      ::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count >= 0) return static_cast<size_t>(count);
  if (errno != EAGAIN && errno != EINTR) ending = true;
  return 0;
}

//--- Ending

void TcpConnection::Impl::pause() { paused = true; }

void TcpConnection::Impl::resume() {
  paused = false;
  if (ended || rest.empty()) return;
  delivery_due = true;
  settle_soon();
}

void TcpConnection::Impl::close_after_send() {
  draining = true;
  if (!serving && !ended) settle_soon();
}

void TcpConnection::Impl::close() {
  ending = true;
  if (!serving && !ended) end();
}

void TcpConnection::Impl::set_timeout(uint64_t milliseconds) {
  if (milliseconds == 0) return idle_deadline.clear();
  idle_deadline.set(context.loop.now_ms() + milliseconds);
  arm(idle_deadline.at);
}

void TcpConnection::Impl::arm(uint64_t deadline) {
  if (ended || (timer_deadline != 0 && timer_deadline <= deadline)) return;
  timer_deadline = deadline;
  const uint64_t now = context.loop.now_ms();
  timer.start(deadline > now ? deadline - now : 0);
}

// Ends the connection when its time has come, else watches for what it waits for. False: it ended,
// and this object is gone.
bool TcpConnection::Impl::settle() {
  if (!ending && !lingering && draining && unsent.empty()) linger();
  if (ending || !watcher.watch(lingering || wants_to_read(), !unsent.empty())) {
    end();
    return false;
  }
  return true;
}

void TcpConnection::Impl::linger() {
  // A peer that has sent FIN has said all.
  if (finished || shutdown(socket.get(), SHUT_WR) != 0) {
    ending = true;
    return;
  }
  lingering = true;
  release_memory(rest);
  set_timeout(kLingerMs);
}

void TcpConnection::Impl::discard() {
  const ssize_t count =
      recv(socket.get(), context.incoming.data(), context.incoming.size(), MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) ending = true;
}

// For calls from outside an event: their caller must not see the object go.
void TcpConnection::Impl::settle_soon() { arm(context.loop.now_ms()); }

void TcpConnection::Impl::end() {
  ended = true;
  context.ended(*self);
}

//--- TcpConnection

TcpConnection::TcpConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->self = this;
}
// The client may use its connection until its own end.
TcpConnection::~TcpConnection() { impl_->client.reset(); }

void TcpConnection::send(Bytes octets) { impl_->send(octets); }
bool TcpConnection::congested() const noexcept { return impl_->congested; }
size_t TcpConnection::unsent() const noexcept { return impl_->unsent.size() - impl_->sent; }
uint64_t TcpConnection::waited_ms() const noexcept { return impl_->waited_ms(); }
void TcpConnection::pause() { impl_->pause(); }
void TcpConnection::resume() { impl_->resume(); }
void TcpConnection::close_after_send() { impl_->close_after_send(); }
void TcpConnection::close() { impl_->close(); }
void TcpConnection::set_timeout(uint64_t milliseconds) { impl_->set_timeout(milliseconds); }
const SocketAddress& TcpConnection::peer() const noexcept { return impl_->peer; }

}  // namespace inlet53::net
