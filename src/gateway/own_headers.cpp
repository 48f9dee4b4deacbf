#include "inlet53/gateway/own_headers.h"

namespace inlet53::gateway {

bool is_gateways_own(std::string_view folded) noexcept {
  return folded.starts_with("x-amzn-vpc") || folded == "x-amzn-cipher-suite" ||
         folded == "x-amzn-tls-version" || folded == "x-amzn-apigateway-api-id";
}

bool is_aws_signature(std::string_view authorization) noexcept {
  return authorization.starts_with("AWS4-HMAC-SHA256");
}

}  // namespace inlet53::gateway
