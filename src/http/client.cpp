// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/client.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client_connection.h"

#include "inlet53/base/memory.h"
#include "inlet53/base/text.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

// RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods{"GET",    "HEAD",    "PUT",
                                                     "DELETE", "OPTIONS", "TRACE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

// Methods for which a request without a body must declare it (RFC 9110 §8.6).
bool expects_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

std::string compose_request(const Url& url, const Request& request) {
  std::string out;
  out.reserve(request.body.size() + url.target.size() + 1024);
  out += concat(request.method, ' ', url.target, " HTTP/1.1\r\nHost: ", url.authority, "\r\n");
  for (const Field& field : request.fields) {
    if (!may_send(field) || same_field_name(field.name, "host")) continue;
    out += concat(field.name, ": ", field.value, "\r\n");
  }
  if (!request.body.empty() || expects_body(request.method)) {
    out += concat("Content-Length: ", request.body.size(), "\r\n");
  }
  out += "\r\n";
  out += request.body;
  return out;
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string origin_of(const Url& url) {
  return concat(url.secure ? "https://" : "http://", url.host, ' ', url.port);
}

}  // namespace

struct Client::Impl final : ClientConnectionOwner {
  struct Call {
    Call(Impl& impl, CallId call, const IpAddress& payer)
        : id(call),
          account(impl.budget.open(payer)),
          fail_soon(impl.loop, [&impl, call] { impl.fail(call); }) {}
    ~Call() {
      release();
      account.budget.close(account);
    }
    void release() {
      request_charge.release();
      copy_charge.release();
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    CallId id;
    BodyAccount& account;
    Url url;
    std::string request;        // its bytes, while they may be needed
    BodyCharge request_charge;  // of its body, until the kernel has it, and of its head
    uint64_t head_bytes = 0;    // the part of the head in that charge: the caller keeps the head
    BodyCharge copy_charge;     // of the bytes that are kept for a second attempt
    bool is_head = false;
    bool may_repeat = false;  // the method is idempotent, and the call was not repeated yet
    bool sound = true;        // otherwise the call fails at once
    Done done;
    ClientConnection* connection = nullptr;
    bool on_kept = false;  // the connection has served another call before
    net::Timer fail_soon;  // for a call that cannot start
  };

  /// Connection with its current call; idle without one.
  struct Link {
    std::unique_ptr<ClientConnection> connection;
    std::string origin;
    CallId call = 0;  // 0: idle
    std::unique_ptr<net::Timer> idle_timer;
  };

  Impl(net::Loop& on, const ClientOptions& with, BodyBudget& in)
      : loop(on), options(with), budget(in) {}

  void connect(Call& call, bool may_use_kept);
  [[nodiscard]] std::string compose_request(Call& call);
  [[nodiscard]] Link* find_idle(const std::string& origin);
  [[nodiscard]] Link& find(const ClientConnection& connection);
  void drop(const ClientConnection& connection);
  void keep(Link& link);
  void fail(CallId id);
  void finish(CallId id, Result<Response, ClientError>&& result);
  [[nodiscard]] const net::TlsClientContext* tls_context();

  void response_arrives(ClientConnection& connection, bool request_written) override;
  void response_received(ClientConnection& connection, Response&& response,
                         bool may_reuse) override;
  void connection_ended(ClientConnection& connection, ClientError&& error, bool untouched) override;

