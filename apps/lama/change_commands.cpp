#include "apps/lama/commands.hpp"

#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

/// edit, delete, read, search: what is done with messages that are there.
namespace lama::app {

namespace {

struct arguments {
  std::string conversation;
  std::string message;
  std::string text;
  std::vector<std::string> words;
  std::size_t limit = 30;
  std::string before;
};

/// A message is looked for by the beginning of its name among so many, the newest.
constexpr std::size_t searched_messages = 1000;

result<json> find_message(net::rpc_client& node, const std::string& conversation, const std::string& name, bool mine) {
  LAMA_TRY(answer, node.call("query:getMessages", {{"conversationId", conversation}, {"limit", searched_messages}}));
  std::vector<json> found;
  for (const auto& x : list_in(answer, "messages")) {
    if (name == "last") {
      if (!mine || (x.value("me", false) && !x.contains("deleted")))
        found = {x};
    } else if (text_in(x, "messageHash").starts_with(name)) {
      found.push_back(x);
    }
  }
  if (found.size() == 1)
    return found.front();
  if (found.size() > 1)
    return fail(errc::conflict, "Several messages begin with '" + name + "'; give more of the name (lama messages --ids).");
  if (hash::from_hex(name))
    return json{{"messageHash", name}}; // an older one
  return fail(errc::not_found, "There is no such message among the newest " + std::to_string(searched_messages) + "; lama messages --ids shows their names.");
}

result<done> change(net::rpc_client& node, const common_options& common, const char* channel, const arguments& given, const std::optional<std::string>& text) {
  LAMA_TRY(conversation, find_conversation(node, given.conversation));
  LAMA_TRY(message, find_message(node, conversation, given.message, true));
  json request{{"conversationId", conversation}, {"messageHash", text_in(message, "messageHash")}};
  if (text)
    request["text"] = *text;
  LAMA_TRY(answer, node.call(channel, request));
  if (common.json)
    print_json(answer);
  else
    std::cout << (text ? "Changed" : "Deleted") << " message " << text_in(message, "messageHash").substr(0, 12) << ".\n";
  return done{};
}

int edit(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) {
    auto text = given.text;
    if (text == "-")
      text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    return change(node, common, "action:editMessage", given, text);
  });
}

int remove(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) { return change(node, common, "action:deleteMessage", given, std::nullopt); });
}

int read(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(conversation, find_conversation(node, given.conversation));
    LAMA_TRY(message, find_message(node, conversation, given.message, false));
    LAMA_TRY(answer, node.call("action:markRead", {{"conversationId", conversation}, {"messageHash", text_in(message, "messageHash")}}));
    if (common.json)
      print_json(answer);
    else
      std::cout << "Read " << printable(text_in(answer.value("conversation", json::object()), "title")) << ".\n";
    return done{};
  });
}

int search(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    json request{{"limit", given.limit}};
    std::string words;
    for (const auto& word : given.words)
      words += (words.empty() ? "" : " ") + word;
    request["text"] = words;
    if (!given.before.empty())
      request["before"] = given.before;
    if (!given.conversation.empty()) {
      LAMA_TRY(conversation, find_conversation(node, given.conversation));
      request["conversationId"] = conversation;
    }
    LAMA_TRY(answer, node.call("query:search", request, std::chrono::minutes{5}));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    LAMA_TRY(listed, node.call("query:getConversations"));
    std::map<std::string, std::string> titles;
    for (const auto& x : list_in(listed, "conversations"))
      titles[text_in(x, "conversationId")] = text_in(x, "title");
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "messages"))
      rows.push_back({text_in(x, "time").substr(0, 16), titles[text_in(x, "conversationId")], text_in(x, "senderName"), text_in(x, "text").substr(0, 80)});
    if (rows.empty())
      std::cout << "Nothing found" << (answer.value("everywhere", true) ? "" : " on this device; the archive is not connected") << ".\n";
    else
      print_table({"TIME", "CONVERSATION", "FROM", "TEXT"}, rows);
    if (answer.value("more", false))
      std::cout << "… older ones: --before " << text_in(answer, "before") << '\n';
    return done{};
  });
}

CLI::App* name_conversation(CLI::App* command, const std::shared_ptr<arguments>& given) {
  command->add_option("CONVERSATION", given->conversation, "Its id, or the beginning of its title or of a contact's name")->required();
  return command;
}

void name_message(CLI::App* command, const std::shared_ptr<arguments>& given, const char* last) {
  command->add_option("MESSAGE", given->message, std::string{"The beginning of its name (lama messages --ids), or "} + last);
}

} // namespace

void add_change_commands(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* editing = name_conversation(to.add("edit", "Change the text of a message of yours, for all who have it (docs/annotations.md)"), given);
  name_message(editing, given, "last: your newest");
  editing->get_option("MESSAGE")->required();
  editing->add_option("TEXT", given->text, "What it says from now on; - reads it from stdin")->required();
  to.on(editing, [given, &common = to.common] { return edit(common, *given); });

  auto* deleting = name_conversation(to.add("delete", "Delete a message of yours, for all who have it (docs/annotations.md)"), given);
  name_message(deleting, given, "last: your newest");
  deleting->get_option("MESSAGE")->required();
  to.on(deleting, [given, &common = to.common] { return remove(common, *given); });

  auto reading_given = std::make_shared<arguments>();
  reading_given->message = "last";
  auto* reading = name_conversation(to.add("read", "Mark a conversation as read, on all your devices"), reading_given);
  name_message(reading, reading_given, "last: the newest (default)");
  to.on(reading, [reading_given, &common = to.common] { return read(common, *reading_given); });

  auto* searching = to.add("search", "Find messages by their words");
  searching->add_option("WORDS", given->words, "All of them must occur; case and accents do not matter")->required();
  searching->add_option("--conversation", given->conversation, "Only this one, by id or name")->allow_extra_args(false);
  searching->add_option("--limit", given->limit, "How many, newest (default 30, at most 200)")->check(CLI::Range(1, 200));
  searching->add_option("--before", given->before, "Only older ones: 2024-05-01T12:30:00Z");
  to.on(searching, [given, &common = to.common] { return search(common, *given); });
}

} // namespace lama::app
