// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Forms of names that are not ids. Each predicate checks only the text.
namespace inlet53::topology {

/// `eu-west-1`, `us-gov-east-1`: words of a-z with dashes, a number at the end; at most 32 bytes.
[[nodiscard]] bool is_region(std::string_view text) noexcept;

/// 12 digits.
[[nodiscard]] bool is_account_id(std::string_view text) noexcept;

/// `eu-west-1a`, and Local and Wavelength Zones: `us-west-2-lax-1a`.
[[nodiscard]] bool is_availability_zone_of(std::string_view text, std::string_view region) noexcept;

/// Z and 1 to 31 of A-Z0-9. Source: Route 53 API Reference, HostedZone.Id (at most 32 characters).
[[nodiscard]] bool is_hosted_zone_id(std::string_view text) noexcept;

/// Domain name that Route 53 accepts for a hosted zone: labels of 1 to 63 bytes of letters, digits,
/// `-`, `_` and `/` (RFC 2317), at most 253 bytes in all, with or without the final dot; not the
/// root. Source: RFC 1035 §2.3.4; Route 53 Developer Guide, "DNS domain name format".
[[nodiscard]] bool is_zone_name(std::string_view text) noexcept;

/// Letters, digits and inner dashes in labels separated by dots, as in service names.
[[nodiscard]] bool is_service_label(std::string_view text) noexcept;

/// Name of a stage: 1 to 128 of letters, digits, `-` and `_`. Source: API Gateway API Reference,
/// CreateStage.
[[nodiscard]] bool is_stage_name(std::string_view text) noexcept;

/// Name of a stage variable: letters, digits and `_`.
[[nodiscard]] bool is_stage_variable_name(std::string_view text) noexcept;

/// Static text of a resource path: letters, digits and `_ - . , : ~ $`.
[[nodiscard]] bool is_path_text(std::string_view text) noexcept;

/// Name of a path variable: letters, digits and `_ - .`.
[[nodiscard]] bool is_variable_name(std::string_view text) noexcept;

/// FunctionName: 1 to 64 of letters, digits, `-` and `_`.
[[nodiscard]] bool is_function_name(std::string_view text) noexcept;

/// Name of a function's environment variable: a letter, then letters, digits and `_`. Source:
/// Lambda API Reference, Environment.
[[nodiscard]] bool is_environment_name(std::string_view text) noexcept;

/// Token, the form of field names. Source: RFC 9110 §5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Media type or media range, `image/png`, `*/*`. Source: RFC 9110 §8.3.1.
[[nodiscard]] bool is_media_type(std::string_view text) noexcept;

/// Returns whether `text` has a control character (0-31, 127), including a tab.
[[nodiscard]] bool has_control_octet(std::string_view text) noexcept;

}  // namespace inlet53::topology
