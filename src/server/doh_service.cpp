// SPDX-License-Identifier: Apache-2.0
#include "doh_service.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "inlet53/base/base64.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/composed_response.h"

namespace inlet53::server {

namespace {

// Returns the value of the parameter `dns`, which must occur once.
std::optional<std::string_view> find_dns(std::string_view query) noexcept {
  constexpr std::string_view kName = "dns=";
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (!parameter.starts_with(kName)) continue;
    if (found) return std::nullopt;
    found = parameter.substr(kName.size());
  }
  return found;
}

// Ignores parameters of the content type: it has none (RFC 8484 §6).
bool is_dns_message(const http::Request& request) noexcept {
  const http::Field* const type = http::find_field(request.fields, "content-type");
  if (type == nullptr) return false;
  std::string_view text = type->value;
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return http::same_field_name(text, kDnsMessage);  // ignores letter case
}

Result<size_t, DohFault> read_body(const http::Request& request, MutableBytes out) {
  if (request.body.size() > out.size()) return Unexpected(DohFault::TooLarge);
  if (!request.body.empty()) std::memcpy(out.data(), request.body.data(), request.body.size());
  return request.body.size();
}

Result<size_t, DohFault> read_query(std::string_view query, MutableBytes out) {
  const auto text = find_dns(query);
  if (!text) return Unexpected(DohFault::NoMessage);
  const size_t size = base64_decoded_size(text->size());
  if (size > out.size()) return Unexpected(DohFault::TooLarge);
  if (!decode_base64url(*text, out)) return Unexpected(DohFault::NoMessage);
  return size;
}

constexpr uint16_t kTooManyRequests = 429;
constexpr uint16_t kBadGateway = 502;

// Holds all fields that a DNS client sends, and a query by GET.
constexpr uint32_t kMaxHead = 16U << 10;

// Memory for messages of POST requests and for unread responses, each at most 65535 bytes: about a
// hundred of the largest per client.
constexpr uint64_t kBodyMemory = uint64_t{32} << 20;
constexpr uint64_t kBodyMemoryPerClient = uint64_t{8} << 20;

http::HttpsOptions https_options(const settings::Tls& settings) {
  http::HttpsOptions options{.handshake_timeout_ms = settings.handshake_timeout_ms,
                             .head_timeout_ms = settings.head_timeout_ms,
                             .body_timeout_ms = settings.body_timeout_ms,
                             .idle_timeout_ms = settings.idle_timeout_ms,
                             .limits = {}};
  options.limits.max_head = kMaxHead;
  options.limits.max_body = dns::kMaxMessage;
  return options;
}

// Makes a response with a text for users who send requests by hand.
http::Response compose_refusal(uint16_t status, std::string_view why) {
  return {.status = status,
          .fields = {{"content-type", "text/plain; charset=utf-8"}},
          .body = concat(why, "\n")};
}

http::Response compose_fault(DohFault fault) {
  const auto status = static_cast<uint16_t>(fault);
  switch (fault) {
    case DohFault::NoMessage:
      return compose_refusal(status, "expected ?dns= and a DNS message in base64url, unpadded");
    case DohFault::OtherPath:
      return compose_refusal(status, concat("the path of DNS queries is ", kDohPath));
    case DohFault::OtherMethod: {
      http::Response response = compose_refusal(status, concat("expected ", kDohMethods));
      response.fields.push_back({"allow", std::string(kDohMethods)});
      return response;
    }
    case DohFault::TooLarge:
      return compose_refusal(status, "a DNS message has at most 65535 bytes");
    case DohFault::OtherContent:
      return compose_refusal(status, concat("expected content-type: ", kDnsMessage));
  }
  return compose_refusal(status, {});
}

// RFC 8484 §5.1: an HTTP cache must not keep a response longer than a DNS cache does.
http::Response compose_answer(Bytes message) {
  const uint32_t max_age = dns::freshness_lifetime(message).value_or(0);
  return {.status = 200,
          .fields = {{"content-type", std::string(kDnsMessage)},
                     {"cache-control", concat("max-age=", max_age)}},
          .body = std::string(as_text(message))};
}

}  // namespace

