#pragma once

#include "inlet53/forward/forwarder.h"

/// The failures of forwarding beside those of `net/send_error`: each is one cause, and its code and
/// text belong together.
/// Source: RFC 8914 §4 for the codes.
namespace inlet53::forward {

inline constexpr ForwardFailure kTooManyWaiters{
    dns::Ede::Other, "too many queries wait for the answer to this question",
    ForwardLimit::Waiters};
inline constexpr ForwardFailure kTooManyFetches{
    dns::Ede::Other, "too many questions wait for targets", ForwardLimit::Fetches};
inline constexpr ForwardFailure kTargetsFull{
    dns::Ede::Other, "too many questions wait for the targets of the rule", ForwardLimit::Targets};
inline constexpr ForwardFailure kSilent{dns::Ede::NoReachableAuthority,
                                        "the targets of the rule have not answered for a while"};
inline constexpr ForwardFailure kNoTime{dns::Ede::NoReachableAuthority,
                                        "no target of the rule has answered in time"};
inline constexpr ForwardFailure kStreamFailed{
    dns::Ede::NetworkError, "the connection to the target of the rule has failed"};
inline constexpr ForwardFailure kMalformed{dns::Ede::NetworkError,
                                           "the response of the target is malformed"};

}  // namespace inlet53::forward
