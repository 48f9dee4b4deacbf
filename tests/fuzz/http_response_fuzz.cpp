// SPDX-License-Identifier: Apache-2.0

// A server's response to the client: equal for all divisions of the input, within the limits. The
// first byte of the input selects a response to HEAD.
#include <algorithm>

#include "fuzz.h"
#include "http/response_reader.h"

namespace {

using namespace inlet53;
using namespace inlet53::http;
using ReadResult = ResponseReader::ReadResult;

constexpr ResponseReader::Limits kLimits{.max_head = 2000, .max_body = 1000};

void check(Bytes input, BodyAccount& account) {
  const bool to_head = input[0] == 'h';
  const Bytes octets = input.subspan(1);

  ResponseReader whole(kLimits, to_head, account);
  const ReadResult result = whole.read(octets);

  ResponseReader cut(kLimits, to_head, account);
  ReadResult cut_result = ReadResult::Incomplete;
  const size_t step = 1 + input[input.size() / 2] % 7;
  size_t at = 0;
  while (at < octets.size() && cut_result == ReadResult::Incomplete) {
    cut_result = cut.read(octets.subspan(at, std::min(step, octets.size() - at)));
    at += step;
  }
  FUZZ_CHECK(result == cut_result);
  const bool complete =
      result == ReadResult::Complete ||
      (result == ReadResult::Incomplete && whole.end_of_stream() == ReadResult::Complete);
  if (!complete) return;
  Response& response = whole.response();
  FUZZ_CHECK(response.status >= 200 && response.status <= 599);
  FUZZ_CHECK(response.body.size() <= kLimits.max_body);
  FUZZ_CHECK(!to_head || response.body.empty());
  FUZZ_CHECK(response.body == cut.response().body);
  FUZZ_CHECK(response.fields == cut.response().fields);
  for (const Field& field : response.fields) {
    FUZZ_CHECK(is_field_name(field.name) && is_field_value(field.value));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  BodyBudget budget;
  BodyAccount& account = budget.open(IpAddress());
  check({data, size}, account);
  budget.close(account);
  return 0;
}
