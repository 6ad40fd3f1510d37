#include "actors/ui_gateway/calls.hpp"

#include "actors/common/verify_json.hpp"
#include "actors/conversations/history.hpp"
#include "actors/ui_gateway/long_job.hpp"

#include <utility>

namespace lama::actors {

namespace {

constexpr std::size_t most_mapped_authors = 1000;

result<import_lines> read_import(const call_scope& x) {
  import_lines request;
  LAMA_TRY(source, text_parameter(x, "source"));
  LAMA_TRY(title, optional_text(x, "conversation"));
  LAMA_TRY(first, count_parameter(x, "firstLine", 1, std::size_t{1} << 53));
  const auto& lines = x["lines"];
  if (!lines.is_array() || lines.size() > most_lines_a_call)
    return bad_parameter("lines", "lines must be a list of at most " + std::to_string(most_lines_a_call) + " texts");
  for (const auto& line : lines) {
    if (!line.is_string())
      return bad_parameter("lines", "each line is a text: the JSON as it stands in the file");
    request.lines.push_back(line.get<std::string>());
  }
  const auto& people = x["people"];
  if (!people.is_null() && (!people.is_object() || people.size() > most_mapped_authors))
    return bad_parameter("people", "people must be an object of at most " + std::to_string(most_mapped_authors) + " entries, author to person");
  for (const auto& [author, person] : people.items()) {
    auto id = person.is_string() ? hash::from_hex(person.get<std::string>()) : std::nullopt;
    if (!id)
      return bad_parameter("people", "the person of " + author + " must be given by its id, 64 hex digits");
    request.people.emplace(author, *id);
  }
  request.source = std::move(source);
  request.conversation = std::move(title);
  request.first_line = first;
  return request;
}

} // namespace

namespace channels {

void import(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(request, read_import(x));
  auto told = [x](const lines_imported& outcome) {
    x.done({{"conversationId", outcome.conversation}, {"stored", outcome.stored}, {"alreadyThere", outcome.already_there}, {"problems", outcome.problems}});
  };
  auto& members = *self->state.context->members;
  auto deadline = 2 * self->state.deadline();
  if (self->state.is_archive())
    self->request(members.find<conversations_actor>(x.user->role("conversations")), deadline, std::move(request)).then(told, x.failed());
  else
    self->request(members.find<bridge_client_actor>("bridge"), deadline, forward_import{x.user->user, std::move(request)}).then(told, x.failed());
}

void verify(gateway_pointer self, const call_scope& x) {
  run_long_job(self, x, [user = x.user, progress = progress_of(self, x, x.user->store->object_count())]() -> result<json> {
    return verify_json(user->user, to_string(user->environment->settings.which), user->store->verify(progress));
  });
}

} // namespace channels
} // namespace lama::actors
