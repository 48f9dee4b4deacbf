// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/server_session.h"

#include "http1_session.h"
#include "http2_session.h"

namespace inlet53::http {

uint16_t refusal_status(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::Malformed:
      return 400;
    case Refusal::RequestTimeout:
      return 408;
    case Refusal::BodyTooLarge:
      return 413;
    case Refusal::TargetTooLong:
      return 414;
    case Refusal::FieldsTooLarge:
      return 431;
    case Refusal::UnsupportedCoding:
      return 501;
    case Refusal::NoRoom:
      return 503;
    case Refusal::UnsupportedVersion:
      return 505;
  }
  return 500;
}

std::unique_ptr<ServerSession> make_http1_session(SessionOwner& owner, const ServerLimits& limits,
                                                  BodyAccount& account) {
  return std::make_unique<Http1Session>(owner, limits, account);
}

std::unique_ptr<ServerSession> make_http2_session(SessionOwner& owner, const ServerLimits& limits,
                                                  BodyAccount& account) {
  return std::make_unique<Http2Session>(owner, limits, account);
}

}  // namespace inlet53::http
