// An HTTP/2 connection: the input is what a client sends after the preface. Every second request
// is answered late, some responses are large; what comes keeps to the limits.
#include <algorithm>
#include <memory>
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
  Connection() : session(make_http2_session(*this, kLimits)) {}

  void request_received(StreamId stream, Request&& request) override {
    FUZZ_CHECK(request.target.starts_with('/') || request.target == "*");
    FUZZ_CHECK(request.body.size() <= kLimits.max_body);
    FUZZ_CHECK(request.fields.size() <= kLimits.max_fields);
    for (const Field& field : request.fields) {
      FUZZ_CHECK(is_field_name(field.name) && is_field_value(field.value));
    }
    owed.push_back(stream);
    FUZZ_CHECK(owed.size() <= kLimits.max_streams);
    if (stream % 4 == 1) answer(stream);
  }
  void request_abandoned(StreamId stream) override { FUZZ_CHECK(std::erase(owed, stream) == 1); }
  Response refuse(Refusal refusal) override {
    return {.status = refusal_status(refusal), .fields = {}, .body = "refused"};
  }
  void send_octets(Bytes octets) override { FUZZ_CHECK(!octets.empty()); }
  [[nodiscard]] bool congested() const override { return is_congested; }

  void answer(StreamId stream) {
    FUZZ_CHECK(std::erase(owed, stream) == 1);
    session->respond(
        stream,
        {.status = 200, .fields = {{"X", "y"}}, .body = std::string(stream * 1000 % 100000, 'b')});
  }

  std::vector<StreamId> owed;
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
    FUZZ_CHECK(connection.session->received(piece) == piece.size());
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
