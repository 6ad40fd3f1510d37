#pragma once

#include "protocol/objects/microdata.hpp"

#include <string>
#include <string_view>

/// Channels of our own, by the beginning of their id. They hold types that a stock peer does not take (docs/protocol/04 §0.11).
namespace lama::protocol {

inline constexpr std::string_view own_channels = "lama.";
inline constexpr std::string_view annotation_channels = "lama.annotations.";

/// The id in the text of a ChannelInfo, or of its id object; empty for everything else.
std::string channel_name(std::string_view text, const recipe_table& recipes);

} // namespace lama::protocol
