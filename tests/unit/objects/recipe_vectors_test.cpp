#include "protocol/objects/microdata.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

namespace lama::testing {

using namespace lama::protocol;

namespace {

class recipe_vectors : public ::testing::Test {
protected:
  json vectors = load_vectors("recipes.json");
};

} // namespace

TEST_F(recipe_vectors, the_table_holds_each_type_to_the_byte) {
  std::size_t count = 0;
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto* known = standard_recipes().find(x.at("name").get<std::string>());
    ASSERT_TRUE(known);
    EXPECT_EQ(known->text, x.at("recipeMicrodata"));
    EXPECT_EQ(sha256(known->text).hex(), x.at("recipeHash"));
    EXPECT_EQ(known->versioned, x.at("versioned"));
    EXPECT_TRUE(is_stock_type(known->name));
    auto facts = examine(known->text, standard_recipes());
    ASSERT_TRUE(facts) << facts.failure().message;
    EXPECT_EQ(facts->id_hash->hex(), x.at("recipeIdHash"));
    ++count;
  }
  EXPECT_EQ(count, 87u);
  EXPECT_EQ(standard_recipes().all().size(), 94u);
}

TEST_F(recipe_vectors, a_recipe_object_gives_the_rules_that_its_line_gives) {
  recipe_table from_objects;
  for (const auto* known : standard_recipes().all()) {
    SCOPED_TRACE(known->name);
    auto added = from_objects.add(known->text);
    ASSERT_TRUE(added) << added.failure().message;
    ASSERT_EQ((*added)->rules.size(), known->rules.size());
    for (std::size_t i = 0; i < known->rules.size(); ++i) {
      const auto& a = (*added)->rules[i];
      const auto& b = known->rules[i];
      EXPECT_EQ(a.name, b.name);
      EXPECT_EQ(a.opening_tag, b.opening_tag);
      EXPECT_EQ(a.optional, b.optional);
      EXPECT_EQ(a.is_id, b.is_id);
      EXPECT_EQ(a.type.kind, b.type.kind);
      EXPECT_EQ(a.type.pattern, b.type.pattern);
      EXPECT_EQ(a.type.allowed_types, b.type.allowed_types);
    }
    EXPECT_EQ((*added)->crdt_config, known->crdt_config);
  }
}

TEST_F(recipe_vectors, rules_are_those_of_the_vectors) {
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto* known = standard_recipes().find(x.at("name").get<std::string>());
    ASSERT_TRUE(known);
    ASSERT_EQ(known->rules.size(), x.at("rule").size());
    for (std::size_t i = 0; i < known->rules.size(); ++i) {
      const auto& expected = x.at("rule")[i];
      EXPECT_EQ(known->rules[i].name, expected.at("itemprop"));
      EXPECT_EQ(known->rules[i].optional, expected.value("optional", false));
      EXPECT_EQ(known->rules[i].is_id, expected.value("isId", false));
      EXPECT_EQ(known->rules[i].type.pattern, expected.at("itemtype").value("regexp", ""));
    }
  }
}

TEST_F(recipe_vectors, types_of_our_own_are_not_stock_types) {
  for (const char* name : {"LamaContact", "LamaConversation", "LamaOutboxEntry", "LamaReceipt", "LamaImportedMessage", "LamaImport", "LamaSetting"}) {
    ASSERT_TRUE(standard_recipes().find(name)) << name;
    EXPECT_FALSE(is_stock_type(name)) << name;
  }
  EXPECT_FALSE(is_stock_type("NoSuchType"));
}

TEST(recipe_table, refuses_what_no_recipe_may_be) {
  recipe_table table;
  ASSERT_TRUE(table.add_line("Known: a: string; list: bag<integer>; m?: map<string, number>"));
  EXPECT_EQ(table.add_line("Known: b").failure().code, errc::conflict);
  for (const char* line : {
           "Dot.ted: a",                        // forbidden characters
           ": a",                               // no name
           "Line: a: strange",                  // no such type
           "Line: a: map<bag<string>, string>", // a collection as key
           "Line: a: {b; b}",                   // the same name twice
           "Line: a: {b*}",                     // an id within
           "Line: a: `(`",                      // no expression
           "Line: a: `(?=x)`",                  // look-ahead
           "Line: a = Unknown.b",               // inherits from nothing
           "Line: a: string extra",             // text behind
           "Line: a: array<string",             // unclosed
       })
    EXPECT_FALSE(table.add_line(line)) << line;
  EXPECT_EQ(table.all().size(), 1u); // nothing half made stays
}

TEST(recipe_table, refuses_what_no_recipe_object_may_be) {
  auto refuses = [](const char* item_type) {
    recipe_table table;
    json x{{"name", "T"}, {"rule", json::array({json{{"itemprop", "a"}, {"itemtype", json::parse(item_type)}}})}};
    return !table.add(recipe_text_of(x));
  };
  EXPECT_FALSE(refuses(R"({"type":"string","regexp":"^a$"})"));
  EXPECT_FALSE(refuses(R"({"type":"integer","min":0,"max":10})"));
  EXPECT_TRUE(refuses(R"({"type":"integer","min":0.5})"));
  EXPECT_TRUE(refuses(R"({"type":"number","min":5,"max":5})"));
  EXPECT_TRUE(refuses(R"({"type":"string","other":1})"));
  EXPECT_TRUE(refuses(R"({"type":"boolean","regexp":"a"})"));
  EXPECT_TRUE(refuses(R"({"type":"bag"})"));
  EXPECT_TRUE(refuses(R"({"type":"referenceToObj"})"));
  EXPECT_TRUE(refuses(R"({"type":"object","rules":[]})"));
  EXPECT_TRUE(refuses(R"({"type":"object","rules":[{"itemprop":"b","isId":true}]})"));
  EXPECT_TRUE(refuses(R"({"type":"object"})"));
  EXPECT_TRUE(refuses(R"({"type":5})"));
  EXPECT_TRUE(refuses(R"([])"));
}

} // namespace lama::testing
