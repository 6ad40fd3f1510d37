#include "protocol/objects/unknown_object.hpp"

#include "protocol/objects/object_space.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

/// Objects of types that have no recipe here.
namespace lama::testing {

using namespace lama::protocol;

namespace {

std::string around(const std::string& fields) {
  return "<div itemscope itemtype=\"//refin.io/Unheard\">" + fields + "</div>";
}

std::string span(const std::string& text) {
  return "<span itemprop=\"a\">" + text + "</span>";
}

} // namespace

/// What is known is no worse understood without its recipe: the same references, in the same order.
TEST(unknown_object, every_text_of_the_vectors_is_one) {
  auto vectors = load_vectors("objects.json");
  auto recipes = recipes_with(vectors.at("testRecipes"));
  std::size_t seen = 0;
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    if (!x.at("microdata").is_string() || x.contains("parseError"))
      continue;
    auto text = x.at("microdata").get<std::string>();
    auto facts = examine(text, recipes);
    auto found = examine_without_recipe(text);
    ASSERT_TRUE(found) << found.failure().message;
    ASSERT_TRUE(facts);
    EXPECT_EQ(found->type, facts->type->name);
    ASSERT_EQ(found->references.size(), facts->references.size());
    for (std::size_t i = 0; i < facts->references.size(); ++i) {
      EXPECT_EQ(found->references[i].target, facts->references[i].target);
      EXPECT_EQ(found->references[i].kind, facts->references[i].kind);
    }
    if (x.contains("idMicrodata")) {
      EXPECT_TRUE(examine_without_recipe(x.at("idMicrodata").get<std::string>())->is_id_object);
    }
    ++seen;
  }
  EXPECT_GT(seen, 95u);
}

TEST(unknown_object, what_no_recipe_could_mean_is_refused) {
  auto hash_text = std::string(64, 'a');
  EXPECT_TRUE(examine_without_recipe(around("")));
  EXPECT_TRUE(examine_without_recipe(around(span("x &amp; y"))));
  EXPECT_TRUE(examine_without_recipe(around("<ol itemprop=\"a\"><li>x</li><li></li><li><ul></ul></li></ol>")));
  const std::string refused[] = {
      "",
      "text",
      "<div itemscope itemtype=\"//refin.io/Un heard\"></div>",
      around(span("x")) + " ",
      around(span("x")).substr(0, 60),
      around(" " + span("x")),
      around("text"),
      around(span("x & y")),
      around(span("x > y")),
      around(span("<b>x</b>")),
      around("<span>x</span>"),
      around("<span itemprop=\"\">x</span>"),
      around("<span itemprop=\"a\" class=\"b\">x</span>"),
      around("<span itemprop=\"a\">x</a>"),
      around("<p itemprop=\"a\">x</p>"),
      around("<a itemprop=\"a\" data-type=\"obj\">" + hash_text.substr(1) + "</a>"),
      around("<a itemprop=\"a\" data-type=\"url\">" + hash_text + "</a>"),
      around("<a itemprop=\"a\">" + hash_text + "</a>"),
      around("<a itemprop=\"a\" data-type=\"obj\">" + std::string(64, 'A') + "</a>"),
      around("<ul itemprop=\"a\">x</ul>"),
      around("<ul itemprop=\"a\"><li><span>x</span></li></ul>"),
      around("<ul itemprop=\"a\"><li>x</li></ol>"),
      around("<dl itemprop=\"a\"><dt>x</dt></dl>"),
      around("<dl itemprop=\"a\"><dd>x</dd></dl>"),
      around("<div itemprop=\"a\">x</div>"),
      around(span("\xFF")),
  };
  for (const auto& text : refused)
    EXPECT_FALSE(examine_without_recipe(text)) << text;
}

TEST(unknown_object, hostile_texts_end_at_a_limit) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "<div itemprop=\"a\">";
  EXPECT_EQ(examine_without_recipe(around(deep)).failure().code, errc::too_large);
  std::string lists = "<ol itemprop=\"a\">";
  for (int i = 0; i < 100'000; ++i)
    lists += "<li><ol>";
  EXPECT_EQ(examine_without_recipe(around(lists)).failure().code, errc::too_large);
  std::string many = "<ol itemprop=\"a\">";
  for (int i = 0; i < 1'100'000; ++i)
    many += "<li></li>";
  EXPECT_EQ(examine_without_recipe(around(many + "</ol>")).failure().code, errc::too_large);
  EXPECT_EQ(examine_without_recipe(around(span(std::string(17u << 20, 'x')))).failure().code, errc::too_large);
}

TEST(unknown_object, is_kept_under_its_name_until_its_recipe_comes) {
  auto recipes = recipe_table::on_top_of(standard_recipes());
  memory_space space{recipes};
  auto text = around(span("x"));
  EXPECT_EQ(space.put(text).failure().code, errc::unsupported);
  auto kept = space.keep_text(text, text_origin::own);
  ASSERT_TRUE(kept) << kept.failure().message;
  EXPECT_EQ(kept->name, sha256(text));
  EXPECT_EQ(*space.read(kept->name), text);
  EXPECT_EQ(space.kept_text(kept->name, "Unheard"), text_origin::own);
  EXPECT_EQ(load(space, kept->name).failure().code, errc::unsupported);
  EXPECT_FALSE(space.keep_text(around("text"), text_origin::own));

  ASSERT_TRUE(recipes.add_line("Unheard: a*"));
  auto known = space.keep_text(text, text_origin::own);
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->id);
  EXPECT_EQ(load(space, known->name)->text("a"), "x");
  EXPECT_FALSE(space.kept_text(known->name, "Unheard"));
  EXPECT_FALSE(space.kept_texts().any());
}

TEST(unknown_object, tells_its_references_as_a_known_one_does) {
  auto target = sha256("x");
  auto text = around("<a itemprop=\"a\" data-type=\"blob\">" + target.hex() + "</a>");
  auto found = references_of(text, standard_recipes());
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<reference>{{target, reference_kind::blob, 0}}));
  EXPECT_EQ(
      references_of(object_writer{"PersonImage"}.blob_reference("image", target).number("timestamp", 1).text("location", "x").finish(), standard_recipes())
          ->front()
          .target,
      target);
  EXPECT_FALSE(references_of("no object", standard_recipes()));
}

} // namespace lama::testing
