#include "actors/outbox/refusals.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace lama::actors {

namespace {

using nlohmann::json;

/// Of the newest outbox, and the one before.
constexpr std::size_t most_refusals = 1000;

const std::string note_prefix = "refused/";

std::string note_of(const hash& message) {
  return note_prefix + message.hex();
}

/// Empty for one that was dismissed.
std::string encoded(const models::refused_message& x) {
  return json{{"conversation", x.conversation}, {"time", x.timestamp}, {"reason", x.reason}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<refusal> decoded(const std::string& name, const std::string& text) {
  auto message = hash::from_hex(std::string_view{name}.substr(note_prefix.size()));
  auto x = json::parse(text, nullptr, false);
  if (!message || !x.is_object())
    return std::nullopt;
  return refusal{x.value("conversation", ""), *message, x.value("time", int64_t{0}), x.value("reason", "")};
}

} // namespace

result<done> note_refusals(storage::transaction& to, const models::user_persons& who) {
  for (const auto& x : models::refused_messages(to, who, most_refusals))
    if (!to.note(note_of(x.message)))
      to.set_note(note_of(x.message), encoded(x));
  return done{};
}

std::vector<refusal> refusals_in(const storage::snapshot& from, const std::string& conversation) {
  std::vector<refusal> all;
  for (const auto& [name, text] : from.notes(note_prefix, most_refusals))
    if (auto x = text.empty() ? std::nullopt : decoded(name, text); x && x->conversation == conversation)
      all.push_back(std::move(*x));
  return all;
}

result<done> dismiss_refusal(storage::transaction& to, const hash& message) {
  auto known = to.note(note_of(message));
  if (!known || known->empty())
    return fail(errc::not_found, "This message was not refused.");
  to.set_note(note_of(message), {});
  return done{};
}

} // namespace lama::actors
