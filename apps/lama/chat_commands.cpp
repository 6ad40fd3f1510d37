#include "apps/lama/commands.hpp"

#include <iostream>
#include <iterator>
#include <map>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string conversation;
  std::string text;
  std::vector<std::string> files;
  bool ai = false;
  std::size_t limit = 30;
  std::string before;
  bool ids = false;
};

std::string type_of(const std::filesystem::path& file) {
  static const std::map<std::string, std::string> known{
      {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},  {".png", "image/png"}, {".gif", "image/gif"},  {".webp", "image/webp"}, {".pdf", "application/pdf"},
      {".txt", "text/plain"}, {".md", "text/markdown"}, {".mp4", "video/mp4"}, {".mp3", "audio/mpeg"}, {".ogg", "audio/ogg"},   {".json", "application/json"}};
  auto found = known.find(file.extension().string());
  return found == known.end() ? "application/octet-stream" : found->second;
}

result<json> upload(net::rpc_client& node, const std::vector<std::string>& files) {
  auto attachments = json::array();
  progress_line progress;
  for (const std::filesystem::path file : files) {
    LAMA_TRY(name, node.upload(file, [&](uint64_t sent, uint64_t of) {
      progress.show(file.filename().string() + "  " + grouped(sent >> 10) + " of " + grouped(of >> 10) + " KiB");
    }));
    attachments.push_back({{"blob", name.hex()}, {"name", file.filename().string()}, {"type", type_of(file)}});
  }
  return attachments;
}

int send(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    auto text = given.text;
    if (text == "-")
      text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    LAMA_TRY(conversation, find_conversation(node, given.conversation));
    LAMA_TRY(attachments, upload(node, given.files));
    LAMA_TRY(answer, node.call("action:sendMessage", {{"conversationId", conversation}, {"text", text}, {"attachments", attachments}, {"needsAI", given.ai}}));
    if (common.json)
      print_json(answer);
    else
      std::cout << "Sent to " << printable(text_in(answer.value("conversation", json{}), "title")) << " (message " << text_in(answer, "messageHash") << ").\n";
    return done{};
  });
}

void print_message(const json& x, bool ids) {
  auto time = text_in(x, "time");
  if (ids)
    std::cout << text_in(x, "messageHash").substr(0, 12) << "  ";
  std::cout << time.substr(0, 10) << ' ' << (time.size() > 16 ? time.substr(11, 5) : "") << "  " << printable(text_in(x, "senderName"));
  if (text_in(x, "state") == "on-this-device")
    std::cout << " (on this device)";
  if (x.contains("deleted")) {
    std::cout << " deleted this message.\n";
    return;
  }
  std::cout << ": " << printable(text_in(x, "text"), true) << (x.contains("edited") ? " (edited)" : "") << '\n';
  for (const auto& file : list_in(x, "attachments"))
    std::cout << "    [" << printable(text_in(file, "name")) << ", " << grouped(static_cast<uint64_t>(number_in(file, "size"))) << " bytes, "
              << text_in(file, "blob") << "]\n";
}

int show_messages(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(conversation, find_conversation(node, given.conversation));
    json request{{"conversationId", conversation}, {"limit", given.limit}};
    if (!given.before.empty())
      request["before"] = given.before;
    LAMA_TRY(answer, node.call("query:getMessages", request));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    const auto& messages = list_in(answer, "messages");
    if (answer.value("more", false) && !messages.empty())
      std::cout << "… older ones: --before " << text_in(messages.front(), "time") << '\n';
    for (const auto& x : messages)
      print_message(x, given.ids);
    if (messages.empty())
      std::cout << "No messages yet.\n";
    return done{};
  });
}

int show_conversations(const common_options& common) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("query:getConversations"));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "conversations"))
      rows.push_back({text_in(x, "title"), text_in(x, "kind"), std::to_string(number_in(x, "unread")), text_in(x, "lastTime").substr(0, 16),
                      x.contains("lastDeleted") ? "(deleted)" : text_in(x, "lastText").substr(0, 60)});
    if (rows.empty())
      std::cout << "No conversations yet. lama invite brings a friend; lama import FILE a chat from elsewhere.\n";
    else
      print_table({"TITLE", "KIND", "UNREAD", "LAST", "TEXT"}, rows);
    return done{};
  });
}

} // namespace

void add_chat_commands(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* sending = to.add("send", "Write a message");
  sending->add_option("CONVERSATION", given->conversation, "Its id, or the beginning of its title or of a contact's name")->required();
  sending->add_option("TEXT", given->text, "The message; - reads it from stdin")->required();
  sending->add_option("--attach", given->files, "Files that go with it")->check(CLI::ExistingFile);
  sending->add_flag("--ai", given->ai, "Ask the AI to answer");
  to.on(sending, [given, &common = to.common] { return send(common, *given); });

  auto* showing = to.add("messages", "Show the messages of a conversation");
  showing->add_option("CONVERSATION", given->conversation, "Its id, or the beginning of its title or of a contact's name")->required();
  showing->add_option("--limit", given->limit, "How many, newest (default 30, at most 1000)")->check(CLI::Range(1, 1000));
  showing->add_option("--before", given->before, "Only older ones: 2024-05-01T12:30:00Z");
  showing->add_flag("--ids", given->ids, "With the beginnings of their names, for lama edit and lama delete");
  to.on(showing, [given, &common = to.common] { return show_messages(common, *given); });

  auto* listing = to.add("conversations", "List the conversations");
  to.on(listing, [&common = to.common] { return show_conversations(common); });
}

} // namespace lama::app
