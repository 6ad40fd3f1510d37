#include "gateway_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace lama::actors {

namespace {

using testing::gateway_rig;
using ::testing::HasSubstr;
using testing::json;

const json anna{{"username", "anna"}, {"password", "a long password"}};

int number_of(const json& response) {
  return response.contains("error") ? response["error"]["code"].get<int>() : 0;
}

/// The archive's side with a user who is logged in.
struct archive_with_anna : gateway_rig {
  archive_with_anna() : gateway_rig{side::archive} {
    auto registered = call("one-core:register", anna);
    EXPECT_EQ(registered["result"]["success"], true) << registered;
  }
};

TEST(gateway_door, answers_nobody_without_the_token_but_tells_its_health) {
  gateway_rig rig{side::archive};
  net::http_request call;
  call.content_type = "application/json";
  call.body = R"({"jsonrpc":"2.0","id":1,"method":"one-core:init"})";
  EXPECT_EQ(rig.request(call).status, 401u);
  call.bearer = "the-tokem";
  EXPECT_EQ(rig.request(call).status, 401u);
  call.bearer = rig.token;
  EXPECT_EQ(rig.request(call).body["result"], true);
  net::http_request health;
  health.route = net::http_route::healthz;
  auto told = rig.request(health);
  EXPECT_EQ(told.body["status"], "ok");
  EXPECT_FALSE(told.body.contains("users"));
  bool refused = false;
  net::http_request upgrade;
  upgrade.route = net::http_route::ipc;
  rig.handlers.upgrade(upgrade, [&refused](const net::upgrade_answer& x) { refused = !x.accepted && x.refused.status == 401; });
  EXPECT_TRUE(refused);
}

TEST(gateway_door, is_starting_until_the_node_is_there) {
  auto door = std::make_shared<gateway_door>(door_options{.token = "t"});
  auto handlers = door->handlers();
  net::http_request health;
  health.route = net::http_route::healthz;
  std::string told;
  handlers.request(health, [&told](const net::http_response& x) { told = x.body; });
  EXPECT_EQ(told, R"({"status":"starting"})");
  net::http_request call;
  call.bearer = "t";
  unsigned status = 0;
  handlers.request(call, [&status](const net::http_response& x) { status = x.status; });
  EXPECT_EQ(status, 503u);
}

TEST(ui_gateway, answers_a_batch_call_by_call) {
  gateway_rig rig{side::archive};
  auto told = rig.post(R"([{"jsonrpc":"2.0","id":1,"method":"one-core:init"},{"jsonrpc":"2.0","method":"one-core:init"},
                           {"jsonrpc":"2.0","id":2,"method":"no:such"},{"jsonrpc":"2.0","id":3,"method":"one-core:login","params":{"username":7}}])");
  ASSERT_EQ(told.body.size(), 3u);
  EXPECT_EQ(told.body[0]["result"], true);
  EXPECT_EQ(number_of(told.body[1]), -32601);
  EXPECT_EQ(number_of(told.body[2]), -32602);
  EXPECT_EQ(told.body[2]["error"]["data"]["path"], "/username");
  EXPECT_EQ(rig.post(R"({"jsonrpc":"2.0","method":"one-core:init"})").status, 204u);
}

TEST(ui_gateway, tells_who_guesses_nothing_and_lets_him_wait) {
  archive_with_anna rig;
  auto no_user = rig.call("one-core:login", {{"username", "otto"}, {"password", "a long password"}});
  auto no_password = rig.call("one-core:login", {{"username", "anna"}, {"password", "wrong"}});
  EXPECT_EQ(no_user["result"], no_password["result"]);
  EXPECT_EQ(no_user["result"]["success"], false);
  auto too_many = rig.call("one-core:login", anna); // the fourth within a minute
  EXPECT_EQ(number_of(too_many), -32005);
  EXPECT_GT(too_many["error"]["data"]["retryAfterMs"], 0);
  rig.advance(std::chrono::seconds{21});
  EXPECT_EQ(rig.call("one-core:login", anna)["result"]["success"], true);
}

TEST(ui_gateway, needs_a_user_who_is_logged_in) {
  archive_with_anna rig;
  EXPECT_TRUE(rig.call("query:getContacts").contains("result")) << "one user alone need not be named";
  EXPECT_EQ(number_of(rig.call("query:getContacts", json::object(), "otto")), -32001);
  ASSERT_TRUE(rig.call("one-core:register", {{"username", "bert"}, {"password", "another password"}})["result"]["success"]);
  EXPECT_EQ(number_of(rig.call("query:getContacts")), -32602) << "of two, one must be named";
  EXPECT_TRUE(rig.call("query:getContacts", json::object(), "bert").contains("result"));
  EXPECT_EQ(rig.call("one-core:logout", json::object(), "bert")["result"]["success"], true);
  EXPECT_EQ(number_of(rig.call("query:getContacts", json::object(), "bert")), -32001);
}

