// SPDX-License-Identifier: Apache-2.0

// The response of a function becomes an HTTP response, or a fault with its reason.
#include "fuzz.h"

#include "inlet53/gateway/lambda_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace inlet53;
  using namespace inlet53::gateway;
  const std::string_view payload{reinterpret_cast<const char*>(data), size};
  for (const std::vector<std::string>& binary : {std::vector<std::string>{}, {"*/*"}}) {
    const auto response = read_lambda_response(payload, binary, "text/html");
    if (!response) {
      FUZZ_CHECK(!response.error().reason.empty());
      continue;
    }
    FUZZ_CHECK(response->status >= 200 && response->status <= 599);
    FUZZ_CHECK(response->body.size() <= size);
    FUZZ_CHECK(http::find_field(response->fields, "Content-Type") != nullptr);
    for (const http::Field& field : response->fields) {
      FUZZ_CHECK(http::is_field_name(field.name) && http::is_field_value(field.value));
      FUZZ_CHECK(!http::same_field_name(field.name, "Content-Length"));
      FUZZ_CHECK(!http::same_field_name(field.name, "Transfer-Encoding"));
    }
  }
  return 0;
}
