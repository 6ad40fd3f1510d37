#include "protocol/limits.hpp"
#include "protocol/objects/microdata.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <random>

namespace lama::testing {

using namespace lama::protocol;

namespace {

hash filled(int digit) {
  hash x;
  x.bytes.fill(static_cast<uint8_t>(digit * 0x11));
  return x;
}

std::string around(const std::string& type, const std::string& fields) {
  return "<div itemscope itemtype=\"//refin.io/" + type + "\">" + fields + "</div>";
}

recipe_table table_of(std::initializer_list<const char*> lines) {
  recipe_table table;
  for (const auto* line : lines)
    if (auto added = table.add_line(line); !added)
      throw std::runtime_error{added.failure().message};
  return table;
}

/// Of this thread's processor time: the machine may be busy with something else.
double seconds(const std::function<void()>& work) {
  auto now = [] {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  };
  auto start = now();
  work();
  return now() - start;
}

} // namespace

TEST(examine, finds_references_depth_first_in_rule_order) {
  auto recipes = table_of({"T: list: bag<{a: id(*); b?: blob}>; plain: ref(*); m: map<id(*), set<clob>>"});
  auto a = [](const char* kind, int digit) { return std::string{"<a data-type=\""} + kind + "\">" + filled(digit).hex() + "</a>"; };
  auto field = [](const char* name, const char* kind, int digit) {
    return std::string{"<a itemprop=\""} + name + "\" data-type=\"" + kind + "\">" + filled(digit).hex() + "</a>";
  };
  auto text = around("T", "<ul itemprop=\"list\"><li><div>" + field("a", "id", 1) + field("b", "blob", 2) + "</div></li><li><div>" + field("a", "id", 3) +
                              "</div></li></ul>" + field("plain", "obj", 4) + "<dl itemprop=\"m\"><dt>" + a("id", 9) + "</dt><dd><ul><li>" + a("clob", 5) +
                              "</li><li>" + a("clob", 6) + "</li></ul></dd><dt>" + a("id", 1) + "</dt><dd><ul></ul></dd></dl>");
  auto facts = examine(text, recipes);
  ASSERT_TRUE(facts) << facts.failure().message;
  using enum reference_kind;
  std::vector<reference> expected{{filled(1), id, 0}, {filled(2), blob, 0}, {filled(3), id, 0},   {filled(4), reference_kind::object, 1},
                                  {filled(9), id, 2}, {filled(5), clob, 2}, {filled(6), clob, 2}, {filled(1), id, 2}};
  EXPECT_EQ(facts->references, expected);
  EXPECT_EQ(facts->type, recipes.find("T"));
  EXPECT_FALSE(facts->id_hash);
}

TEST(object_writer, writes_what_the_recipe_demands) {
  auto text = object_writer{"ChatMessage"}
                  .text("text", "a < b & c")
                  .array("attachments", reference_kind::object, {filled(2), filled(1)})
                  .id_reference("sender", filled(3))
                  .finish();
  auto parsed = parse_object(text, standard_recipes());
  ASSERT_TRUE(parsed) << parsed.failure().message;
  EXPECT_EQ(parsed->text("text"), "a < b & c");
  EXPECT_EQ(parsed->references("attachments"), (std::vector{filled(2), filled(1)}));
  EXPECT_EQ(parsed->reference("sender"), filled(3));
  EXPECT_EQ(*write_object(*parsed, standard_recipes()), text);

  auto group = object_writer{"Group"}.text("name", "g").bag("person", reference_kind::id, {filled(2), filled(0xA), filled(1), filled(2)}).finish();
  EXPECT_EQ(parse_object(group, standard_recipes())->references("person"), (std::vector{filled(1), filled(2), filled(2), filled(0xA)}));

  auto descriptor = object_writer{"BlobDescriptor"}
                        .blob_reference("data", filled(1))
                        .number("lastModified", 1.5)
                        .text("name", "n")
                        .number("size", 1e21)
                        .text("type", "t")
                        .finish();
  EXPECT_EQ(parse_object(descriptor, standard_recipes())->number("size"), 1e21);
  auto setting = object_writer{"LamaReceipt"}.object_reference("message", filled(1)).flag("accepted", true).finish();
  EXPECT_TRUE(parse_object(setting, standard_recipes())->flag("accepted"));
}

TEST(strict_parse, accepts_exactly_what_writes_back_to_the_same_bytes) {
  // Every text of the vectors, damaged a little: if strict parsing accepts it, writing must give it back, and examine must agree.
  auto vectors = load_vectors("objects.json");
  auto recipes = recipes_with(vectors.at("testRecipes"));
  std::minstd_rand random{7};
  const std::vector<std::string> pieces{"<", ">", "&", "&amp;", "&lt;", "0",    "1",     "-",   ".",    "e", " ",  "null", "true", "\"",      "{",
                                        "}", "[", "]", ",",     "</",   "<li>", "</li>", "<b>", "</b>", "/", "\\", "\n",   "\xC3", "\xC3\xA4"};
  std::size_t accepted = 0;
  std::size_t lenient_only = 0;
  for (const auto& x : vectors.at("cases")) {
    auto text = text_of(x.at("microdata"));
    for (int round = 0; round < 300; ++round) {
      auto damaged = text;
      for (auto damages = 1 + random() % 2; damages > 0; --damages) {
        auto at = random() % damaged.size();
        switch (random() % 4) {
        case 0:
          damaged.erase(at, 1 + random() % 3);
          break;
        case 1:
          damaged.insert(at, pieces[random() % pieces.size()]);
          break;
        case 2:
          damaged[at] = text[random() % text.size()];
          break;
        default:
          damaged.insert(at, text.substr(random() % text.size(), 1 + random() % 40));
          break;
        }
      }
      auto strict = parse_object(damaged, recipes);
      auto lenient = parse_object(damaged, recipes, parse_mode::lenient);
      ASSERT_EQ(static_cast<bool>(strict), static_cast<bool>(examine(damaged, recipes))) << damaged;
      ASSERT_EQ(static_cast<bool>(lenient), static_cast<bool>(examine(damaged, recipes, parse_mode::lenient))) << damaged;
      if (strict) {
        ++accepted;
        ASSERT_TRUE(lenient) << damaged;
        auto again = write_object(*strict, recipes);
        ASSERT_TRUE(again) << damaged << ": " << again.failure().message;
        ASSERT_EQ(*again, damaged);
      } else if (lenient) {
        ++lenient_only;
        auto again = write_object(*lenient, recipes);
        ASSERT_FALSE(again && *again == damaged) << damaged;
      }
    }
  }
  EXPECT_GT(accepted, 500u);
  EXPECT_GT(lenient_only, 500u);
}

TEST(parsing, is_linear_on_hostile_texts) {
  auto recipes = table_of({"Tree: n: string; kids: array<{n: string; kids? = Tree.kids}>", "Lists: b: bag<string>; m: map<string, string>", "S: s: string"});
  auto repeated = [](const std::string& piece, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes)
      text += piece;
    return text;
  };
  constexpr std::size_t size = 2u << 20;
  std::vector<std::string> texts{
      around("S", "<span itemprop=\"s\">" + repeated("<b>", size)),
      around("S", "<span itemprop=\"s\">" + repeated("<b></b>", size) + "</span>"),
      around("S", "<span itemprop=\"s\">" + repeated("&", size) + "</span>"),
      around("S", "<span itemprop=\"s\">" + repeated("</", size)),
      around("Lists", "<ul itemprop=\"b\">" + repeated("<li>a</li>", size) + "</ul><dl itemprop=\"m\"></dl>"),
      around("Lists", "<ul itemprop=\"b\">" + repeated("<li>", size)),
      around("Lists", "<ul itemprop=\"b\"></ul><dl itemprop=\"m\">" + repeated("<dt>k</dt><dd></dd>", size) + "</dl>"),
      around("Tree", "<span itemprop=\"n\">x</span><ol itemprop=\"kids\">" + repeated("<li><div><span itemprop=\"n\">x</span><ol itemprop=\"kids\">", size)),
      around("Tree", "<span itemprop=\"n\">x</span><ol itemprop=\"kids\"><li><div>" + repeated("<x><y>", size)),
      "<div itemscope itemtype=\"//refin.io/" + repeated("a", size),
  };
  // Two megabytes take some milliseconds; anything quadratic in them would take minutes.
  for (const auto& text : texts)
    for (auto mode : {parse_mode::strict, parse_mode::lenient})
      EXPECT_LT(seconds([&] { (void)parse_object(text, recipes, mode); }), 10) << text.substr(0, 120);
}

