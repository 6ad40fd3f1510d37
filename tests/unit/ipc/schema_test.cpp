#include "protocol/ipc/schema.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace lama::protocol::ipc {
namespace {

using nlohmann::json;

/// Keywords that the public suite was run for (json_schema_test.cpp), and our own of a channel.
const std::set<std::string> known_keywords{"type",      "enum",       "properties", "required", "additionalProperties", "items", "maxItems",
                                           "maxLength", "minLength",  "minimum",    "maximum",  "maxProperties",        "anyOf", "$ref",
                                           "pattern",   "description"};

void expect_known(const json& schema, const std::string& where) {
  ASSERT_TRUE(schema.is_object()) << where;
  for (const auto& [keyword, value] : schema.items()) {
    EXPECT_TRUE(known_keywords.contains(keyword)) << where << " uses " << keyword << ", which nobody tests";
    if (keyword == "properties")
      for (const auto& [name, inner] : value.items())
        expect_known(inner, where + '/' + name);
    else if (keyword == "items" || (keyword == "additionalProperties" && value.is_object()))
      expect_known(value, where + '/' + keyword);
    else if (keyword == "anyOf")
      for (const auto& inner : value)
        expect_known(inner, where + "/anyOf");
  }
}

TEST(ipc_schema, uses_tested_keywords_and_compiles) {
  const auto& schema = ipc_schema::shipped();
  for (const auto& [name, x] : schema.document()["definitions"].items())
    expect_known(x, name);
  for (const auto& [name, x] : schema.document()["channels"].items()) {
    expect_known(x["params"], name);
    expect_known(x["result"], name);
    EXPECT_FALSE(x["description"].get<std::string>().empty()) << name;
    for (auto broken : {schema.check_params(name, 7), schema.check_result(name, nullptr)})
      EXPECT_TRUE(!broken || broken->reason.find("not a JSON Schema") == std::string::npos) << name << ": " << broken->reason;
    EXPECT_TRUE(schema.check_params(name, 7)) << name << " takes an object";
  }
  for (const auto& [name, x] : schema.document()["notifications"].items())
    EXPECT_TRUE(schema.check_notification(name, 7)) << name;
}

TEST(ipc_schema, holds_no_text_without_a_limit_in_what_strangers_send) {
  std::function<void(const json&, const std::string&)> look = [&](const json& x, const std::string& where) {
    if (x.is_object() && x.value("type", json{}) == "string") {
      EXPECT_TRUE(x.contains("maxLength") || x.contains("enum") || x.contains("pattern") || where.ends_with("/lines/items")) << where;
    }
    if (x.is_object() && x.value("type", json{}) == "array") {
      EXPECT_TRUE(x.contains("maxItems")) << where;
    }
    if (x.is_structured())
      for (const auto& [key, inner] : x.items())
        look(inner, where + '/' + key);
  };
  for (const auto& [name, x] : ipc_schema::shipped().document()["channels"].items())
    look(x["params"], name);
}

TEST(ipc_schema, refuses_what_it_does_not_name) {
  const auto& schema = ipc_schema::shipped();
  EXPECT_TRUE(schema.check_params("no:such", json::object()));
  EXPECT_TRUE(schema.check_params("one-core:login", {{"username", "a"}, {"password", "b"}, {"passwrod", "c"}}));
  EXPECT_FALSE(schema.check_params("one-core:login", {{"username", "a"}, {"password", "b"}}));
  EXPECT_EQ(schema.check_params("one-core:login", {{"username", 7}, {"password", "b"}})->path, "/username");
  EXPECT_EQ(schema.check_params("action:sendMessage", {{"conversationId", "c"}, {"attachments", {{{"blob", "zz"}}}}})->path, "/attachments/0/blob");
}

TEST(ipc_schema, is_refused_without_its_parts) {
  EXPECT_FALSE(ipc_schema::parse("{}"));
  EXPECT_FALSE(ipc_schema::parse("no json"));
  EXPECT_FALSE(ipc_schema::parse(R"({"definitions":{},"notifications":{},"channels":{"a":{"params":{}}}})"));
  EXPECT_TRUE(ipc_schema::parse(R"({"definitions":{},"notifications":{},"channels":{"a":{"login":true,"params":{},"result":{}}}})"));
}

} // namespace
} // namespace lama::protocol::ipc
