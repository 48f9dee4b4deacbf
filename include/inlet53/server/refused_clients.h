// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/resolver/state.h"

namespace inlet53::server {

/// A client that the security groups of an endpoint IP address do not admit.
struct RefusedClient {
  IpAddress client;
  SocketAddress listen;  // of the endpoint IP address
  topology::EndpointProtocol protocol = topology::EndpointProtocol::Do53;
  bool over_tcp = false;
};

/// Collects the clients that security groups refuse, each once, for the operator log. All workers
/// share one object. It stores up to `kMaxClients` clients, then none until `clear`. Threads: any.
class RefusedClients {
 public:
  static constexpr size_t kMaxClients = 256;

  /// `on_new`: called on the thread of `record` when `collect` has something to return.
  explicit RefusedClients(std::function<void()> on_new);

  /// Adds a client. Cost: some loads and no lock if the client is known or the limit is reached.
  void record(const IpAddress& client, const resolver::EndpointAddress& address,
              bool over_tcp) noexcept;

  struct Report {
    std::vector<RefusedClient> clients;  // since the last call of `collect`
    bool is_full = false;                // the limit has been reached since the last call
  };
  [[nodiscard]] Report collect();

  /// Removes all clients, so that each is reported again: the rules may have changed.
  void clear();

 private:
  static constexpr size_t kSlots = 4 * kMaxClients;
  static constexpr size_t kProbes = 16;

  [[nodiscard]] uint64_t key_of(const IpAddress& client) const noexcept;
  void add(const RefusedClient& client);

  const std::function<void()> on_new_;
  const uint64_t seed_;
  std::array<std::atomic<uint64_t>, kSlots> slots_{};  // keys of clients; 0: none
  std::atomic<bool> is_full_{false};
  std::mutex mutex_;  // guards the rest
  size_t recorded_ = 0;
  std::vector<RefusedClient> unreported_;
  bool full_unreported_ = false;
};

}  // namespace inlet53::server
