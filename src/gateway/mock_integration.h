#pragma once

#include <memory>

#include "integration.h"

namespace inlet53::gateway {

/// MOCK: responses from the state. It never waits.
[[nodiscard]] std::unique_ptr<Integration> make_mock_integration();

}  // namespace inlet53::gateway
