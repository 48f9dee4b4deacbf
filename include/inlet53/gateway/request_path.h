// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Splits the target of a call into the parts of a REST API.
namespace inlet53::gateway {

/// Parts of `/DemoStage/pets/7?limit=10`. They are not decoded. Lifetime: the target's.
struct RequestPath {
  std::string_view stage;         // empty: the target has none
  std::string_view path;          // within the stage, at least `/`: matched with resources
  std::string_view context_path;  // with the stage: `$context.path`
  std::string_view query;         // after the `?`
};

/// Splits a target, in origin form.
///
/// Slashes before the stage count as one. Slashes after it count as one in `path`; `context_path`
/// keeps them: of `//S//x`, `path` is `/x` and `context_path` is `/S//x`. Further slashes, and one
/// at the end, stay. A target in another form (`*`) has no stage. Source: responses of REST APIs,
/// as recorded for other emulators.
[[nodiscard]] RequestPath split_target(std::string_view target) noexcept;

}  // namespace inlet53::gateway
