#pragma once

#include "protocol/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// JSON as CHUM has it on the wire (docs/protocol/03 §2.1): compact, UTF-8, non-ASCII raw. Everything here is safe on foreign input.
namespace lama::protocol::chum {

using json = nlohmann::json;

/// Appends `text` with its quotes, escaped as JSON.stringify does.
void append_json_string(std::string& out, std::string_view text);

/// Reads a string whose opening quote stands before `text`. Answers what follows its closing quote; nothing where it is not a JSON string.
/// A lone surrogate becomes U+FFFD, which is what the peer hashes (docs/protocol/01 §2). UTF-8 is not checked.
std::optional<std::string_view> read_json_string(std::string_view text, std::string& out);

/// Parses foreign JSON into memory: nesting and the count of items are bounded before anything is built. Nothing where it is not JSON.
std::optional<json> parse_bounded(std::string_view text, std::size_t max_depth = 32, std::size_t max_items = 1u << 16);

/// An object of a list, members in the order of the text; members that are not strings are left out.
using flat_object = std::vector<std::pair<std::string, std::string>>;

/// The member's text; empty where it is absent.
std::string_view member(const flat_object& from, std::string_view name);

/// Walks an array of flat objects, as roots and children are sent, without holding it as a tree. `each` answers false to give up.
/// Errors: `bad_input` where the text is not such a list or `each` gave up, `too_large` beyond limits::chum_list_entries.
result<done> read_list(std::string_view text, const std::function<bool(flat_object&)>& each);

} // namespace lama::protocol::chum
