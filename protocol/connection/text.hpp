#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Strings as the stock peer sees them: UTF-16 in memory, UTF-8 on the wire (docs/protocol/02 §2.2, §2.4). Ours are UTF-8 throughout, a lone
/// surrogate in its three-byte form.
namespace lama::protocol {

/// What a lenient decoder makes of foreign bytes: invalid sequences become U+FFFD, a leading byte order mark goes. Valid text is passed through.
std::string decode_text(std::string bytes);

/// Lone surrogates become U+FFFD, which is as long; everything else stays.
void replace_surrogates(std::string& text, std::size_t from = 0);

/// Length in UTF-16 code units.
std::size_t utf16_length(std::string_view text);
/// Drops the last UTF-16 code unit; half of a pair leaves the other half as a lone surrogate. Does nothing to an empty text.
void drop_last_unit(std::string& text);

/// `prefix`, or `prefix: why` where there is a why, cut to the 123 bytes that a close frame holds (docs/protocol/02 §2).
std::string close_text(std::string_view prefix, std::string_view why);

} // namespace lama::protocol