  net::Loop& loop;
  const ClientOptions options;
  BodyBudget& budget;
  CallId last_id = 0;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls;
  std::vector<std::unique_ptr<Link>> links;
  std::optional<Result<net::TlsClientContext, std::string>> tls;  // made with the first https call
};

//--- Connections

void Client::Impl::connect(Call& call, bool may_use_kept) {
  const std::string origin = origin_of(call.url);
  Link* link = may_use_kept ? find_idle(origin) : nullptr;
  call.on_kept = link != nullptr;
  if (link == nullptr) {
    const net::TlsClientContext* const context = call.url.secure ? tls_context() : nullptr;
    links.push_back(std::make_unique<Link>());
    link = links.back().get();
    link->origin = origin;
    link->connection = std::make_unique<ClientConnection>(
        loop, call.url, options.connect_timeout_ms, context, *this);
  }
  link->idle_timer.reset();
  link->call = call.id;
  call.connection = link->connection.get();
  link->connection->send(compose_request(call), ResponseReader({.max_head = options.max_head,
                                                                .max_fields = options.max_fields,
                                                                .max_body = options.max_body},
                                                               call.is_head, call.account));
}

// A call on a kept connection may need its bytes a second time. A large copy, or one that does not
// fit in the budget, is not kept: it must not use the memory of bodies.
std::string Client::Impl::compose_request(Call& call) {
  call.copy_charge.release();
  call.may_repeat = call.may_repeat && call.on_kept &&
                    call.request.size() <= BodyBudget::kSmallBody &&
                    budget.try_charge(call.account, call.request.size(), call.copy_charge);
  return call.may_repeat ? call.request : std::exchange(call.request, {});
}

// Returns the connection that was used last, so that the others can expire.
Client::Impl::Link* Client::Impl::find_idle(const std::string& origin) {
  const auto found = std::find_if(links.rbegin(), links.rend(), [&](const auto& link) {
    return link->call == 0 && link->origin == origin;
  });
  return found == links.rend() ? nullptr : found->get();
}

Client::Impl::Link& Client::Impl::find(const ClientConnection& connection) {
  return **std::find_if(links.begin(), links.end(),
                        [&](const auto& link) { return link->connection.get() == &connection; });
}

void Client::Impl::drop(const ClientConnection& connection) {
  std::erase_if(links, [&](const auto& link) { return link->connection.get() == &connection; });
}

void Client::Impl::keep(Link& link) {
  const auto idle = std::count_if(links.begin(), links.end(), [&](const auto& other) {
    return other->call == 0 && other->origin == link.origin;
  });
  ClientConnection& connection = *link.connection;
  if (static_cast<uint32_t>(idle) >= options.max_idle_per_host) return drop(connection);
  link.call = 0;
  link.idle_timer = std::make_unique<net::Timer>(loop, [this, &connection] { drop(connection); });
  link.idle_timer->start(options.idle_timeout_ms);
  const auto place = std::find_if(links.begin(), links.end(),
                                  [&](const auto& other) { return other.get() == &link; });
  std::rotate(place, place + 1, links.end());
}

const net::TlsClientContext* Client::Impl::tls_context() {
  if (!tls) tls.emplace(net::TlsClientContext::make(options.ca_file));
  return *tls ? &**tls : nullptr;
}

//--- Events of connections. A call's `done` is the last step: it may destroy the client.

// The response needs the memory of its request. The client repeats no call whose response has
// begun.
void Client::Impl::response_arrives(ClientConnection& connection, bool request_written) {
  const auto found = calls.find(find(connection).call);
  if (found == calls.end()) return;
  Call& call = *found->second;
  release_memory(call.request);
  call.copy_charge.release();
  if (request_written) call.request_charge.shrink_to(call.head_bytes);
}

void Client::Impl::response_received(ClientConnection& connection, Response&& response,
                                     bool may_reuse) {
  Link& link = find(connection);
  const CallId id = link.call;
  may_reuse ? keep(link) : drop(connection);
  finish(id, std::move(response));
}

void Client::Impl::connection_ended(ClientConnection& connection, ClientError&& error,
                                    bool untouched) {
  const CallId id = find(connection).call;
  drop(connection);
  const auto found = calls.find(id);
  if (found == calls.end()) return;
  Call& call = *found->second;
  // The server may have closed a kept connection while the request was being sent.
  const bool was_closed = error.kind == ClientErrorKind::Broken && untouched && call.on_kept;
  if (!was_closed || !std::exchange(call.may_repeat, false)) {
    return finish(id, Unexpected(std::move(error)));
  }
  connect(call, false);
}

void Client::Impl::finish(CallId id, Result<Response, ClientError>&& result) {
  const auto found = calls.find(id);
  if (found == calls.end()) return;
  const std::unique_ptr<Call> call = std::move(found->second);
  calls.erase(found);
  call->release();  // the connection has ended, or has written the request
  call->done(std::move(result));
}

void Client::Impl::fail(CallId id) {
  const bool sound = calls.at(id)->sound;
  finish(id, Unexpected(sound ? ClientError{ClientErrorKind::Unreachable, tls->error()}
                              : ClientError{ClientErrorKind::Malformed, "no sound request"}));
}

//--- Client

Client::Client(net::Loop& loop, const ClientOptions& options, BodyBudget& budget)
    : impl_(std::make_unique<Impl>(loop, options, budget)) {}

Client::~Client() = default;

Client::CallId Client::start(const Url& url, Request&& request, const IpAddress& payer, Done done) {
  const CallId id = ++impl_->last_id;
  auto made = std::make_unique<Impl::Call>(*impl_, id, payer);
  Impl::Call& call = *made;
  impl_->calls.emplace(id, std::move(made));
  call.url = url;
  call.done = std::move(done);
  call.is_head = request.method == "HEAD";
  call.may_repeat = is_idempotent(request.method);
  call.sound = is_field_name(request.method) && is_target(url.target) && is_target(url.authority);
  const bool can_begin = call.sound && (!url.secure || impl_->tls_context() != nullptr);
  if (can_begin) {
    call.request = compose_request(url, request);
    call.request_charge = std::move(request.charge);
    const uint64_t charged = call.request_charge.bytes();
    call.head_bytes = charged - std::min<uint64_t>(charged, request.body.size());
    impl_->connect(call, true);
  } else {
    call.fail_soon.start(0);
  }
  return id;
}

void Client::cancel(CallId id) {
  const auto found = impl_->calls.find(id);
  if (found == impl_->calls.end()) return;
  if (found->second->connection != nullptr) impl_->drop(*found->second->connection);
  impl_->calls.erase(found);
}

}  // namespace inlet53::http
