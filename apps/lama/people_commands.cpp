#include "apps/lama/commands.hpp"
#include "apps/lama/qr_picture.hpp"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string png;
  std::string invitation;
  std::string name;
};

int show_contacts(const common_options& common) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("query:getContacts"));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "contacts"))
      rows.push_back({text_in(x, "name"), text_in(x, "state"), text_in(x, "since").substr(0, 10), text_in(x, "personId")});
    if (rows.empty())
      std::cout << "No contacts yet. lama invite shows an invitation for a friend; lama pair takes theirs.\n";
    else
      print_table({"NAME", "STATE", "SINCE", "PERSON"}, rows);
    return done{};
  });
}

int invite(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("pairing:createInvitation"));
    std::vector<std::string> rows;
    for (const auto& row : list_in(answer, "qr"))
      rows.push_back(row.is_string() ? row.get<std::string>() : std::string{});
    if (!given.png.empty()) {
      std::ofstream out{given.png, std::ios::binary};
      if (!(out << qr_png(rows)).flush())
        return fail(errc::io_failure, "The picture cannot be written to " + given.png + '.');
    }
    if (common.json) {
      print_json(answer);
      return done{};
    }
    if (::isatty(STDOUT_FILENO) == 1)
      std::cout << qr_text(rows) << '\n';
    std::cout << answer.value("invitation", json{}).dump() << '\n' << text_in(answer, "link") << '\n';
    std::cerr << "It is good once, for 15 minutes. The friend gives it to: lama pair INVITATION\n";
    return done{};
  });
}

int pair(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    auto text = given.invitation;
    if (text == "-")
      text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
      text.pop_back();
    LAMA_TRY(answer, node.call("pairing:acceptInvitation", {{"invitation", text}}));
    if (common.json)
      print_json(answer);
    else
      std::cout << "Paired with person " << text_in(answer, "personId") << ". lama contacts shows who it is; lama send NAME TEXT writes to them.\n";
    return done{};
  });
}

/// Without a name: what it is.
int name(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, given.name.empty() ? node.call("query:getState") : node.call("action:setName", {{"name", given.name}}));
    auto shown = given.name.empty() ? text_in(answer.value("user", json::object()), "name") : text_in(answer, "name");
    if (common.json)
      print_json({{"name", shown}});
    else
      std::cout << shown << '\n';
    return done{};
  });
}

} // namespace

void add_people_commands(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* contacts = to.add("contacts", "List the people you know");
  to.on(contacts, [&common = to.common] { return show_contacts(common); });
  auto* inviting = to.add("invite", "Make an invitation for a friend: JSON, link, QR code");
  inviting->add_option("--png", given->png, "Write the QR code to this file");
  to.on(inviting, [given, &common = to.common] { return invite(common, *given); });
  auto* naming = to.add("name", "Show or change how you are called; your contacts see it");
  naming->add_option("NAME", given->name, "The new name");
  to.on(naming, [given, &common = to.common] { return name(common, *given); });
  auto* pairing = to.add("pair", "Accept a friend's invitation");
  pairing->add_option("INVITATION", given->invitation, "The JSON or the link; - reads it from stdin")->required();
  to.on(pairing, [given, &common = to.common] { return pair(common, *given); });
}

} // namespace lama::app
