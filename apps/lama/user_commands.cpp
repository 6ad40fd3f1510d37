#include "apps/lama/commands.hpp"

#include "protocol/crypto/crypto.hpp"

#include <iostream>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string name;
  std::string email;
};

int enter(const common_options& common, const arguments& given, bool is_new) {
  auto name = given.name.empty() ? common.user : given.name;
  if (name.empty()) {
    report(fail(errc::bad_input, std::string{"Say who: lama "} + (is_new ? "register" : "login") + " NAME"), common.json);
    return wrong_use;
  }
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(password, ask_password(common.password_file, name, is_new));
    json request{{"username", name}, {"password", password}};
    protocol::wipe(password);
    if (!given.email.empty())
      request["email"] = given.email;
    LAMA_TRY(answer, node.call(is_new ? "one-core:register" : "one-core:login", request));
    if (!answer.value("success", false))
      return refusal_in(answer);
    if (common.json)
      print_json(answer);
    else if (is_new)
      std::cout << name << " is registered and logged in. Others know this user as person " << text_in(answer, "publicPersonId")
                << ".\nNext: lama invite shows an invitation for a friend; lama import FILE brings a chat from elsewhere.\n";
    else
      std::cout << name << " is logged in.\n";
    return done{};
  });
}

int leave(const common_options& common, const arguments& given) {
  auto as = common;
  if (!given.name.empty())
    as.user = given.name;
  return with_node(as, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("one-core:logout"));
    if (common.json)
      print_json(answer);
    else
      std::cout << "Logged out. The data stays; lama login unlocks it again.\n";
    return done{};
  });
}

} // namespace

void add_user_commands(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* sign_up = to.add("register", "Make a user on this device and its archive");
  sign_up->add_option("NAME", given->name, "1 to 64 of a-z 0-9 . _ -");
  sign_up->add_option("--email", given->email, "Of the person that others see; made up where it is left out");
  to.on(sign_up, [given, &common = to.common] { return enter(common, *given, true); });
  auto* log_in = to.add("login", "Unlock a user");
  log_in->add_option("NAME", given->name, "The user");
  to.on(log_in, [given, &common = to.common] { return enter(common, *given, false); });
  auto* log_out = to.add("logout", "Lock a user's keys and close its connections");
  log_out->add_option("NAME", given->name, "The user");
  to.on(log_out, [given, &common = to.common] { return leave(common, *given); });
}

} // namespace lama::app
