// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The shapes of names that are no ids: each predicate looks at the text alone.
namespace inlet53::topology {

/// `eu-west-1`, `us-gov-east-1`: words of a-z with dashes, a number at the end; at most 32 octets.
[[nodiscard]] bool is_region(std::string_view text) noexcept;

/// 12 digits.
[[nodiscard]] bool is_account_id(std::string_view text) noexcept;

/// `eu-west-1a`, and Local and Wavelength Zones: `us-west-2-lax-1a`.
[[nodiscard]] bool is_availability_zone_of(std::string_view text, std::string_view region) noexcept;

/// Z and 1 to 31 of A-Z0-9. Source: Route 53 API Reference, HostedZone.Id (at most 32 characters).
[[nodiscard]] bool is_hosted_zone_id(std::string_view text) noexcept;

/// A domain name that Route 53 takes for a zone: labels of 1 to 63 octets out of letters, digits,
/// `-`, `_` and `/` (RFC 2317), at most 253 in all, with or without a dot at the end; not the root.
/// Source: RFC 1035 §2.3.4; Route 53 Developer Guide, "DNS domain name format".
[[nodiscard]] bool is_zone_name(std::string_view text) noexcept;

/// Letters, digits and inner dashes in labels with dots between, as service names are made of.
[[nodiscard]] bool is_service_label(std::string_view text) noexcept;

/// A stage's name: 1 to 128 of letters, digits, `-` and `_`.
/// Source: API Gateway API Reference, CreateStage.
[[nodiscard]] bool is_stage_name(std::string_view text) noexcept;

/// A stage variable's name: letters, digits and `_`.
[[nodiscard]] bool is_stage_variable_name(std::string_view text) noexcept;

/// Static text of a resource's path: letters, digits and `_ - . , : ~ $`.
[[nodiscard]] bool is_path_text(std::string_view text) noexcept;

/// A path variable's name: letters, digits and `_ - .`.
[[nodiscard]] bool is_variable_name(std::string_view text) noexcept;

/// A FunctionName: 1 to 64 of letters, digits, `-` and `_`.
[[nodiscard]] bool is_function_name(std::string_view text) noexcept;

/// An environment variable of a function: a letter, then letters, digits and `_`.
/// Source: Lambda API Reference, Environment.
[[nodiscard]] bool is_environment_name(std::string_view text) noexcept;

/// A token, as field names are. Source: RFC 9110 §5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// A media type or a range of them, `image/png`, `*/*`. Source: RFC 9110 §8.3.1.
[[nodiscard]] bool is_media_type(std::string_view text) noexcept;

/// Whether `text` has a control octet (0-31, 127); a tab counts.
[[nodiscard]] bool has_control_octet(std::string_view text) noexcept;

}  // namespace inlet53::topology
