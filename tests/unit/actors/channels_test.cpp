#include "gateway_rig.hpp"

#include "actors/ui_gateway/calls.hpp"
#include "protocol/ipc/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

/// Every channel: it is in the schema as it is in the table, and nothing that it may be sent breaks it.
namespace lama::actors {
namespace {

using protocol::ipc::ipc_schema;
using testing::gateway_rig;
using testing::json;

const json anna{{"username", "anna"}, {"password", "a long password"}};

int number_of(const json& response) {
  return response.contains("error") ? response["error"]["code"].get<int>() : 0;
}

TEST(channels, table_and_schema_agree) {
  const auto& known = ipc_schema::shipped().channels();
  std::set<std::string> served;
  for (const auto& x : all_channels()) {
    std::string name{x.name};
    served.insert(name);
    auto rules = known.find(name);
    if (rules == known.end()) {
      ADD_FAILURE() << name << " is not in config/ipc.schema.json";
      continue;
    }
    EXPECT_EQ(rules->second.login, x.what == needs::user) << name;
    EXPECT_EQ(rules->second.archive, x.served == where::archive) << name;
    EXPECT_FALSE(rules->second.later) << name << " is there";
  }
  for (const auto& [name, rules] : known)
    EXPECT_TRUE(served.contains(name) || rules.later) << name << " is in the schema, and nobody serves it";
}

TEST(channels, what_is_not_there_yet_says_so) {
  gateway_rig rig{side::archive};
  for (const auto& [name, rules] : ipc_schema::shipped().channels())
    if (rules.later) {
      EXPECT_EQ(number_of(rig.call(name)), *rules.later) << name;
    }
}

/// A document that fits: every required member, each as small as may be.
json smallest(const json& schema) {
  const auto& definitions = ipc_schema::shipped().document()["definitions"];
  if (schema.contains("$ref"))
    return smallest(definitions[schema["$ref"].get<std::string>().substr(std::string_view{"#/definitions/"}.size())]);
  if (schema.contains("anyOf"))
    return smallest(schema["anyOf"][0]);
  if (schema.contains("enum"))
    return schema["enum"][0];
  auto type = schema.value("type", std::string{"object"});
  if (type == "string")
    return schema.contains("pattern") ? std::string(64, 'a') : std::string(schema.value("minLength", std::size_t{0}), 'a');
  if (type == "integer")
    return schema.value("minimum", 0);
  if (type == "boolean")
    return false;
  if (type == "array")
    return json::array();
  auto all = json::object();
  for (const auto& name : schema.value("required", json::array()))
    all[name.get<std::string>()] = smallest(schema["properties"][name.get<std::string>()]);
  return all;
}

/// What nobody should send in a member's place.
std::vector<json> hostile_values() {
  json deep = 1;
  for (int i = 0; i < 60; ++i)
    deep = json::array({deep});
  return {nullptr,
          true,
          -1,
          0.5,
          1e308,
          18446744073709551615u,
          "",
          std::string(3u << 20, 'x'),
          std::string("a\0b", 3),
          "../../etc/passwd",
          "<script>alert(1)</script>",
          "'; DROP TABLE users; --",
          "\xf0\x9f\x98\x80\xe2\x80\xae",
          json::array(),
          json::object(),
          json{{"__proto__", {{"admin", true}}}, {"$type$", "Person"}},
          json::array({1, "two", nullptr}),
          json(std::vector<int>(5000, 7)),
          deep};
}

/// Logged in, and nothing that a hostile call could do away with.
struct hardened_rig : gateway_rig {
  hardened_rig() : gateway_rig{side::archive} {
    call("one-core:register", anna);
  }
  void expect_refusal_or_answer(const std::string& method, const json& params) {
    auto answered = call(method, params, "anna");
    auto number = number_of(answered);
    EXPECT_NE(number, -32099) << method << ' ' << params.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 200) << " → " << answered;
    if (number == -32602 && answered["error"].contains("data")) {
      EXPECT_TRUE(answered["error"]["data"].contains("path")) << method << answered;
      EXPECT_TRUE(answered["error"]["data"].contains("reason")) << method << answered;
    }
  }
};

bool ends_the_test(const std::string& name) {
  return name.ends_with(":logout") || name == "app:verify"; // the first locks the user, the second reads everything each time
}

TEST(channels, missing_wrong_oversized_and_hostile_parameters_are_refused_in_words) {
  hardened_rig rig;
  std::size_t tried = 0;
  for (const auto& [name, rules] : ipc_schema::shipped().channels()) {
    if (ends_the_test(name) || rules.login_rate || rules.later)
      continue;
    const auto& params = ipc_schema::shipped().document()["channels"][name]["params"];
    auto fits = smallest(params);
    rig.expect_refusal_or_answer(name, fits);
    auto more = fits;
    more["nobody asked for this"] = 1;
    if (name != "action:updateSettings") {
      EXPECT_EQ(number_of(rig.call(name, more, "anna")), -32602) << name << " takes what is not in its schema";
    }
    for (const auto& member : fits.items()) {
      auto less = fits;
      less.erase(member.key());
      EXPECT_EQ(number_of(rig.call(name, less, "anna")), -32602) << name << " does not miss " << member.key();
    }
    auto properties = params.value("properties", json::object());
    for (const auto& [member, schema] : properties.items())
      for (const auto& value : hostile_values()) {
        auto wrong = fits;
        wrong[member] = value;
        rig.expect_refusal_or_answer(name, wrong);
        ++tried;
      }
  }
  EXPECT_GT(tried, 300u);
  EXPECT_EQ(rig.call("node:status")["result"]["actors"]["ui-gateway"]["schemaBreaks"], 0);
  EXPECT_TRUE(rig.call("query:getState", json::object(), "anna").contains("result")) << "and all goes on";
}

TEST(channels, logins_take_hostile_parameters_too) {
  gateway_rig rig{side::archive};
  for (const auto* name : {"one-core:login", "one-core:register", "action:login"})
    for (const auto& value : hostile_values()) {
      for (const auto* member : {"username", "password"}) {
        auto wrong = anna;
        wrong[member] = value;
        auto answered = rig.call(name, wrong);
        EXPECT_NE(number_of(answered), -32099) << name << member << answered;
        EXPECT_FALSE(answered.contains("result") && answered["result"]["success"] == true && member == std::string{"username"}) << answered;
      }
      rig.advance(std::chrono::minutes{1});
    }
}

TEST(channels, positional_parameters_are_refused) {
  hardened_rig rig;
  auto told = rig.post(R"({"jsonrpc":"2.0","id":1,"method":"query:getContacts","params":[1,2]})", "anna");
  EXPECT_EQ(number_of(told.body), -32602);
}

TEST(channels, are_conversations_under_another_name) {
  hardened_rig rig;
  auto made = rig.call("one-core:channel:create", {{"name", "Notes"}})["result"];
  auto channel = made["channelId"];
  for (const auto* text : {"one", "two", "three"})
    ASSERT_TRUE(rig.call("one-core:channel:post", {{"channelId", channel}, {"message", text}}).contains("result"));
  ASSERT_TRUE(rig.call("one-core:channel:post", {{"channelId", channel}, {"message", {{"text", "four"}}}})["result"].contains("messageHash"));
  auto texts = [&](const json& params) {
    std::vector<std::string> all;
    auto answered = rig.call("one-core:channel:getMessages", params);
    for (const auto& x : answered["result"]["messages"])
      all.push_back(x["text"]);
    return all;
  };
  EXPECT_THAT(texts({{"channelId", channel}}), ::testing::ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(texts({{"channelId", channel}, {"limit", 2}, {"offset", 1}}), ::testing::ElementsAre("two", "three"));
  EXPECT_THAT(texts({{"channelId", channel}, {"offset", 9}}), ::testing::IsEmpty());
  EXPECT_EQ(rig.call("one-core:channel:join", {{"channelId", channel}})["result"]["channel"], made["channel"]);
  auto foreign = std::string(64, '0');
  EXPECT_EQ(rig.call("one-core:channel:join", {{"channelId", foreign}})["result"]["success"], false);
  EXPECT_EQ(number_of(rig.call("one-core:channel:post", {{"channelId", foreign}, {"message", "x"}})), -32003);
  EXPECT_EQ(number_of(rig.call("one-core:channel:getMessages", {{"channelId", foreign}})), -32003);
}

TEST(channels, note_a_person_without_a_node) {
  hardened_rig rig;
  auto added = rig.call("action:addContact", {{"email", "otto@example.org"}, {"name", "Otto"}});
  ASSERT_TRUE(added.contains("result")) << added;
  auto persons = rig.call("one-core:storage:query", {{"type", "Person"}, {"filter", {{"email", "otto@example.org"}}}})["result"]["objects"];
  ASSERT_EQ(persons.size(), 1u) << persons;
  EXPECT_EQ(persons[0]["idHash"], added["result"]["personId"]);
  EXPECT_EQ(persons[0]["data"]["name"], "Otto");
  EXPECT_EQ(number_of(rig.call("action:addContact", {{"email", "no address"}})), -32602);
  EXPECT_EQ(number_of(rig.call("action:addContact", json::object())), -32602);
}

TEST(channels, provision_whoever_has_the_secret) {
  gateway_rig rig{side::archive};
  auto secret = json::parse(rig.files->files["bridge.json"])["secret"];
  json request{{"secret", secret}, {"username", "anna"}, {"password", "a long password"}};
  auto wrong = request;
  wrong["secret"] = std::string(64, '0');
  EXPECT_EQ(number_of(rig.call("provision:node", wrong)), -32002);
  auto made = rig.call("provision:node", request);
  ASSERT_TRUE(made.contains("result")) << made;
  EXPECT_TRUE(made["result"]["pairingInvite"].contains("token"));
  auto again = rig.call("provision:node", request);
  ASSERT_TRUE(again.contains("result")) << again;
  EXPECT_EQ(again["result"]["nodeId"], made["result"]["nodeId"]) << "the same instance";
  EXPECT_EQ(number_of(rig.call("provision:node", request)), -32005) << "guessing takes time";
}

TEST(channels, an_instance_for_the_only_user) {
  gateway_rig rig{side::archive};
  EXPECT_EQ(number_of(rig.call("one-core:createInstance")), -32001);
  auto registered = rig.call("one-core:register", anna)["result"];
  EXPECT_EQ(rig.call("one-core:createInstance")["result"]["instanceId"], registered["instanceId"]);
  rig.call("one-core:logout");
  EXPECT_EQ(number_of(rig.call("one-core:createInstance", {{"password", "wrong"}})), -32002);
  EXPECT_EQ(rig.call("one-core:createInstance", {{"password", "a long password"}})["result"]["ownerId"], registered["ownerId"]);
}

TEST(channels, connections_that_are_not_there_are_not_closed) {
  hardened_rig rig;
  EXPECT_EQ(number_of(rig.call("one-core:network:connect", {{"url", "ws://127.0.0.1:1"}})), -32003);
  EXPECT_EQ(rig.call("one-core:network:disconnect", {{"connectionId", "77"}})["result"]["success"], false);
  EXPECT_EQ(rig.call("one-core:network:disconnect", {{"connectionId", "0"}})["result"]["success"], false);
}

TEST(channels, have_their_latency_counted) {
  hardened_rig rig;
  rig.call("query:getContacts");
  rig.call("query:getConversation", {{"conversationId", "nowhere"}});
  net::http_request x;
  x.route = net::http_route::metrics;
  x.bearer = rig.token;
  std::string text;
  rig.handlers.request(x, [&text](const net::http_response& got) { text = got.body; });
  rig.advance(std::chrono::seconds{3});
  for (const auto* line :
       {"lama_ipc_latency_seconds_count{channel=\"query:getContacts\"} 1", "lama_ipc_errors_total{channel=\"query:getConversation\",code=\"-32003\"} 1",
        "lama_object_store_transactions{actor=\"object-store\",user=\"anna\"}", "lama_restarts_total{actor=\"supervisor\"} 0", "lama_up{side=\"archive\"",
        "lama_actor_answer_seconds{actor=\"ui-gateway\"}"})
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  EXPECT_EQ(text.find("a long password"), std::string::npos);
  EXPECT_EQ(text.find(rig.token), std::string::npos);
}

} // namespace
} // namespace lama::actors