std::optional<DohFault> find_head_fault(const http::Request& head) noexcept {
  const std::string_view target = head.target;
  if (target.substr(0, target.find('?')) != kDohPath) return DohFault::OtherPath;
  if (head.method == "POST") {
    return is_dns_message(head) ? std::nullopt : std::optional(DohFault::OtherContent);
  }
  if (head.method != "GET" && head.method != "HEAD") return DohFault::OtherMethod;
  return std::nullopt;
}

Result<size_t, DohFault> read_doh_request(const http::Request& request, MutableBytes out) {
  if (const auto fault = find_head_fault(request)) return Unexpected(*fault);
  if (request.method == "POST") return read_body(request, out);
  const std::string_view target = request.target;
  const size_t mark = std::min(target.find('?'), target.size());
  return read_query(target.substr(std::min(mark + 1, target.size())), out);
}

DohService::DohService(net::Loop& loop, net::Descriptor socket, const settings::Tls& settings,
                       std::shared_ptr<const net::TlsServerContext> tls, Responder& responder,
                       QueryForwarder& forwarder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : tls_(std::move(tls)),
      responder_(responder),
      forwarder_(forwarder),
      counts_(counts),
      address_(&address),
      batch_done_(std::move(batch_done)),
      buffer_(std::make_unique<uint8_t[]>(dns::kMaxMessage)),
      bodies_({.total = kBodyMemory,
               .per_client = kBodyMemoryPerClient,
               .wait_ms = settings.body_timeout_ms}),
      connections_(loop, https_options(settings), bodies_),
      listener_(loop, std::move(socket), listener_options(settings), counts, counts.doh_connections,
                address, [this](net::TcpConnection& tcp) {
                  count_handshakes();
                  return connections_.open(tcp, *tls_, *this);
                }) {}

DohService::~DohService() {
  forwarder_.cancel(*this);
  count_handshakes();
}

void DohService::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  listener_.set_address(address);
}

void DohService::drain() { listener_.drain(); }

// Answers a request with an invalid head, or a GET, without its body.
http::HeadDecision DohService::head_received(http::RequestId, const http::RequestOrigin&,
                                             http::Request& head) {
  if (const auto fault = find_head_fault(head)) return compose_fault(*fault);
  return head.method == "POST" ? http::BodyUse::Keep : http::BodyUse::Discard;
}

void DohService::request_received(http::RequestId id, const http::RequestOrigin& origin,
                                  http::Request&& request) {
  listener_.count_refused();
  count_handshakes();
  const MutableBytes buffer{buffer_.get(), dns::kMaxMessage};
  const auto size = read_doh_request(request, buffer);
  if (!size) return connections_.respond(id, compose_fault(size.error()));
  const Arrival how{*address_, record::Transport::Doh, read_clock()};
  const Reply reply = responder_.answer(how, origin.client, buffer, *size);
  if (reply.fetch_for == resolver::FetchFor::Answer) {
    return forwarder_.enqueue(
        {this, id.connection, origin.client, record::Transport::Doh, id.stream},
        buffer.first(*size), *reply.question);
  }
  if (reply.over_limit) {
    connections_.respond(id, compose_refusal(kTooManyRequests, "too many queries per second"));
  } else if (reply.size == 0) {
    connections_.respond(id, compose_refusal(static_cast<uint16_t>(DohFault::NoMessage),
                                             "the message is not a DNS query"));
  } else {
    connections_.respond(id, compose_answer(buffer.first(reply.size)));
  }
  if (reply.fetch_for == resolver::FetchFor::Refresh) forwarder_.refresh(*reply.question);
  batch_done_();
}

void DohService::reply(const ReplyTo& to, Bytes response) {
  connections_.respond({to.connection, to.stream},
                       response.empty() ? compose_refusal(kBadGateway, "no target has answered")
                                        : compose_answer(response));
  batch_done_();
}

http::Response DohService::refuse(http::Refusal refusal) {
  if (refusal == http::Refusal::NoRoom) {
    return compose_refusal(http::refusal_status(refusal), "too many requests wait; try again");
  }
  return compose_refusal(http::refusal_status(refusal), "this is not a DNS over HTTPS request");
}

void DohService::count_handshakes() {
  const http::HttpsCounts& now = connections_.counts();
  counts_.tls_handshakes.add(now.handshakes - counted_.handshakes);
  counts_.tls_resumed.add(now.resumed - counted_.resumed);
  counts_.tls_handshakes_failed.add(now.handshakes_failed - counted_.handshakes_failed);
  counted_ = now;
}

}  // namespace inlet53::server
