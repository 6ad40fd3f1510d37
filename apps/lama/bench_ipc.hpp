#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace lama::app {

/// Small calls over one websocket, sent at a steady rate whether the answers come or not; each latency counts from when the call was due.
result<nlohmann::json> measure_ipc(std::size_t calls, std::size_t calls_a_second);

} // namespace lama::app
