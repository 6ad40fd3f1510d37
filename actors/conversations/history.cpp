#include "actors/conversations/history.hpp"

#include "actors/conversations/listing.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/import.hpp"
#include "protocol/models/lama_objects.hpp"

#include <utility>

namespace lama::actors {

namespace {

std::string line_note(const std::string& conversation, const hash& key) {
  return "import/" + conversation + '/' + key.hex();
}

/// The files of a line were stored before it: `file` then reads `blob:HASH`.
result<std::vector<models::attachment>> stored_files(const storage::snapshot& from, const models::import_line& line) {
  std::vector<models::attachment> found;
  for (const auto& file : line.attachments) {
    auto blob = file.file.starts_with("blob:") ? hash::from_hex(std::string_view{file.file}.substr(5)) : std::nullopt;
    auto size = blob ? from.size_of(*blob) : std::nullopt;
    if (!size)
      return fail(errc::not_found, "the attachment " + file.name + " was not stored before the line that names it");
    found.push_back({*blob, line.time, file.name, *size, file.type});
  }
  return found;
}

result<done> describe_import(storage::transaction& to, const user_context& user, const models::import_job& job, const import_lines& request) {
  models::lama_conversation x;
  if (auto former = protocol::load_current(to, models::conversation_id(job.conversation)))
    if (auto read = models::read_conversation(*former))
      x = *read;
  x.id = job.conversation;
  x.kind = "imported";
  x.title = request.conversation.empty() ? request.source : request.conversation;
  x.participants = {user.me.person};
  x.channel = job.channel;
  x.imported = true;
  x.imported_from = request.source;
  LAMA_CHECK(protocol::store_version(to, models::text_of(x), user.environment->clock->now_ms()));
  return done{};
}

} // namespace

result<done> import_history(storage::transaction& to, const user_context& user, const import_lines& request, lines_imported& outcome) {
  if (request.lines.size() > most_lines_a_call)
    return fail(errc::too_large, "at most " + std::to_string(most_lines_a_call) + " lines in one call");
  auto now = user.environment->clock->now_ms();
  LAMA_TRY(job, models::begin_import(to, user.me.person, request.source, request.people, now));
  outcome.conversation = job.conversation;
  std::vector<models::prepared_line> prepared;
  auto number = static_cast<int64_t>(request.first_line);
  for (const auto& text : request.lines) {
    auto line = models::parse_import_line(text, number++);
    if (!line) {
      outcome.problems.push_back(line.failure().message);
    } else if (*line) {
      auto files = stored_files(*user.store->read(), **line);
      if (files)
        prepared.push_back({std::move(**line), std::move(*files)});
      else
        outcome.problems.push_back("line " + std::to_string((*line)->number) + ": " + files.failure().message);
    }
  }
  auto seen = [&](const hash& key) { return to.note(line_note(job.conversation, key)).has_value(); };
  LAMA_TRY(batch, models::import_lines(to, job, prepared, seen, user.keys->as(user.me.person), user.environment->random(), now));
  for (const auto& key : batch.keys)
    to.set_note(line_note(job.conversation, key), "1");
  outcome.stored = batch.added;
  outcome.already_there = batch.known;
  if (batch.added > 0 || request.first_line == 1) {
    LAMA_CHECK(describe_import(to, user, job, request));
    LAMA_CHECK(refresh_conversation(to, user, job.conversation));
  }
  return done{};
}

} // namespace lama::actors
