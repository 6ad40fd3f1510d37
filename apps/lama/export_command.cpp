#include "apps/lama/backup_files.hpp"

#include "actors/export/export_run.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

using namespace actors;

struct arguments {
  std::string folder;
  std::vector<std::string> conversations;
  bool html = false;
  bool no_files = false;
};

/// The archive has everything; a device alone asks it for what it does not keep.
result<node_address> find_source(const common_options& common) {
  if (common.url.empty())
    if (auto user = the_user(common, "archive"))
      if (auto archive = node_that_has(common, "archive", *user))
        return *archive;
  return find_node(common);
}

result<json> chosen_conversations(net::rpc_client& node, const arguments& given) {
  if (given.conversations.empty()) {
    LAMA_TRY(listed, node.call("query:getConversations"));
    return list_in(listed, "conversations");
  }
  auto chosen = json::array();
  for (const auto& name : given.conversations) {
    LAMA_TRY(id, find_conversation(node, name));
    LAMA_TRY(answer, node.call("query:getConversation", {{"conversationId", id}}));
    chosen.push_back(answer.value("conversation", json::object()));
  }
  return chosen;
}

result<done> take_page(net::rpc_client& node, export_run& run, const wanted_page& page) {
  LAMA_TRY(answer, node.call("query:getMessages", page.parameters, std::chrono::minutes{5}));
  return run.give_page(answer);
}

result<done> take_file(net::rpc_client& node, export_run& run, const wanted_file& file) {
  auto got = node.download(file.blob, file.to);
  if (!got && got.failure().code != errc::not_found)
    return got.failure();
  return run.give_file(static_cast<bool>(got));
}

result<export_counts> write_export(const common_options& common, const arguments& given) {
  LAMA_TRY(source, find_source(common));
  LAMA_TRY(folder, export_folder::begin_or_fill(given.folder));
  auto node = client_to(source, common.user);
  LAMA_TRY(conversations, chosen_conversations(node, given));
  export_run run{std::move(folder), std::move(conversations), export_choice{given.html, !given.no_files}};
  progress_line progress;
  for (;;) {
    auto need = run.next();
    if (const auto* page = std::get_if<wanted_page>(&need))
      LAMA_CHECK(take_page(node, run, *page));
    else if (const auto* file = std::get_if<wanted_file>(&need))
      LAMA_CHECK(take_file(node, run, *file));
    else
      break;
    progress.show(grouped(run.counts().messages) + " messages, " + grouped(run.counts().files) + " files");
  }
  progress.clear();
  return run.finish();
}

int run_export(const common_options& common, const arguments& given) {
  auto written = write_export(common, given);
  if (!written)
    return report(written.failure(), common.json);
  if (common.json)
    print_json({{"folder", given.folder},
                {"conversations", written->conversations},
                {"messages", written->messages},
                {"files", written->files},
                {"missingFiles", written->missing},
                {"bytes", written->bytes}});
  else
    std::cout << grouped(written->conversations) << " conversations, " << grouped(written->messages) << " messages and " << grouped(written->files)
              << " files in " << printable(given.folder) << (written->missing ? "; " + grouped(written->missing) + " files are not here" : std::string{})
              << ".\n";
  return worked;
}

} // namespace

void add_export_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* exporting = to.add("export", "Write conversations as JSON Lines and files, which lama import takes back (docs/export.md)");
  exporting->add_option("FOLDER", given->folder, "A new or empty one")->required();
  exporting->add_option("--conversation", given->conversations, "Only this one, by id or name (can be repeated)")->allow_extra_args(false);
  exporting->add_flag("--html", given->html, "Also pages for a browser, beginning with index.html");
  exporting->add_flag("--no-files", given->no_files, "Without the attachments");
  to.on(exporting, [given, &common = to.common] { return run_export(common, *given); });
}

} // namespace lama::app
