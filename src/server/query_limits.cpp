// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/query_limits.h"

namespace inlet53::server {

namespace {

constexpr Rate aws_rate(uint32_t per_second) {
  return {per_second, per_second / QueryLimits::kAwsBursts};
}

}  // namespace

std::shared_ptr<QueryLimits> QueryLimits::make(const settings::Limits& settings) {
  if (!settings.aws_quotas && settings.queries_per_client == 0) return nullptr;
  return std::make_shared<QueryLimits>(settings);
}

QueryLimits::QueryLimits(const settings::Limits& settings)
    : aws_quotas_(settings.aws_quotas),
      client_rate_{settings.queries_per_client, settings.queries_per_client},
      unlimited_clients_(settings.unlimited_clients) {}

bool QueryLimits::allow(const resolver::EndpointAddress& address, const IpAddress& client,
                        uint64_t now_ms) noexcept {
  if (client_rate_.per_second > 0 && !unlimited_clients_.contains(client) &&
      !clients_.allow(client_network(client).bytes(), client_rate_, now_ms)) {
    return false;
  }
  if (!aws_quotas_) return true;
  const uint32_t quota = address.tracked ? kAwsTrackedQueries : kAwsQueries;
  return addresses_.allow(as_bytes(address.interface_id), aws_rate(quota), now_ms);
}

}  // namespace inlet53::server
