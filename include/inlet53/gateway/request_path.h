// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The target of a call in the parts that a REST API has.
namespace inlet53::gateway {

/// `/DemoStage/pets/7?limit=10`. Nothing in it is decoded. Lifetime: the target's.
struct RequestPath {
  std::string_view stage;         // empty: the target has none
  std::string_view path;          // within the stage, `/` at least: what resources are matched with
  std::string_view context_path;  // with the stage: `$context.path`
  std::string_view query;         // after the `?`
};

/// Splits a target, in origin form.
///
/// Slashes before the stage count as one; so do those after it for `path`, while `context_path` has
/// them as they were sent: of `//S//x`, `path` is `/x` and `context_path` `/S//x`. Further slashes,
/// and one at the end, stay. A target in another form (`*`) has no stage. Source: responses of REST
/// APIs, as recorded for other emulators.
[[nodiscard]] RequestPath split_target(std::string_view target) noexcept;

}  // namespace inlet53::gateway
