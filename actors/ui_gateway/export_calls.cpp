#include "actors/ui_gateway/calls.hpp"
#include "actors/ui_gateway/export_writer.hpp"
#include "actors/ui_gateway/long_job.hpp"
#include "actors/ui_gateway/views.hpp"

#include <filesystem>
#include <utility>

/// app:export (docs/export.md).
namespace lama::actors {

namespace {

namespace fs = std::filesystem;

/// The named ones in their order, else all.
result<json> chosen_conversations(const call_scope& x) {
  auto view = x.user->store->read();
  viewer views{*x.user, *view};
  auto chosen = json::array();
  const auto& named = x["conversations"];
  if (named.is_null()) {
    for (const auto& conversation : conversations_of(*view))
      chosen.push_back(views.conversation(conversation));
    return chosen;
  }
  if (named.empty())
    return bad_parameter("conversations", "conversations names at least one; leave it out for all");
  for (const auto& name : named) { // texts, by the schema
    const auto& id = name.get_ref<const std::string&>();
    auto current = protocol::load_current(*view, models::conversation_id(id));
    if (!current)
      return lama::fail(errc::not_found, "There is no conversation " + id.substr(0, 200) + " here.");
    LAMA_TRY(conversation, models::read_conversation(*current));
    chosen.push_back(views.conversation(conversation));
  }
  return chosen;
}

json answer_of(const fs::path& folder, const export_counts& x) {
  return {{"folder", folder.string()}, {"conversations", x.conversations}, {"messages", x.messages},
          {"files", x.files},          {"missingFiles", x.missing},        {"bytes", x.bytes}};
}

bool wants_pages(const call_scope& x) {
  const auto& html = x["html"];
  return html.is_boolean() && html.get<bool>();
}

} // namespace

namespace channels {

void export_conversations(gateway_pointer self, const call_scope& x) {
  const auto& settings = x.user->environment->settings;
  LAMA_PARAMETER(name, file_parameter(x, "folder"));
  if (settings.data_folder.empty())
    return x.fail(lama::fail(errc::unsupported, "This node has no folder for exports."));
  LAMA_PARAMETER(conversations, chosen_conversations(x));
  auto place = long_job_place();
  if (!place)
    return x.fail(too_many_long_jobs());
  auto exports = fs::path{settings.data_folder} / exports_folder;
  auto folder = exports / name;
  write_export what{folder, exports / (export_work_prefix(to_string(settings.which)) + name), std::move(conversations), wants_pages(x), std::move(place)};
  const auto& context = self->state.context;
  ui_gateway_actor me{self};
  auto made = context->environment->where == placement::production ? self->spawn<caf::detached>(export_writer, context, me, x.user->user)
                                                                   : self->spawn(export_writer, context, me, x.user->user);
  self->request(made, long_job_deadline, std::move(what))
      .then([x, folder](const export_written& written) { x.done(answer_of(folder, written.counts)); }, x.failed());
}

} // namespace channels
} // namespace lama::actors