TEST(ui_gateway, binds_the_user_of_a_login_to_its_websocket) {
  archive_with_anna rig;
  rig.call("one-core:register", {{"username", "bert"}, {"password", "another password"}});
  auto socket = rig.open_socket(7);
  rig.say(socket, "one-core:login", {{"username", "bert"}, {"password", "another password"}});
  rig.say(socket, "one-core:getInstance");
  ASSERT_EQ(rig.server.sent[socket].size(), 2u);
  EXPECT_EQ(rig.server.sent[socket][1]["result"]["username"], "bert");
  EXPECT_EQ(rig.server.granted[socket], 2u) << "a credit for each answer";
  rig.call("one-core:logout", json::object(), "bert");
  rig.say(socket, "one-core:getInstance");
  EXPECT_EQ(rig.server.sent[socket].back()["result"]["username"], "anna") << "nobody's any more: then the only one's who is logged in";
}

TEST(ui_gateway, keeps_objects_and_their_versions) {
  archive_with_anna rig;
  auto made = rig.call("one-core:createObject", {{"type", "LamaSetting"}, {"data", {{"key", "theme"}, {"value", "dark"}}}});
  ASSERT_TRUE(made.contains("result")) << made;
  auto hash = made["result"]["hash"];
  EXPECT_EQ(rig.call("one-core:getObject", {{"hash", hash}})["result"]["object"], made["result"]["object"]);
  auto changed = rig.call("one-core:updateObject", {{"hash", hash}, {"updates", {{"value", "light"}}}});
  ASSERT_TRUE(changed.contains("result")) << changed;
  EXPECT_NE(changed["result"]["newHash"], hash);
  auto found = rig.call("one-core:storage:query", {{"type", "LamaSetting"}, {"filter", {{"key", "theme"}}}})["result"]["objects"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["data"]["value"], "light");
  EXPECT_TRUE(rig.call("one-core:storage:query", {{"type", "LamaSetting"}, {"filter", {{"key", "other"}}}})["result"]["objects"].empty());
  auto versions = rig.call("storage:log", {{"hash", found[0]["idHash"]}})["result"]["versions"];
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0]["current"], true);
  EXPECT_EQ(versions[1]["hash"], hash);
  EXPECT_EQ(number_of(rig.call("one-core:createObject", {{"type", "LamaSetting"}, {"data", {{"kez", "x"}}}})), -32602);
  EXPECT_TRUE(rig.call("one-core:getObject", {{"hash", std::string(64, '0')}})["result"].is_null());
}

TEST(ui_gateway, writes_and_shows_messages_and_tells_them_to_pages) {
  archive_with_anna rig;
  auto conversation = rig.call("action:createConversation", {{"name", "Notes"}})["result"]["conversationId"];
  auto socket = rig.open_socket(9);
  rig.say(socket, "query:getState");
  auto& sent = rig.server.sent[socket];
  sent.clear();
  for (const auto* text : {"one", "two", "three"})
    ASSERT_TRUE(rig.call("action:sendMessage", {{"conversationId", conversation}, {"text", text}}).contains("result"));
  std::vector<std::string> told;
  for (const auto& x : sent)
    if (x["method"] == "update:messageReceived")
      told.push_back(x["params"]["message"]["text"]);
  EXPECT_THAT(told, ::testing::ElementsAre("one", "two", "three")) << "each once";
  auto page = rig.call("query:getMessages", {{"conversationId", conversation}, {"limit", 2}})["result"];
  ASSERT_EQ(page["messages"].size(), 2u);
  EXPECT_EQ(page["messages"][1]["text"], "three");
  EXPECT_EQ(page["messages"][1]["signedBy"]["verified"], true);
  EXPECT_EQ(page["more"], true);
  auto older = rig.call("query:getMessages", {{"conversationId", conversation}, {"before", page["messages"][0]["time"]}})["result"];
  ASSERT_EQ(older["messages"].size(), 1u);
  EXPECT_EQ(older["messages"][0]["text"], "one");
  EXPECT_EQ(number_of(rig.call("query:getMessages", {{"conversationId", "nowhere"}})), -32003);
}

/// Texts of an answer to query:getMessages.
std::vector<std::string> texts(const json& answer) {
  std::vector<std::string> all;
  for (const auto& x : answer["result"]["messages"])
    all.push_back(x["text"]);
  return all;
}

