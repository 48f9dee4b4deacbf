// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "endpoint_service.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/body_budget.h"
#include "inlet53/http/https_connections.h"
#include "inlet53/http/message.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/settings/dns_daemon.h"

/// DNS queries in HTTP requests. Source: RFC 8484.
namespace inlet53::server {

/// Path of the URI template `https://SERVER/dns-query{?dns}`.
inline constexpr std::string_view kDohPath = "/dns-query";
inline constexpr std::string_view kDnsMessage = "application/dns-message";
/// Methods of kDohPath.
inline constexpr std::string_view kDohMethods = "GET, HEAD, POST";

/// Reason why a request is no DNS query. The values are HTTP status codes.
enum class DohFault : uint16_t {
  NoMessage = 400,     // no `dns`, several, or not base64url without padding
  OtherPath = 404,     // not kDohPath
  OtherMethod = 405,   // none of kDohMethods
  TooLarge = 413,      // more than 65535 bytes
  OtherContent = 415,  // a POST whose content type is not kDnsMessage
};

/// Checks the head of a request: the path, the method, and the content type of a POST. Absent: it
/// is valid. Threads: any.
[[nodiscard]] std::optional<DohFault> find_head_fault(const http::Request& head) noexcept;

/// Copies the DNS message of a request to the start of `out` and returns its size: the body of a
/// POST, or the decoded parameter `dns` of a GET or HEAD. Other parameters are ignored. The message
/// itself is not checked. Requires: `out` has 65535 bytes. Threads: any. Cost: no allocation.
/// Source: RFC 8484 §4.1, §6; RFC 4648 §5.
[[nodiscard]] Result<size_t, DohFault> read_doh_request(const http::Request& request,
                                                        MutableBytes out);

/// DNS over HTTPS at one endpoint IP address (RFC 8484): HTTP/2 and HTTP/1.1. A DNS response with
/// an error code has HTTP status 200. A query that waits for targets is answered later.
/// Threads: the worker's.
class DohService final : public EndpointService, public Replier, http::RequestReceiver {
 public:
  /// `socket`: bound, not listening. `address`: as for `set_address`. `batch_done` is called after
  /// each answered message.
  /// Lifetime: `responder`, `forwarder` and `counts` outlive this object.
  DohService(net::Loop& loop, net::Descriptor socket, const settings::Tls& settings,
             std::shared_ptr<const net::TlsServerContext> tls, Responder& responder,
             QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~DohService() override;

  //--- EndpointService and Replier
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return *address_;
  }
  void set_address(const resolver::EndpointAddress& address) override;
  void set_tls(const TlsContexts& contexts) override { tls_ = contexts.doh; }
  void drain() override;
  [[nodiscard]] size_t open_connections() const noexcept override {
    return connections_.open_connections();
  }
  void reply(const ReplyTo& to, Bytes response) override;

 private:
  //--- http::RequestReceiver
  http::HeadDecision head_received(http::RequestId id, const http::RequestOrigin& origin,
                                   http::Request& head) override;
  void request_received(http::RequestId id, const http::RequestOrigin& origin,
                        http::Request&& request) override;
  http::Response refuse(http::Refusal refusal) override;

  /// Adds the counters of the connections since the last call to the worker's counters.
  void count_handshakes();

  std::shared_ptr<const net::TlsServerContext> tls_;
  Responder& responder_;
  QueryForwarder& forwarder_;
  WorkerCounts& counts_;
  const resolver::EndpointAddress* address_;
  const std::function<void()> batch_done_;
  std::unique_ptr<uint8_t[]> buffer_;  // of one message
  http::BodyBudget bodies_;
  http::HttpsConnections connections_;
  http::HttpsCounts counted_;
  EndpointListener listener_;  // last: its connections use the rest
};

}  // namespace inlet53::server
