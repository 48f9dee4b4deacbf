// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace inlet53::gateway {

/// Ids of one call in its response headers and logs.
struct RequestIds {
  std::string request_id;           // x-amzn-RequestId: a UUID, version 4
  std::string extended_request_id;  // x-amz-apigw-id: 16 characters, the last one `=`
  std::string
      trace_id;  // X-Amzn-Trace-Id: `Root=1-67891233-abcdef012345678912345678`, or the client's
};

/// Source of unique, random ids, which are not secret.
/// Threads: one at a time. Source: RFC 9562 §5.4; AWS X-Ray Developer Guide, "Tracing header".
class RequestIdSource {
 public:
  /// Seeds the generator from the system.
  RequestIdSource();

  [[nodiscard]] RequestIds next(int64_t wall_seconds);
  [[nodiscard]] std::string next_uuid();

 private:
  [[nodiscard]] uint64_t next_random() noexcept;

  std::array<uint64_t, 4> state_;
};

}  // namespace inlet53::gateway