TEST(ui_gateway, pages_both_ways_from_a_message_far_back) {
  archive_with_anna rig;
  auto conversation = rig.call("action:createConversation", {{"name", "Notes"}})["result"]["conversationId"];
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(rig.call("action:sendMessage", {{"conversationId", conversation}, {"text", std::to_string(i)}}).contains("result"));
  auto all = rig.call("query:getMessages", {{"conversationId", conversation}, {"limit", 100}})["result"]["messages"];
  ASSERT_EQ(all.size(), 30u);
  auto ask = [&](json more) {
    more["conversationId"] = conversation;
    return rig.call("query:getMessages", more);
  };
  auto next = ask({{"after", all[9]["time"]}, {"limit", 3}});
  EXPECT_THAT(texts(next), ::testing::ElementsAre("10", "11", "12"));
  EXPECT_EQ(next["result"]["more"], true);
  EXPECT_EQ(next["result"]["messages"][0], all[10]) << "the same, signature and all";
  auto last = ask({{"after", all[26]["time"]}, {"limit", 3}});
  EXPECT_THAT(texts(last), ::testing::ElementsAre("27", "28", "29"));
  EXPECT_EQ(last["result"]["more"], false);
  EXPECT_THAT(texts(ask({{"after", all[9]["time"]}, {"before", all[12]["time"]}})), ::testing::ElementsAre("10", "11"));
  EXPECT_TRUE(texts(ask({{"after", all[29]["time"]}})).empty());
  EXPECT_TRUE(texts(ask({{"after", std::numeric_limits<int64_t>::max()}})).empty());
  EXPECT_EQ(texts(ask({{"after", 0}, {"limit", 1}})), std::vector<std::string>{"0"});
  EXPECT_EQ(number_of(rig.call("query:getMessages", {{"conversationId", "none"}, {"after", 0}})), -32003);
}

TEST(ui_gateway, does_once_what_is_asked_twice_under_one_name) {
  archive_with_anna rig;
  auto twice = [&rig](const std::string& method, const json& parameters) {
    auto first = rig.call(method, parameters);
    EXPECT_TRUE(first.contains("result")) << first;
    EXPECT_EQ(rig.call(method, parameters)["result"], first["result"]) << method;
    return first["result"];
  };
  auto made = twice("action:createConversation", {{"name", "Notes"}, {"requestId", "c1"}})["conversationId"];
  EXPECT_EQ(rig.call("query:getConversations")["result"]["conversations"].size(), 1u);
  json message{{"conversationId", made}, {"text", "once"}, {"requestId", "m1"}};
  auto sent = rig.call("action:sendMessage", message)["result"]["messageHash"];
  EXPECT_EQ(rig.call("action:sendMessage", message)["result"]["messageHash"], sent);
  EXPECT_EQ(texts(rig.call("query:getMessages", {{"conversationId", made}})).size(), 1u);
  message["requestId"] = "m2";
  EXPECT_NE(rig.call("action:sendMessage", message)["result"]["messageHash"], sent);
}

TEST(ui_gateway, the_user_has_a_name_of_their_own) {
  archive_with_anna rig;
  EXPECT_EQ(rig.call("query:getState")["result"]["user"]["name"], "anna");
  EXPECT_EQ(rig.call("action:setName", {{"name", "Anna Müller"}})["result"]["name"], "Anna Müller");
  EXPECT_EQ(rig.call("query:getState")["result"]["user"]["name"], "Anna Müller");
  EXPECT_EQ(rig.call("action:setName", {{"name", "Änna"}})["result"]["name"], "Änna");
  EXPECT_EQ(rig.call("query:getState")["result"]["user"]["name"], "Änna") << "the new one alone";
  EXPECT_EQ(number_of(rig.call("action:setName", {{"name", " \t"}})), -32602);
  EXPECT_EQ(number_of(rig.call("action:setName", {{"name", std::string(300, 'x')}})), -32602);
}

TEST(ui_gateway, imports_a_chat_once) {
  archive_with_anna rig;
  json chunk{
      {"source", "Old"},
      {"lines", {R"({"time":"2020-01-01T00:00:00Z","author":"Bob","text":"hi"})", "no json", R"({"time":"2020-01-01T00:00:01Z","author":"Me","text":"hi"})"}}};
  auto first = rig.call("app:import", chunk)["result"];
  EXPECT_EQ(first["stored"], 2);
  ASSERT_EQ(first["problems"].size(), 1u);
  EXPECT_THAT(first["problems"][0].get<std::string>(), HasSubstr("line 2"));
  auto again = rig.call("app:import", chunk)["result"];
  EXPECT_EQ(again["stored"], 0);
  EXPECT_EQ(again["alreadyThere"], 2);
  auto messages = rig.call("query:getMessages", {{"conversationId", first["conversationId"]}})["result"]["messages"];
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0]["imported"]["author"], "Bob");
  auto verified = rig.call("app:verify")["result"];
  EXPECT_EQ(verified["problemCount"], 0) << verified;
  EXPECT_GT(verified["objects"], 0);
}

