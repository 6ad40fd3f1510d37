#include "protocol/limits.hpp"
#include "protocol/models/instance.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/object_space.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <thread>

namespace lama::testing {

using namespace lama::protocol;

namespace {

std::string around(const std::string& type, const std::string& fields) {
  return "<div itemscope itemtype=\"//refin.io/" + type + "\">" + fields + "</div>";
}

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
  EXPECT_EQ(standard_recipes().all().size(), 96u);
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

/// The core's own types come with the store; the models' are what an instance names at its creation (docs/protocol/01 §6).
TEST_F(recipe_vectors, reverse_maps_of_the_models_are_those_of_the_vectors) {
  auto expect_same = [](const models::reverse_maps& ours, const json& theirs) {
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_EQ(ours[i].first, theirs[i].at("type"));
      EXPECT_EQ(json(ours[i].second), theirs[i].at("props")) << ours[i].first;
    }
  };
  expect_same(models::model_reverse_maps(), vectors.at("modelsReverseMaps"));
  expect_same(models::model_reverse_maps_for_id_objects(), vectors.at("modelsReverseMapsForIdObjects"));
}

/// Every reference of every type is indexed here, so that what the core turns on is found whatever an instance says.
TEST_F(recipe_vectors, reverse_maps_of_the_core_are_always_on) {
  memory_space space{standard_recipes()};
  auto target = sha256("target");
  auto put = [&](object_writer& text) { return space.put(text.finish())->name; };
  std::map<std::string, std::function<hash()>> of_type{
      {"Access",
       [&] {
         return put(object_writer{"Access"}.object_reference("object", target).bag("person", reference_kind::id, {}).bag("group", reference_kind::id, {}));
       }},
      {"IdAccess",
       [&] { return put(object_writer{"IdAccess"}.id_reference("id", target).bag("person", reference_kind::id, {}).bag("group", reference_kind::id, {})); }},
      {"Group", [&] { return put(object_writer{"Group"}.text("name", "g").bag("person", reference_kind::id, {target})); }},
      {"Keys", [&] {
         return put(object_writer{"Keys"}.id_reference("owner", target).text("publicKey", std::string(64, '0')).text("publicSignKey", std::string(64, '0')));
       }}};
  for (const auto& x : vectors.at("coreReverseMaps")) {
    EXPECT_EQ(x.at("props"), json::array({"*"}));
    auto type = x.at("type").get<std::string>();
    ASSERT_TRUE(of_type.contains(type)) << type;
    auto name = of_type.at(type)();
    EXPECT_EQ(space.referrers(target, type), std::vector{name}) << type;
  }
  (void)space.put(object_writer("Instance", true).text("name", "i").id_reference("owner", target).finish());
  for (const auto& x : vectors.at("coreReverseMapsForIdObjects")) {
    EXPECT_EQ(x.at("props"), json::array({"*"}));
    EXPECT_EQ(space.referring_ids(target, x.at("type").get<std::string>()).size(), 1u) << x;
  }
}

TEST_F(recipe_vectors, types_of_our_own_are_not_stock_types) {
  for (const char* name : {"LamaContact", "LamaConversation", "LamaOutboxEntry", "LamaReceipt", "LamaImportedMessage", "LamaAnnotation", "LamaDelivered",
                           "LamaImport", "LamaSetting"}) {
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

TEST(recipe_table, on_top_of_another_knows_both) {
  auto table = recipe_table::on_top_of(standard_recipes());
  auto before = table.all().size();
  EXPECT_EQ(before, standard_recipes().all().size());
  EXPECT_EQ(table.find("Person"), standard_recipes().find("Person"));
  EXPECT_FALSE(table.find("Recipe_2"));
  ASSERT_TRUE(table.add_line("Recipe_2: id*; when: number; items? = MatchMap.array; mail: ref(Email)"));
  EXPECT_EQ(table.all().size(), before + 1);
  EXPECT_EQ(table.added(), std::vector{table.find("Recipe_2")});
  EXPECT_EQ(table.find("Recipe_2")->rules[2].type.kind, item_kind::bag); // inherited from a type of the base
  EXPECT_FALSE(standard_recipes().find("Recipe_2"));
  EXPECT_EQ(table.add_line("Person: email*").failure().code, errc::conflict);
  EXPECT_EQ(table.add_line("Recipe_2: id*").failure().code, errc::conflict);
  auto moved = std::move(table);
  EXPECT_TRUE(moved.find("Recipe_2"));
  EXPECT_TRUE(moved.find("Person"));
}

TEST(recipe_table, takes_types_while_others_look_up) {
  auto table = recipe_table::on_top_of(standard_recipes());
  std::atomic<bool> stop = false;
  std::thread reader{[&] {
    for (std::size_t seen = 0; !stop;) {
      auto now = table.added().size();
      EXPECT_GE(now, seen);
      seen = now;
      if (const auto* found = table.find("Type100")) {
        EXPECT_TRUE(parse_object(around("Type100", "<span itemprop=\"a\">x</span>"), table));
        EXPECT_EQ(found->name, "Type100");
      }
      EXPECT_TRUE(table.find("Person"));
    }
  }};
  for (int i = 0; i < 300; ++i)
    EXPECT_TRUE(table.add_line("Type" + std::to_string(i) + ": a: `^[a-z]$`"));
  stop = true;
  reader.join();
  EXPECT_EQ(table.added().size(), 300u);
}

TEST(recipe_table, takes_no_more_than_its_limit) {
  auto table = recipe_table::on_top_of(standard_recipes());
  for (std::size_t i = 0; i < limits::registered_recipes; ++i)
    ASSERT_TRUE(table.add_line("Type" + std::to_string(i) + ": a"));
  EXPECT_EQ(table.add_line("OneMore: a").failure().code, errc::too_large);
  EXPECT_TRUE(table.find("Type0"));
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
