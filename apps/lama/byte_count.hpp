#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <string>

namespace lama::app {

/// "500MB", "2 GB", "1.5GiB", "65536": bytes. `bad_input` for anything else.
result<uint64_t> parse_bytes(const std::string& text);

} // namespace lama::app