TEST(ui_gateway, a_verification_tells_how_far_it_is) {
  archive_with_anna rig;
  auto lines = json::array();
  for (int i = 0; i < 300; ++i)
    lines.push_back(json{{"time", 1'600'000'000'000 + i}, {"author", "Bob"}, {"text", "line " + std::to_string(i)}}.dump());
  EXPECT_EQ(rig.call("app:import", {{"source", "Old"}, {"lines", lines}})["result"]["stored"], 300);
  auto page = rig.open_socket(5);
  rig.say(page, "query:getState");
  rig.server.sent[page].clear();
  rig.say(page, "app:verify");
  json told;
  for (const auto& x : rig.server.sent[page])
    if (x.contains("method") && x["method"] == "update:progress")
      told = x["params"];
  ASSERT_TRUE(told.is_object());
  EXPECT_EQ(told["what"], "app:verify");
  EXPECT_GE(told["progress"], 1000);
  EXPECT_GE(told["total"], told["progress"]);
}

/// Gives its pieces one at a time, then the end.
net::http_request upload_of(const std::string& name, std::vector<std::string> pieces) {
  net::http_request x;
  x.route = net::http_route::upload;
  x.method = "PUT";
  x.bearer = "the-token";
  x.blob = name;
  auto left = std::make_shared<std::vector<std::string>>(std::move(pieces));
  x.content = [left](const net::piece_taker& take) {
    if (left->empty())
      return take(std::string{});
    auto next = std::move(left->front());
    left->erase(left->begin());
    take(std::move(next));
  };
  return x;
}

TEST(ui_gateway, stores_a_blob_under_its_own_name_only) {
  archive_with_anna rig;
  auto name = sha256("hello world").hex();
  EXPECT_EQ(rig.request(upload_of(name, {"hello ", "wurld"})).status, 422u);
  net::http_request get;
  get.route = net::http_route::blob;
  get.method = "HEAD";
  get.bearer = rig.token;
  get.blob = name;
  EXPECT_EQ(rig.request(get).status, 404u);
  EXPECT_EQ(rig.request(upload_of(name, {"hello ", "world"})).status, 201u);
  EXPECT_EQ(rig.request(get).status, 200u);
}

TEST(ui_gateway, the_bridge_may_ask_what_the_device_lacks_and_no_more) {
  archive_with_anna rig;
  auto gateway = rig.node.context->members->find<call_server_actor>("ui-gateway");
  auto ask = [&](const std::string& user, const std::string& method, const json& params) {
    call_answered got;
    caf::scoped_actor self{gateway->home_system()};
    auto pending = self->request(gateway, caf::infinite, forward_call{user, method, params.dump()});
    rig.settle();
    pending.receive([&](const call_answered& x) { got = x; }, [](const caf::error&) { ADD_FAILURE() << "refused"; });
    return got;
  };
  auto invited = ask("anna", "pairing:createInvitation", json::object());
  EXPECT_FALSE(invited.failed) << invited.json;
  auto foreign = ask("otto", "pairing:createInvitation", json::object());
  EXPECT_TRUE(foreign.failed);
  EXPECT_EQ(json::parse(foreign.json)["code"], -32001);
  auto logout = ask("anna", "one-core:logout", json::object());
  EXPECT_TRUE(logout.failed);
  EXPECT_EQ(json::parse(logout.json)["code"], -32601);
}

TEST(ui_gateway, says_on_the_device_that_the_archive_is_not_there) {
  gateway_rig rig{side::sparse};
  auto answered = rig.call("one-core:register", anna);
  ASSERT_TRUE(answered.contains("result")) << answered;
  auto refused = answered["result"];
  EXPECT_EQ(refused["success"], false);
  EXPECT_EQ(refused["reason"], "offline");
  EXPECT_TRUE(rig.call("node:users")["result"]["users"].empty()) << "nothing is left behind";
  EXPECT_EQ(rig.call("node:status")["result"]["status"], "degraded");
}

TEST(ui_gateway, comes_back_after_its_death_with_the_pages_it_had) {
  archive_with_anna rig;
  auto conversation = rig.call("action:createConversation", {{"name", "Notes"}})["result"]["conversationId"];
  auto socket = rig.open_socket(3);
  rig.say(socket, "query:getState");
  caf::anon_send_exit(rig.node.context->members->find<caf::actor>("ui-gateway"), caf::exit_reason::unhandled_exception);
  rig.settle();
  rig.advance(std::chrono::seconds{1});
  rig.server.sent[socket].clear();
  auto sent = rig.call("action:sendMessage", {{"conversationId", conversation}, {"text", "still here"}});
  ASSERT_TRUE(sent.contains("result")) << sent;
  EXPECT_THAT(rig.server.sent[socket], ::testing::Contains(::testing::Truly([](const json& x) { return x["method"] == "update:messageReceived"; })));
}

} // namespace

} // namespace lama::actors
