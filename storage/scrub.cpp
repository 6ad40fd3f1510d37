#include "storage/scrub.hpp"

#include "storage/states.hpp"

#include <array>
#include <charconv>

namespace lama::storage {

// Numbers, and the position or "-", with a space after each.
std::string encode(const scrub_state& x) {
  std::string text;
  for (auto number : {x.checked, x.bytes, x.passes, static_cast<uint64_t>(x.last_pass_ms), x.found, x.unreadable})
    text.append(std::to_string(number)).append(" ");
  return text + (x.position ? x.position->hex() : "-");
}

std::optional<scrub_state> decode_scrub_state(std::string_view text) {
  std::array<uint64_t, 6> numbers{};
  for (auto& number : numbers) {
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto length = static_cast<std::size_t>(end - text.data());
    if (problem != std::errc{} || length >= text.size() || text[length] != ' ')
      return std::nullopt;
    text.remove_prefix(length + 1);
  }
  scrub_state x{{}, numbers[0], numbers[1], numbers[2], static_cast<int64_t>(numbers[3]), numbers[4], numbers[5]};
  x.position = hash::from_hex(text);
  return x.position || text == "-" ? std::optional{x} : std::nullopt;
}

scrub_state scrub_state_of(const snapshot& from) {
  auto text = from.note(scrub_note);
  return (text ? decode_scrub_state(*text) : std::nullopt).value_or(scrub_state{});
}

scrub_piece scrub(const snapshot& from, scrub_state& state, std::size_t most_bytes, int64_t now_ms) {
  const auto& view = inside::of(from);
  scrub_piece piece;
  if (!view.db())
    return piece;
  auto options = view.options;
  options.verify_checksums = true;
  options.fill_cache = false;
  auto start = state.position ? std::string{std::string_view{keys::object(*state.position)}}.append(1, '\0') : std::string{"o"};
  piece.ended = true;
  auto status = storage::scan(*view.db(), options, "o", start, [&](std::string_view at, std::string_view value) {
    if (piece.bytes >= most_bytes || from.in_the_way()) {
      piece.ended = false;
      return false;
    }
    auto name = hash::from_bytes(at.substr(1));
    if (!name)
      return true; // verify tells of it
    state.position = name;
    piece.bytes += value.size();
    auto found = decode_record(std::string{value});
    if (auto content = found ? found->chunked() : std::nullopt)
      piece.bytes += content->size;
    if (!found || (found->head.here() && view.digest_of(*found) != *name))
      piece.damaged.push_back(*name);
    ++state.checked;
    return true;
  });
  state.bytes += piece.bytes;
  state.found += piece.damaged.size();
  state.unreadable += !status.ok();
  if (piece.ended) {
    state.position.reset();
    state.checked = state.bytes = 0;
    ++state.passes;
    state.last_pass_ms = now_ms;
  }
  return piece;
}

} // namespace lama::storage
