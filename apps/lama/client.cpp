#include "apps/lama/client.hpp"

#include "apps/lama/settings.hpp"

#include <signal.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace lama::app {

namespace {

struct named {
  std::string id;
  std::string name;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<named> beginning_with(const json& list, const char* id, const char* name, const std::string& text) {
  std::vector<named> found;
  auto wanted = lower(text);
  for (const auto& x : list)
    if (lower(text_in(x, name)).starts_with(wanted))
      found.push_back({text_in(x, id), text_in(x, name)});
  // The whole name beats the beginning of a longer one.
  auto exact = std::ranges::count_if(found, [&](const named& x) { return lower(x.name) == wanted; });
  if (exact == 1)
    std::erase_if(found, [&](const named& x) { return lower(x.name) != wanted; });
  return found;
}

lama::error ambiguous(const std::string& name, const std::vector<named>& found) {
  auto text = "'" + name + "' is the beginning of several names; say more, or give the id:";
  for (const auto& x : found)
    text += "\n  " + x.name + "  " + x.id;
  return fail(errc::bad_input, text);
}

} // namespace

std::filesystem::path common_options::folder() const {
  return data_dir.empty() ? default_data_dir() : std::filesystem::path{data_dir};
}

error refusal_in(const json& answer) {
  auto reason = text_in(answer, "reason");
  for (auto code : {errc::conflict, errc::offline, errc::bad_input, errc::corrupt})
    if (reason == to_string(code))
      return fail(code, text_in(answer, "error"));
  return fail(errc::wrong_secret, text_in(answer, "error"));
}

std::string text_in(const json& x, const char* name) {
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

int64_t number_in(const json& x, const char* name) {
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_number() ? found->get<int64_t>() : 0;
}

const json& list_in(const json& x, const char* name) {
  static const json none = json::array();
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_array() ? *found : none;
}

std::optional<node_address> read_address(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = json::parse(text.str(), nullptr, false);
  node_address x{text_in(parsed, "url"), text_in(parsed, "token"), number_in(parsed, "pid")};
  if (x.url.empty() || x.token.empty() || x.pid <= 0)
    return std::nullopt;
  // What a killed node left behind.
  if (::kill(static_cast<pid_t>(x.pid), 0) != 0 && errno == ESRCH)
    return std::nullopt;
  return x;
}

result<node_address> find_node(const common_options& options) {
  if (!options.url.empty()) {
    if (options.token.empty())
      return fail(errc::bad_input, "--url needs --token (or LAMA_TOKEN); both stand in the node's ipc.json.");
    return node_address{options.url, options.token, 0};
  }
  auto folder = options.folder();
  if (!options.archive)
    if (auto found = read_address(folder / sparse_ipc_file))
      return *found;
  if (auto found = read_address(folder / archive_ipc_file))
    return *found;
  return fail(errc::offline, "No node is running with the data dir " + folder.string() + ". Start one with: lama run" +
                                 (options.data_dir.empty() ? "" : " --data-dir " + options.data_dir) + "  (or name it with --data-dir, or --url and --token)");
}

net::rpc_client client_to(const node_address& at, const std::string& user) {
  net::rpc_options x;
  x.url = at.url;
  x.token = at.token;
  x.user = user;
  x.deadline = std::chrono::seconds{70}; // the node's own deadlines end first
  return net::rpc_client{std::move(x)};
}

result<net::rpc_client> open_client(const common_options& options) {
  LAMA_TRY(at, find_node(options));
  return client_to(at, options.user);
}

result<std::string> find_conversation(net::rpc_client& node, const std::string& name) {
  LAMA_TRY(answer, node.call("query:getConversations"));
  const auto& conversations = list_in(answer, "conversations");
  if (std::ranges::any_of(conversations, [&](const json& x) { return text_in(x, "conversationId") == name; }))
    return name;
  auto found = beginning_with(conversations, "conversationId", "title", name);
  if (found.size() == 1)
    return found.front().id;
  if (found.size() > 1)
    return ambiguous(name, found);
  LAMA_TRY(people, node.call("query:getContacts"));
  auto contacts = beginning_with(list_in(people, "contacts"), "personId", "name", name);
  if (contacts.size() > 1)
    return ambiguous(name, contacts);
  if (contacts.empty())
    return fail(errc::not_found, "There is no conversation whose title begins with '" + name + "'; lama conversations lists them.");
  LAMA_TRY(made, node.call("action:createConversation", {{"participants", {contacts.front().id}}}));
  return text_in(made, "conversationId");
}

} // namespace lama::app
