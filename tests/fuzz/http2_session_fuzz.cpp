// SPDX-License-Identifier: Apache-2.0

// An HTTP/2 connection: the input is the client's data after the preface. Every second response is
// late, some are large; the requests keep to the limits.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz.h"

#include "inlet53/http/server_session.h"

namespace {

using namespace inlet53;
using namespace inlet53::http;

constexpr ServerLimits kLimits{.max_target = 1000,
                               .max_field_values = 1000,
                               .max_head = 4096,
                               .max_fields = 50,
                               .max_body = 1000,
                               .max_streams = 8,
                               .max_requests = 0};

struct Connection final : SessionOwner {
  Connection() : session(make_http2_session(*this, kLimits, account)) {}
  ~Connection() {
    session.reset();
    account.budget.close(account);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void request_received(StreamId stream, Request&& request) override {
    FUZZ_CHECK(request.target.starts_with('/') || request.target == "*");
    FUZZ_CHECK(request.body.size() <= kLimits.max_body);
    FUZZ_CHECK(request.fields.size() <= kLimits.max_fields);
    for (const Field& field : request.fields) {
      FUZZ_CHECK(is_field_name(field.name) && is_field_value(field.value));
    }
    FUZZ_CHECK(request.charge.bytes() >= request.body.size());
    std::erase(announced, stream);
    owed.push_back(stream);
    FUZZ_CHECK(owed.size() <= kLimits.max_streams);
    if (stream % 4 == 1) answer(stream);
  }
  HeadDecision head_received(StreamId stream, Request& head) override {
    FUZZ_CHECK(head.body.empty());
    if (stream % 8 == 3) return Response{.status = 403, .fields = {}, .body = "no"};
    announced.push_back(stream);
    return stream % 8 == 5 ? BodyUse::Discard : BodyUse::Keep;
  }
  void request_abandoned(StreamId stream) override {
    FUZZ_CHECK(std::erase(owed, stream) + std::erase(announced, stream) == 1);
  }
  Response refuse(Refusal refusal) override {
    return {.status = refusal_status(refusal), .fields = {}, .body = "refused"};
  }
  void send_bytes(Bytes bytes) override { FUZZ_CHECK(!bytes.empty()); }
  [[nodiscard]] bool congested() const override { return is_congested; }
  void room_decided() override {}
  [[nodiscard]] uint64_t now_ms() const override { return 0; }

  void answer(StreamId stream) {
    FUZZ_CHECK(std::erase(owed, stream) == 1);
    session->respond(
        stream,
        {.status = 200, .fields = {{"X", "y"}}, .body = std::string(stream * 1000 % 100000, 'b')});
  }

  BodyBudget budget{{.total = 20000, .per_client = 4000, .wait_ms = 0}};
  BodyAccount& account = budget.open(IpAddress());
  std::vector<StreamId> owed;
  std::vector<StreamId> announced;  // their heads have arrived, their bodies have not
  bool is_congested = false;
  std::unique_ptr<ServerSession> session;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Connection connection;
  connection.session->received(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  const Bytes octets(data, size);
  const size_t step = size == 0 ? 1 : 1 + data[size / 2];
  for (size_t at = 0; at < size && !connection.session->finished(); at += step) {
    const Bytes piece = octets.subspan(at, std::min(step, size - at));
    size_t done = 0;
    while (done < piece.size()) {
      connection.session->begin_turn();
      done += connection.session->received(piece.subspan(done));
    }
    FUZZ_CHECK(done == piece.size());
    if (at % 7 == 3) connection.budget.grant();
    if (at % 11 == 5) connection.budget.deny_overdue(1);
    if (at % 3 == 1 && !connection.owed.empty()) connection.answer(connection.owed.front());
    connection.is_congested = at % 5 == 2;
    if (!connection.is_congested) connection.session->resume();
  }
  connection.is_congested = false;
  connection.session->time_out();
  while (!connection.owed.empty()) connection.answer(connection.owed.front());
  connection.session->resume();
  return 0;
}
