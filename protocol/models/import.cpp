#include "protocol/models/import.hpp"

namespace lama::models {

namespace {

constexpr int64_t day_ms = 24 * 3600 * 1000;
constexpr std::size_t id_digits = 16;

/// A contact without keys for somebody who is only a name.
result<hash> make_author(object_space& space, const import_job& job, const std::string& author, random_source& random, int64_t now_ms) {
  auto email = imported_author_email(job.source, author);
  auto person = protocol::id_hash_of_person(email);
  LAMA_CHECK(protocol::store_version(space, object_writer{"Person"}.text("email", email).text("name", author).finish(), now_ms));
  LAMA_TRY(name, store_text(space, person_name_text(author)));
  profile about;
  about.person = person;
  about.owner = job.me;
  about.descriptions = {name};
  LAMA_TRY(stored, store_profile(space, about, now_ms));
  LAMA_CHECK(profile_arrived(space, job.me, stored.id, random, now_ms));
  return person;
}

/// Stores message and its origin; answers the LamaImportedMessage.
result<hash> store_line(object_space& space, const import_job& job, const prepared_line& item, const hash& sender) {
  LAMA_TRY(attachments, store_attachments(space, item.attachments));
  LAMA_TRY(text, chat_message_text({item.line.text, sender, attachments, {}}));
  LAMA_TRY(message, store_text(space, text));
  return store_text(space, text_of(lama_imported_message{job.source, item.line.author, item.line.number, message}));
}

} // namespace

std::string imported_conversation_id(std::string_view source) {
  return "import-" + sha256(source).hex().substr(0, id_digits);
}

std::string imported_author_email(std::string_view source, std::string_view author) {
  return "import-" + sha256(std::string{source} + "\n" + std::string{author}).hex().substr(0, id_digits) + "@import.lama.local";
}

result<import_job> begin_import(object_space& space, const hash& me, std::string_view source, std::map<std::string, hash> people, int64_t now_ms) {
  import_job out{std::string{source}, imported_conversation_id(source), {}, me, std::move(people)};
  LAMA_TRY(channel, create_channel(space, {out.conversation, me}, now_ms));
  out.channel = channel;
  return out;
}

result<import_batch> import_lines(object_space& space, import_job& job, const std::vector<prepared_line>& lines,
                                  const std::function<bool(const hash& key)>& seen, const signer& as, random_source& random, int64_t now_ms) {
  import_batch out;
  std::vector<timed_payload> items;
  for (const auto& item : lines) {
    if (seen(item.line.key)) {
      ++out.known;
      continue;
    }
    auto person = job.people.find(item.line.author);
    if (person == job.people.end()) {
      LAMA_TRY(made, make_author(space, job, item.line.author, random, now_ms));
      person = job.people.emplace(item.line.author, made).first;
      out.people.push_back(made);
    }
    LAMA_TRY(payload, store_line(space, job, item, person->second));
    items.push_back({payload, item.line.time});
    out.keys.push_back(item.line.key);
  }
  LAMA_TRY(entries, post_many(space, job.channel, items, as, now_ms));
  out.added = entries.size();
  if (!entries.empty()) {
    out.last = entries.back().creation_time;
    out.last_time = entries.back().timestamp;
  }
  return out;
}

result<done> import_order::check(const import_line& line) {
  if (newest_ && line.time < *newest_ - day_ms)
    return fail(errc::bad_input, "line " + std::to_string(line.number) +
                                     " is more than a day older than a line before it; sort the file by time, oldest first, and import it again");
  if (!newest_ || line.time > *newest_)
    newest_ = line.time;
  return done{};
}

} // namespace lama::models
