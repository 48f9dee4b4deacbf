#pragma once

#include <cstdint>

/// The values that each setting may take. A source refuses what lies outside; the daemons rely on
/// it. `conf/inlet53.toml` says the same to operators.
namespace inlet53::settings::range {

/// From `least` to `most`, both allowed, in the setting's own unit.
struct Range {
  uint64_t least = 0;
  uint64_t most = 0;
};

inline constexpr Range kWorkers{1, 256};
inline constexpr Range kCpu{0, 1023};  // what a cpu_set_t of glibc holds
/// RFC 6891 §6.2.3: below 512 means 512; above 4096 a datagram gains nothing and may be lost.
inline constexpr Range kEdnsUdpSize{512, 4096};
inline constexpr Range kUdpReceiveBuffer{0, 1ULL << 30};  // octets; SO_RCVBUF is an int
inline constexpr Range kStatisticsIntervalSeconds{0, 86400};

inline constexpr Range kChaosText{1, 255};  // octets; RFC 1035 §3.3.14: one string
/// Octets. A response of 512 has room for it beside the longest question and all other options.
inline constexpr Range kNsid{1, 128};

inline constexpr Range kConnections{1, 1'000'000};
inline constexpr Range kTcpTimeoutMs{100, 3'600'000};
inline constexpr Range kMaxPipelined{4U << 10, 64U << 20};  // octets
inline constexpr Range kBacklog{1, 65535};

inline constexpr Range kQueriesPerClient{0, 1'000'000};  // a second; 0: any number

/// Below 100 ms a target may need longer; clients have given up after 10 s.
inline constexpr Range kForwardTimeoutMs{100, 10'000};
inline constexpr Range kForwardsInFlight{1, 1'000'000};
inline constexpr Range kForwardWaiters{1, 100'000};
inline constexpr Range kForwardWaiting{1, 2'000'000};
inline constexpr Range kForwardWaitingOctets{1U << 10, 16ULL << 30};
inline constexpr Range kForwardSockets{1, 65'536};
inline constexpr Range kForwardIdleTimeoutMs{100, 3'600'000};

inline constexpr Range kCacheOctets{64U << 10, 16ULL << 30};
/// RFC 8767 §4: what is older than 7 days is of no use to anybody.
inline constexpr Range kCacheTtlSeconds{0, 7 * 86400};
inline constexpr Range kFailureTtlSeconds{1, 300};  // RFC 9520 §3.2

inline constexpr Range kGatewayTimeoutMs{100, 3'600'000};
/// Bytes. The least has room for the largest request, 10 MiB, beside others.
inline constexpr Range kBodyMemory{32ULL << 20, 1ULL << 40};
inline constexpr Range kBodyMemoryPerClient{16ULL << 20, 1ULL << 40};
inline constexpr Range kThrottlingRateLimit{0, 1'000'000};  // requests a second
inline constexpr Range kThrottlingBurstLimit{0, 1'000'000};
/// Bytes. A log has a quarter of it, which holds several lines of a function (64 KiB each).
inline constexpr Range kLogBuffer{1U << 20, 1U << 30};
inline constexpr Range kEnvironments{1, 10'000};  // each is a process
inline constexpr Range kEnvironmentIdleSeconds{1, 86400};
inline constexpr Range kFirstUserId{1000, 4'294'000'000};  // 10,000 ids from there on

inline constexpr Range kBuffersPerWorker{2, 1024};  // one fills while another is written
inline constexpr Range kRotateOctets{0, 1ULL << 50};
inline constexpr Range kRotateSeconds{0, 366 * 86400};
inline constexpr Range kKeepFiles{0, 1'000'000};

}  // namespace inlet53::settings::range
