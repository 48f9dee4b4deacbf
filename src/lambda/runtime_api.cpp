// SPDX-License-Identifier: Apache-2.0
#include "runtime_api.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "inlet53/base/check.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

constexpr std::string_view kNext = "/2018-06-01/runtime/invocation/next";
constexpr std::string_view kInitError = "/2018-06-01/runtime/init/error";
constexpr std::string_view kInvocation = "/2018-06-01/runtime/invocation/";

// A response over Lambda's limit is read and answered up to this size; beyond it the session
// refuses it and closes the connection.
constexpr uint32_t kMaxBody = 8U << 20;

constexpr uint32_t kMaxConnections = 16;  // a runtime needs one or two
// Memory for a body of each connection, and for as many bytes that stay free (`BodyBudget`).
constexpr uint64_t kBudget = uint64_t{4} * kMaxConnections * kMaxBody;

http::Response json_response(uint16_t status, std::string body) {
  http::Response response;
  response.status = status;
  response.fields.push_back({"Content-Type", "application/json"});
  response.body = std::move(body);
  return response;
}

http::Response accepted() { return json_response(202, "{\"status\":\"OK\"}\n"); }

http::Response error_response(uint16_t status, std::string_view type, std::string_view message) {
  const nlohmann::ordered_json json{{"errorMessage", message}, {"errorType", type}};
  return json_response(status, dump_json(json) + "\n");
}

http::ServerLimits session_limits() {
  http::ServerLimits limits;
  limits.max_body = kMaxBody;
  return limits;
}

net::TcpListener::Options listener_options() {
  net::TcpListener::Options options;
  options.max_connections = kMaxConnections;
  return options;
}

}  // namespace

/// Connection and its HTTP session.
class RuntimeApi::Conversation final : public net::TcpClient, http::SessionOwner {
 public:
  Conversation(RuntimeApi& api, net::TcpConnection& connection)
      : api_(api),
        connection_(connection),
        account_(api.budget_.open(connection.peer().address)),
        session_(http::make_http1_session(*this, session_limits(), account_)) {}
  ~Conversation() override {
    session_.reset();
    account_.budget.close(account_);
  }

  //--- net::TcpClient
  size_t received(Bytes stream) override {
    size_t done = 0;
    do {
      session_->begin_turn();
      done += session_->received(stream.subspan(done));
    } while (done < stream.size() && session_->turn_is_over() && !session_->finished());
    settle();
    return done;
  }
  void caught_up() override {
    session_->resume();
    settle();
  }
  void closed() override { api_.ended(*this); }

  /// Answers a request of this connection, inside `request_received`.
  void respond(http::StreamId stream, http::Response&& response) {
    session_->respond(stream, std::move(response));
  }
  /// Responds later.
  void respond_late(http::StreamId stream, http::Response&& response) {
    session_->respond(stream, std::move(response));
    settle();
  }

 private:
  //--- http::SessionOwner
  http::HeadDecision head_received(http::StreamId, http::Request&) override {
    return http::BodyUse::Keep;
  }
  void request_received(http::StreamId stream, http::Request&& request) override {
    api_.request_received(*this, stream, std::move(request));
  }
  void request_abandoned(http::StreamId) override {}
  http::Response refuse(http::Refusal refusal) override {
    if (refusal == http::Refusal::BodyTooLarge) return api_.refuse_payload();
    return error_response(http::refusal_status(refusal), "BadRequest", "not a request");
  }
  void send_bytes(Bytes bytes) override { connection_.send(bytes); }
  [[nodiscard]] bool congested() const override { return connection_.congested(); }
  void room_decided() override {}  // no body waits: the budget has memory for all connections
  [[nodiscard]] uint64_t now_ms() const override { return 0; }

  // Updates the connection to the session's state after any call.
  void settle() {
    if (session_->finished()) return connection_.close_after_send();
    if (session_->paused() == paused_) return;
    paused_ = !paused_;
    paused_ ? connection_.pause() : connection_.resume();
  }

  RuntimeApi& api_;
  net::TcpConnection& connection_;
  http::BodyAccount& account_;
  std::unique_ptr<http::ServerSession> session_;
  bool paused_ = false;  // the connection, because of the session
};

Result<std::unique_ptr<RuntimeApi>, std::string> RuntimeApi::open(net::Loop& loop,
                                                                  RuntimeApiOwner& owner,
                                                                  Authorize authorize) {
  auto socket = net::open_unshared_tcp(*IpAddress::parse("127.0.0.1"));
  if (!socket) return Unexpected(socket.error().message);
  return std::unique_ptr<RuntimeApi>(
      new RuntimeApi(loop, std::move(*socket), owner, std::move(authorize)));
}

RuntimeApi::RuntimeApi(net::Loop& loop, net::Descriptor socket, RuntimeApiOwner& owner,
                       Authorize authorize)
    : owner_(owner),
      authorize_(std::move(authorize)),
      address_(net::local_address(socket.get())),
      authority_(address_.to_text()),
      budget_({.total = kBudget, .per_client = kBudget, .wait_ms = 0}),
      listener_(loop, std::move(socket), listener_options(),
                [this](net::TcpConnection& connection) { return accept(connection); }) {}

