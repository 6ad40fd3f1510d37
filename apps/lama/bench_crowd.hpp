#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace lama::app {

/// Small calls of so many websockets, `calls_a_second` in all, while some other clients ask for much and read nothing, and some stop half-way.
result<nlohmann::json> measure_crowd(std::size_t clients, std::size_t calls, std::size_t calls_a_second);

} // namespace lama::app
