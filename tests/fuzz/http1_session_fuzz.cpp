// SPDX-License-Identifier: Apache-2.0

// An HTTP/1.1 connection: the same input, as a whole or in parts, gives the same requests,
// responses and refusal; nothing after a refusal is read.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.h"

#include "inlet53/http/server_session.h"

namespace {

using namespace inlet53;
using namespace inlet53::http;

struct Connection final : SessionOwner {
  explicit Connection(const ServerLimits& limits)
      : session(make_http1_session(*this, limits, account)) {}
  ~Connection() {
    session.reset();
    account.budget.close(account);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void request_received(StreamId stream, Request&& request) override {
    announced = false;
    FUZZ_CHECK(request.charge.bytes() >= request.body.size());
    FUZZ_CHECK(refusals == 0 && !request.method.empty() && !request.target.empty());
    FUZZ_CHECK(request.target.find_first_of(" \r\n\t") == std::string::npos);
    for (const Field& field : request.fields) {
      FUZZ_CHECK(is_field_name(field.name) && is_field_value(field.value));
    }
    log += request.method + ' ' + request.target + ' ' + request.authority + '\n' + request.body;
    session->respond(stream, {.status = 200, .fields = {{"X", "y"}}, .body = request.body});
  }
  HeadDecision head_received(StreamId, Request& head) override {
    FUZZ_CHECK(!announced && head.body.empty());
    if (head.method == "PUT" && find_field(head.fields, "expect") == nullptr) {
      log += "PUT " + head.target + '\n';
      return Response{.status = 403, .fields = {}, .body = "no"};
    }
    announced = true;
    return BodyUse::Keep;
  }
  void request_abandoned(StreamId) override { FUZZ_CHECK(std::exchange(announced, false)); }
  Response refuse(Refusal refusal) override {
    FUZZ_CHECK(++refusals == 1);
    return {.status = refusal_status(refusal), .fields = {}, .body = "refused"};
  }
  // The text of a refusal may depend on the received part of a bad request; the refusal does not.
  void send_bytes(Bytes bytes) override {
    if (refusals == 0) log += as_text(bytes);
  }
  [[nodiscard]] bool congested() const override { return false; }
  void room_decided() override {}
  [[nodiscard]] uint64_t now_ms() const override { return 0; }

  void arrive(Bytes octets) {
    waiting.insert(waiting.end(), octets.begin(), octets.end());
    do {
      session->begin_turn();
      const size_t consumed = session->received(waiting);
      FUZZ_CHECK(consumed <= waiting.size());
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(consumed));
    } while (session->turn_is_over() && !waiting.empty());
  }

  std::string log;
  std::vector<uint8_t> waiting;
  int refusals = 0;
  bool announced = false;  // the head has arrived, its body has not
  BodyBudget budget;
  BodyAccount& account = budget.open(IpAddress());
  std::unique_ptr<ServerSession> session;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ServerLimits limits;
  limits.max_head = 4096;
  limits.max_target = 1000;
  limits.max_field_values = 1000;
  limits.max_body = 1000;
  const Bytes octets(data, size);
  Connection whole(limits);
  whole.arrive(octets);
  if (whole.refusals != 0) FUZZ_CHECK(whole.session->finished());

  Connection cut(limits);
  const size_t step = size == 0 ? 1 : 1 + data[size / 2] % 7;
  for (size_t at = 0; at < size; at += step) {
    cut.arrive(octets.subspan(at, std::min(step, size - at)));
  }
  // Only 100 (Continue) depends on the received part.
  if (whole.log.find("100 Continue") == std::string::npos &&
      cut.log.find("100 Continue") == std::string::npos) {
    FUZZ_CHECK(whole.log == cut.log);
  }
  FUZZ_CHECK(whole.refusals == cut.refusals);
  FUZZ_CHECK(whole.session->finished() == cut.session->finished());
  cut.session->time_out();
  FUZZ_CHECK(cut.session->finished());
  return 0;
}
