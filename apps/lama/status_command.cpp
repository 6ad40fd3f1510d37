#include "apps/lama/commands.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

namespace lama::app {

namespace {

struct side_status {
  std::string side;
  node_address at;
  result<json> answer;
};

std::vector<side_status> ask_all(const common_options& common) {
  std::vector<side_status> all;
  auto ask = [&](const std::string& side, const node_address& at) {
    auto client = client_to(at, common.user);
    all.push_back({side, at, client.call("node:status", json::object(), std::chrono::seconds{10})});
  };
  if (!common.url.empty()) {
    if (auto at = find_node(common))
      ask("node", *at);
    return all;
  }
  auto folder = common.folder();
  if (auto at = read_address(folder / archive_ipc_file))
    ask("archive", *at);
  if (auto at = read_address(folder / sparse_ipc_file); at && !common.archive)
    ask("sparse", *at);
  return all;
}

std::string users_of(const json& x) {
  std::string names;
  for (const auto& user : list_in(x, "users"))
    names += (names.empty() ? "" : ", ") + (user.is_string() ? user.get<std::string>() : std::string{});
  return names.empty() ? "nobody" : names;
}

std::string objects_of(const json& x) {
  int64_t count = 0;
  if (auto actors = x.find("actors"); actors != x.end() && actors->is_object())
    for (const auto& [role, status] : actors->items())
      if (role.starts_with("object-store/"))
        count += number_in(status, "objects");
  return grouped(static_cast<uint64_t>(count));
}

/// How the stores are: what the scrubber saw, and what waits to be healed.
std::vector<std::vector<std::string>> scrub_rows(const std::string& side, const json& answer) {
  std::vector<std::vector<std::string>> rows;
  constexpr std::string_view role_prefix = "scrubber/";
  auto actors = answer.find("actors");
  if (actors == answer.end() || !actors->is_object())
    return rows;
  for (const auto& [role, status] : actors->items()) {
    if (!role.starts_with(role_prefix))
      continue;
    auto last = number_in(status, "lastPassMs");
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    rows.push_back({side, role.substr(role_prefix.size()), grouped(static_cast<uint64_t>(number_in(status, "checked"))),
                    last == 0 ? "never" : duration_text(std::max<int64_t>(0, now - last)) + " ago", grouped(static_cast<uint64_t>(number_in(status, "found"))),
                    grouped(static_cast<uint64_t>(number_in(status, "wanted"))), text_in(status, "lastError")});
  }
  return rows;
}

/// How far each user's other instance is behind this side.
std::vector<std::vector<std::string>> lag_rows(const std::string& side, const json& answer) {
  std::vector<std::vector<std::string>> rows;
  auto users = answer.find("lag");
  if (users == answer.end() || !users->is_object())
    return rows;
  for (const auto& [user, lag] : users->items()) {
    auto entries = number_in(lag, "entries");
    rows.push_back({side == "archive" ? "sparse" : "archive", user, entries == 0 ? "nothing" : grouped(static_cast<uint64_t>(entries)),
                    entries == 0 ? "" : duration_text(number_in(lag, "ageMs"))});
  }
  return rows;
}

void print_people(const std::vector<side_status>& all) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::vector<std::string>> lines;
  std::vector<std::vector<std::string>> stores;
  std::vector<std::vector<std::string>> lags;
  for (const auto& x : all) {
    if (!x.answer) {
      rows.push_back({x.side, "no answer", "", "", "", x.at.url});
      continue;
    }
    rows.push_back(
        {x.side, text_in(*x.answer, "status"), duration_text(number_in(*x.answer, "uptimeMs")), users_of(*x.answer), objects_of(*x.answer), x.at.url});
    for (auto& row : scrub_rows(x.side, *x.answer))
      stores.push_back(std::move(row));
    for (auto& row : lag_rows(text_in(*x.answer, "side"), *x.answer))
      lags.push_back(std::move(row));
    for (const auto& c : list_in(*x.answer, "connections"))
      lines.push_back({x.side, text_in(c, "group"), text_in(c, "status"), text_in(c, "user"), text_in(c, "personId").substr(0, 12), text_in(c, "url"),
                       text_in(c, "detail")});
  }
  print_table({"SIDE", "STATE", "SINCE", "LOGGED IN", "OBJECTS", "ADDRESS"}, rows);
  if (!lines.empty()) {
    std::cout << '\n';
    print_table({"SIDE", "GROUP", "CONNECTION", "USER", "PERSON", "URL", "DETAIL"}, lines);
  }
  if (!lags.empty()) {
    std::cout << '\n';
    print_table({"INSTANCE", "OF", "ENTRIES BEHIND", "SINCE"}, lags);
  }
  if (!stores.empty()) {
    std::cout << '\n';
    print_table({"SIDE", "STORE OF", "RE-READ", "LAST WHOLE PASS", "FOUND DAMAGED", "STILL LOST", "DETAIL"}, stores);
  }
}

int show_once(const common_options& common) {
  auto all = ask_all(common);
  if (all.empty()) {
    auto missing = find_node(common);
    return report(missing ? fail(errc::offline, "No node is running.") : missing.failure(), common.json);
  }
  bool well = true;
  for (const auto& x : all)
    well = well && x.answer && text_in(*x.answer, "status") == "ok";
  if (common.json) {
    json shown = json::object();
    for (const auto& x : all)
      shown[x.side] = x.answer ? *x.answer : json{{"status", "no answer"}, {"error", x.answer.failure().message}};
    print_json(shown);
  } else {
    print_people(all);
  }
  return well ? worked : failed;
}

int show_status(const common_options& common, bool watch) {
  if (!watch)
    return show_once(common);
  for (;;) {
    std::cout << "\x1b[H\x1b[2J";
    show_once(common);
    std::cout << "\n(again every second; Ctrl-C ends it)" << std::endl;
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

} // namespace

void add_status_command(command_list& to) {
  auto watch = std::make_shared<bool>(false);
  auto* status = to.add("status", "How the node is: health, users, connections");
  status->add_flag("--watch", *watch, "Draw it anew every second");
  to.on(status, [watch, &common = to.common] { return show_status(common, *watch); });
}

} // namespace lama::app