TEST(parsing, keeps_to_its_limits) {
  auto recipes = table_of({"Tree: kids: array<{kids? = Tree.kids}>", "S: s: string", "L: l: array<string>", "J: j: stringifiable"});
  EXPECT_EQ(parse_object(around("S", "<span itemprop=\"s\">" + std::string(limits::object_bytes, 'x') + "</span>"), recipes).failure().code, errc::too_large);

  auto tree = [](std::size_t levels) {
    std::string text = "<ol itemprop=\"kids\">";
    for (std::size_t i = 0; i < levels; ++i)
      text += "<li><div><ol itemprop=\"kids\">";
    for (std::size_t i = 0; i < levels; ++i)
      text += "</ol></div></li>";
    return around("Tree", text + "</ol>");
  };
  EXPECT_TRUE(parse_object(tree(1), recipes));
  EXPECT_FALSE(parse_object(tree(2), recipes)); // deeper than the peer can write (docs/protocol/01 §4)
  EXPECT_TRUE(parse_object(tree(30), recipes, parse_mode::lenient));
  EXPECT_EQ(parse_object(tree(100), recipes, parse_mode::lenient).failure().code, errc::too_large);
  EXPECT_EQ(parse_object(tree(100'000), recipes, parse_mode::lenient).failure().code, errc::too_large);

  std::string items = "<ol itemprop=\"l\">";
  for (std::size_t i = 0; i <= limits::object_items; ++i)
    items += "<li></li>";
  EXPECT_EQ(parse_object(around("L", items + "</ol>"), recipes).failure().code, errc::too_large);

  auto nested_json = [](std::size_t levels) { return around("J", "<span itemprop=\"j\">" + std::string(levels, '[') + std::string(levels, ']') + "</span>"); };
  EXPECT_TRUE(parse_object(nested_json(60), recipes));
  EXPECT_FALSE(parse_object(nested_json(1'000'000), recipes));
}

TEST(parsing, refuses_text_that_is_not_utf8) {
  for (const char* bad : {"\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"})
    for (auto mode : {parse_mode::strict, parse_mode::lenient})
      EXPECT_FALSE(parse_object(around("News", std::string{"<span itemprop=\"content\">"} + bad + "</span>"), standard_recipes(), mode)) << to_hex(bad);
  EXPECT_FALSE(write_object(object{"News", {{"content", "\xFF"}}}, standard_recipes()));
}

TEST(writing, refuses_a_repeated_map_key) {
  object x{"Settings", {}};
  x.set("id", "app").set("properties", map{{"a", json(1)}, {"a", json(2)}});
  EXPECT_FALSE(write_object(x, standard_recipes()));
  x.set("properties", map{{"a", json(1)}, {"b", json{}}});
  EXPECT_EQ(parse_object(*write_object(x, standard_recipes()), standard_recipes())->fields.size(), 2u);
}

TEST(from_json, says_what_is_wrong) {
  auto refused = [](const char* text) {
    auto made = from_json(json::parse(text), standard_recipes());
    return made ? std::string{} : made.failure().message;
  };
  EXPECT_EQ(refused(R"({"$type$":"Person","email":"a","name":null})"), "");
  EXPECT_NE(refused(R"({"email":"a"})").find("$type$"), std::string::npos);
  EXPECT_NE(refused(R"({"$type$":"Person","mail":"a"})").find("mail"), std::string::npos);
  EXPECT_NE(refused(R"({"$type$":"Person","email":5})").find("email"), std::string::npos);
  EXPECT_NE(refused(R"({"$type$":"Email","email":["a"]})").find("email"), std::string::npos);
  EXPECT_NE(refused(R"({"$type$":"ProfileImage","image":"abc"})").find("hash"), std::string::npos);
  EXPECT_NE(refused(R"({"$type$":"Someone","someoneId":"s","identities":[["a"]]})").find("pairs"), std::string::npos);
  EXPECT_NE(refused("[]"), "");
}

} // namespace lama::testing