RuntimeApi::~RuntimeApi() = default;

//--- Connections

std::unique_ptr<net::TcpClient> RuntimeApi::accept(net::TcpConnection& connection) {
  if (!authorize_(connection.peer(), address_)) return nullptr;
  ++conversations_;
  return std::make_unique<Conversation>(*this, connection);
}

void RuntimeApi::ended(const Conversation& conversation) {
  if (waiting_ == &conversation) waiting_ = nullptr;
  if (--conversations_ == 0) owner_.disconnected();
}

//--- Requests

void RuntimeApi::request_received(Conversation& conversation, http::StreamId stream,
                                  http::Request&& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const bool is_get = request.method == "GET";
  if (path == kNext && is_get) return next_requested(conversation, stream);
  if (path == kNext || is_get) {
    const bool known = path == kNext || path == kInitError || path.starts_with(kInvocation);
    const uint16_t status = known ? 405 : 404;
    return conversation.respond(
        stream, error_response(status, "BadRequest", known ? "wrong method" : "no such resource"));
  }
  conversation.respond(stream, answer_post(path, std::move(request)));
}

void RuntimeApi::next_requested(Conversation& conversation, http::StreamId stream) {
  if (phase_ == Phase::Running || phase_ == Phase::InitError) {
    return conversation.respond(stream, out_of_turn("Ready"));
  }
  // A repeated request is permitted: the runtime made another connection.
  const bool again = phase_ == Phase::Ready;
  waiting_ = &conversation;
  waiting_stream_ = stream;
  phase_ = Phase::Ready;
  if (!again) owner_.next_requested();
}

http::Response RuntimeApi::answer_post(std::string_view path, http::Request&& request) {
  if (request.method != "POST") return error_response(405, "BadRequest", "wrong method");
  if (path == kInitError) return accept_init_error(std::move(request.body));
  if (path.starts_with(kInvocation)) {
    path.remove_prefix(kInvocation.size());
    const size_t slash = path.find('/');
    const std::string_view what = slash == path.npos ? "" : path.substr(slash + 1);
    if (what == "response" || what == "error") {
      return accept_outcome(path.substr(0, slash), what, std::move(request.body));
    }
  }
  return error_response(404, "BadRequest", "no such resource");
}

http::Response RuntimeApi::accept_outcome(std::string_view request_id, std::string_view what,
                                          std::string&& payload) {
  const bool is_error = what == "error";
  if (request_id_.empty() || request_id != request_id_) {
    return error_response(400, "InvalidRequestID", "Invalid request ID");
  }
  if (phase_ != Phase::Running) {
    return out_of_turn(is_error ? "InvocationErrorResponse" : "InvocationResponse");
  }
  if (payload.size() > kMaxPayload) return refuse_payload();
  phase_ = Phase::Responded;
  if (is_error) {
    owner_.error_received(std::move(payload));
  } else {
    owner_.response_received(std::move(payload));
  }
  return accepted();
}

http::Response RuntimeApi::accept_init_error(std::string&& payload) {
  if (phase_ != Phase::Started) return out_of_turn("InitError");
  phase_ = Phase::InitError;
  owner_.init_error_received(std::move(payload));
  return accepted();
}

http::Response RuntimeApi::refuse_payload() {
  if (phase_ == Phase::Running) {
    phase_ = Phase::Responded;
    owner_.response_too_large();
  }
  return error_response(413, "RequestEntityTooLarge",
                        concat("Exceeded maximum allowed payload size (", kMaxPayload, " bytes)."));
}

http::Response RuntimeApi::out_of_turn(std::string_view wanted) const {
  constexpr std::string_view kNames[] = {"Started", "InitError", "Ready", "Running", "Responded"};
  return error_response(
      403, "InvalidStateTransition",
      concat("State transition from ", kNames[static_cast<size_t>(phase_)], " to ", wanted,
             " failed for runtime. Error: State transition is not allowed"));
}

void RuntimeApi::deliver(const RuntimeInvocation& invocation) {
  INLET53_CHECK(phase_ == Phase::Ready);
  phase_ = Phase::Running;
  request_id_ = invocation.request_id;
  Conversation* const conversation = std::exchange(waiting_, nullptr);
  // A runtime that closed the connection meanwhile has lost the invocation: it ends at its time
  // limit or with the process.
  if (conversation == nullptr) return;
  http::Response response = json_response(200, invocation.payload);
  response.fields.push_back({"Lambda-Runtime-Aws-Request-Id", invocation.request_id});
  response.fields.push_back({"Lambda-Runtime-Deadline-Ms", concat(invocation.deadline_ms)});
  response.fields.push_back({"Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn});
  if (!invocation.trace_id.empty()) {
    response.fields.push_back({"Lambda-Runtime-Trace-Id", invocation.trace_id});
  }
  conversation->respond_late(waiting_stream_, std::move(response));
}

}  // namespace inlet53::lambda
