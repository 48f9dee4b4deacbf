// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/http/server_session.h"

namespace inlet53::http {

struct Received {
  StreamId stream = 0;
  Request request;
};

/// Connection that records its session's output, and responds to each request with the result of
/// `answer`, at once unless `answers` is false.
struct TestConnection final : SessionOwner {
  using Make = std::unique_ptr<ServerSession> (*)(SessionOwner&, const ServerLimits&, BodyAccount&);
  explicit TestConnection(Make make, const ServerLimits& limits = {},
                          const BodyBudget::Limits& bodies = {})
      : budget(bodies), account(budget.open(IpAddress())), session(make(*this, limits, account)) {}
  ~TestConnection() {
    session.reset();
    requests.clear();
    budget.close(account);
  }
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;

  HeadDecision head_received(StreamId stream, Request& head) override {
    heads.push_back(stream);
    return answer_head(head);
  }
  void request_received(StreamId stream, Request&& request) override {
    requests.push_back({stream, std::move(request)});
    if (answers) session->respond(stream, answer(requests.back().request));
  }
  void request_abandoned(StreamId stream) override { abandoned.push_back(stream); }
  Response refuse(Refusal refusal) override {
    refusals.push_back(refusal);
    return {.status = refusal_status(refusal), .fields = {}, .body = "refused"};
  }
  void send_bytes(Bytes bytes) override {
    ++sends;
    largest_send = std::max(largest_send, bytes.size());
    sent += as_text(bytes);
    if (sends_until_congested > 0 && --sends_until_congested == 0) is_congested = true;
  }
  [[nodiscard]] bool congested() const override { return is_congested; }
  void room_decided() override { ++rooms_decided; }
  [[nodiscard]] uint64_t now_ms() const override { return now; }

  /// Passes bytes to the session, after the bytes that it has not consumed.
  void arrive(std::string_view bytes) {
    waiting += bytes;
    while (!waiting.empty() && !session->finished()) {
      if (turns_go_on) session->begin_turn();
      const size_t consumed = session->received(as_bytes(waiting));
      ASSERT_LE(consumed, waiting.size());
      waiting.erase(0, consumed);
      if (consumed == 0 || (session->paused() && !(turns_go_on && session->turn_is_over()))) break;
    }
  }
  /// Passes bytes one by one.
  void trickle(std::string_view bytes) {
    for (const char byte : bytes) arrive({&byte, 1});
  }
  void resume() {
    is_congested = false;
    session->resume();
  }
  [[nodiscard]] std::string pop_sent() { return std::exchange(sent, {}); }

  std::function<Response(const Request&)> answer = [](const Request& request) {
    return Response{.status = 200, .fields = {}, .body = request.target};
  };
  std::function<HeadDecision(Request&)> answer_head = [](Request&) { return BodyUse::Keep; };
  bool answers = true;
  bool turns_go_on = true;  // another turn follows at once after the end of one
  uint64_t now = 0;
  bool is_congested = false;
  int sends_until_congested = 0;  // 0: never
  int sends = 0;
  size_t largest_send = 0;
  std::string sent;
  std::string waiting;
  std::vector<Received> requests;
  std::vector<StreamId> heads;
  std::vector<StreamId> abandoned;
  std::vector<Refusal> refusals;
  int rooms_decided = 0;
  BodyBudget budget;
  BodyAccount& account;
  std::unique_ptr<ServerSession> session;
};

}  // namespace inlet53::http
