#pragma once

#include "protocol/objects/value.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>

/// JSON as JavaScript reads and ONE writes it (docs/protocol/01 §1.2). nlohmann's own reader and writer are not used for it: they refuse lone
/// surrogates, recurse without a bound and sort keys by bytes.
namespace lama::protocol {

/// `JSON.parse`, with at most limits::object_depth levels. A lone surrogate becomes its WTF-8 form.
result<json> parse_json(std::string_view text);

/// Why sorted_json refuses.
inline constexpr const char* unwritable_json =
    "a JSON value holds a key with quotes, backslashes or control characters, malformed text, or is nested too deeply";

/// Is this what sorted_json makes of some value? `text` is UTF-8. One pass, no tree.
bool is_sorted_json(std::string_view text);

/// `"` content `"` with the escapes of JSON.stringify. `content` is WTF-8.
void append_json_string(std::string& out, std::string_view content);

} // namespace lama::protocol
