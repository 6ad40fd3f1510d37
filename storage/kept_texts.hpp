#pragma once

#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Texts that are kept without the recipe of their type (protocol/objects/unknown_object.hpp). Each is stored as a small blob is, whole, and a note says
/// what it is: so a store of an older program reads it, backup and digest need to know nothing of it, and the same bytes kept as a file are no second copy.
namespace lama::storage {

/// Names of the notes: of each text, `unknown/TYPE/HASH`, and of their sum.
inline constexpr std::string_view text_notes = "unknown/";
inline constexpr std::string_view text_totals_note = "unknown-totals";

struct text_mark {
  hash name{};
  protocol::text_origin origin = protocol::text_origin::own;
  uint64_t bytes = 0;
  std::string refused; ///< why it is no object, though its type has a recipe here; else empty
};

std::string text_note(std::string_view type, const hash& name);
/// Of the name of such a note; nothing where it is none.
std::optional<std::string> type_of_text_note(std::string_view note);
std::string encode(const text_mark& x);
std::optional<text_mark> decode_text_mark(std::string_view value);
std::string encode(const protocol::kept_texts& x);
std::optional<protocol::kept_texts> decode_kept_texts(std::string_view value);
void count_text(protocol::kept_texts& sum, const text_mark& x);
void discount_text(protocol::kept_texts& sum, const text_mark& x);

struct kept_text {
  std::string type;
  text_mark mark;
};
/// All of them, in order of types and names.
std::vector<kept_text> list_kept_texts(const snapshot& from);

/// A program that is newer than the one before may ship a recipe that was waited for: makes objects of what conforms.
void take_up_texts_of_known_types(const snapshot& from, transaction& in);

} // namespace lama::storage
