#include "protocol/limits.hpp"
#include "protocol/versions/imploded.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

/// Objects with all they refer to inside them (docs/protocol/01 §3.1).
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

class imploded : public ::testing::Test {
protected:
  imploded() : vectors_(load_vectors("objects.json").at("implode")), recipes_(recipes_with(vectors_.at("testRecipes"))) {
    for (const auto& x : vectors_.at("prerequisites"))
      keep(x);
  }

  void keep(const json& x) {
    for (const char* object : {"person", "personName", "email"})
      if (x.contains(object)) {
        auto text = text_of(x.at(object), recipes_);
        EXPECT_EQ(sha256(text).hex(), x.at("hash"));
        if (x.contains("idHash")) {
          EXPECT_EQ(store_version(space_, text, 1)->id.hex(), x.at("idHash"));
        }
        put(space_, text);
      }
    if (x.contains("clobText")) {
      EXPECT_EQ(space_.put_blob(x.at("clobText").get<std::string>())->name.hex(), x.at("hash"));
    }
    if (x.contains("blobHex")) {
      EXPECT_EQ(space_.put_blob(*from_hex(x.at("blobHex").get<std::string>()))->name.hex(), x.at("hash"));
    }
  }

  json vectors_;
  recipe_table recipes_;
  memory_space space_{recipes_};
};

/// The first of `from` becomes `to`.
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST_F(imploded, cases_of_the_vectors) {
  ASSERT_EQ(vectors_.at("cases").size(), 3u);
  for (const auto& x : vectors_.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto name = put(space_, text_of(x.at("object"), recipes_));
    EXPECT_EQ(name.hex(), x.at("hash"));
    auto text = implode(space_, name);
    ASSERT_TRUE(text) << text.failure().message;
    EXPECT_EQ(*text, x.at("imploded"));
  }
}

TEST_F(imploded, come_apart_into_what_they_were) {
  for (const auto& x : vectors_.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    memory_space other{recipes_};
    auto made = explode(other, x.at("imploded").get<std::string>(), 5);
    ASSERT_TRUE(made) << made.failure().message;
    EXPECT_EQ(made->name.hex(), x.at("exploded").at("hash"));
    EXPECT_EQ(*other.read(made->name), text_of(x.at("object"), recipes_));
    EXPECT_EQ(*implode(other, made->name), x.at("imploded"));
  }
}

TEST_F(imploded, versioned_parts_become_current) {
  memory_space other{recipes_};
  ASSERT_TRUE(explode(other, vectors_.at("cases")[0].at("imploded").get<std::string>(), 5));
  auto person = id_hash_of_person("alice@example.com");
  EXPECT_EQ(load_current(other, person)->text("name"), "A");
  // An id stands for its current version.
  EXPECT_EQ(*implode(other, person), *implode(other, *current_data(other, person)));
}

TEST_F(imploded, a_part_that_is_not_what_its_tag_says_is_refused_and_nothing_is_stored) {
  auto good = vectors_.at("cases")[0].at("imploded").get<std::string>();
  auto other_hash = std::string(64, 'a');
  struct damage {
    const char* what;
    std::string text;
    errc code;
  };
  auto hash_of_part = [&](const char* key, const char* kind) {
    for (const auto& x : vectors_.at("prerequisites"))
      if (x.contains(kind))
        return x.at(key).get<std::string>();
    return std::string{};
  };
  const damage damages[] = {
      {"an object", replaced(good, "Alice &lt;1&gt;", "Alice &lt;2&gt;"), errc::corrupt},
      {"a text", replaced(good, "text &amp;", "Text &amp;"), errc::corrupt},
      {"a blob", replaced(good, "AP8QIA==", "AP8QIQ=="), errc::corrupt},
      {"base64 with bits too many", replaced(good, "AP8QIA==", "AP8QIB=="), errc::corrupt},
      {"the name of an object", replaced(good, hash_of_part("hash", "personName"), other_hash), errc::corrupt},
      {"an id", replaced(good, hash_of_part("idHash", "person"), other_hash), errc::corrupt},
      {"a name that is no hash", replaced(good, hash_of_part("hash", "personName"), "none"), errc::bad_input},
      {"an unknown type", replaced(good, "refin.io/T_Refs", "refin.io/T_None"), errc::unsupported},
      {"the wrong kind of object", replaced(good, "<span itemprop=\"o\" data-hash", "<span itemprop=\"x\" data-hash"), errc::bad_input},
      {"no end", good.substr(0, good.size() - 6), errc::bad_input},
      {"no end within", good.substr(0, good.size() / 2), errc::bad_input},
      {"text behind", good + " ", errc::bad_input},
      {"nothing", "", errc::bad_input},
      {"no object", "<p></p>", errc::bad_input},
  };
  for (const auto& x : damages) {
    SCOPED_TRACE(x.what);
    memory_space other{recipes_};
    auto made = explode(other, x.text, 5);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.failure().code, x.code) << made.failure().message;
    if (x.code == errc::corrupt) {
      EXPECT_EQ(made.failure().detail, "MEX-PIO2");
    }
    EXPECT_TRUE(other.names().empty());
  }
}

TEST_F(imploded, what_is_not_here_cannot_be_written_out) {
  auto lost = sha256("lost").hex();
  auto entry = put(space_, object_writer{"Email"}.text("email", "x").finish());
  auto keyed = [&](const char* o, const std::string& target) {
    json x = vectors_.at("cases")[0].at("object");
    x[o] = target;
    return put(space_, text_of(x, recipes_));
  };
  for (const char* field : {"o", "i", "c", "b"})
    EXPECT_EQ(implode(space_, keyed(field, lost)).failure().code, errc::not_found) << field;
  EXPECT_TRUE(implode(space_, entry));
  EXPECT_EQ(implode(space_, sha256("lost")).failure().code, errc::not_found);
}

TEST(imploding, ends_where_objects_refer_to_each_other) {
  auto recipes = recipes_with(json::parse(R"([{"name": "Friend", "rule": [
    {"itemprop": "name", "isId": true, "itemtype": {"type": "string"}},
    {"itemprop": "friend", "itemtype": {"type": "referenceToId", "allowedTypes": ["Friend"]}}]}])"));
  memory_space space{recipes};
  auto id_of = [](const char* name) { return sha256(object_writer("Friend", true).text("name", name).finish()); };
  for (auto [one, other] : {std::pair{"a", "b"}, std::pair{"b", "a"}})
    ASSERT_TRUE(store_version(space, object_writer{"Friend"}.text("name", one).id_reference("friend", id_of(other)).finish(), 1));
  EXPECT_EQ(implode(space, id_of("a")).failure().code, errc::too_large);
}

TEST(imploding, ends_where_a_small_object_becomes_a_huge_text) {
  auto recipes = recipes_with(json::parse(R"([{"name": "Pair", "rule": [
    {"itemprop": "of", "itemtype": {"type": "bag", "item": {"type": "referenceToObj", "allowedTypes": ["*"]}}}]}])"));
  memory_space space{recipes};
  auto name = put(space, object_writer{"Pair"}.bag("of", reference_kind::object, {}).finish());
  for (int level = 0; level < 64; ++level) // two of each level: 2^64 objects
    name = put(space, object_writer{"Pair"}.bag("of", reference_kind::object, {name, name}).finish());
  EXPECT_EQ(implode(space, name).failure().code, errc::too_large);
}

TEST(exploding, ends_at_its_depth) {
  auto recipes = recipes_with(json::array());
  memory_space space{recipes};
  std::string text;
  for (std::size_t i = 0; i < 100'000; ++i)
    text += "<div itemscope itemtype=\"//refin.io/AffirmationCertificate\"><span itemprop=\"data\" data-hash=\"" + std::string(64, '0') + "\">";
  EXPECT_EQ(explode(space, text, 1).failure().code, errc::too_large);
}

TEST(imploding, lists_maps_and_nested_objects_come_back) {
  auto recipes = recipes_with(json::parse(R"([{"name": "Shelf", "rule": [
    {"itemprop": "books", "itemtype": {"type": "array", "item": {"type": "referenceToClob"}}},
    {"itemprop": "by", "itemtype": {"type": "map", "key": {"type": "referenceToObj", "allowedTypes": ["*"]},
                                    "value": {"type": "set", "item": {"type": "referenceToBlob"}}}},
    {"itemprop": "box", "itemtype": {"type": "object", "rules": [
      {"itemprop": "label", "itemtype": {"type": "string"}},
      {"itemprop": "lid", "itemtype": {"type": "referenceToClob"}}]}}]}])"));
  memory_space space{recipes};
  auto first = space.put_blob("a < b & c")->name;
  auto second = space.put_blob("data-hash=\"")->name;
  auto bytes = space.put_blob(std::string{"\0\xFF\x01", 3})->name;
  auto author = put(space, object_writer{"Email"}.text("email", "data-hash=\"x\" <li>").finish());
  object shelf{"Shelf"};
  object box;
  box.set("label", "<span itemprop=\"x\" data-hash=\"").set("lid", first);
  shelf.set("books", list{second, first, second}).set("by", map{{author, list{bytes}}}).set("box", box);
  auto text = write_object(shelf, recipes);
  ASSERT_TRUE(text) << text.failure().message;
  auto name = put(space, *text);
  auto whole = implode(space, name);
  ASSERT_TRUE(whole) << whole.failure().message;
  EXPECT_EQ(whole->find("<a "), std::string::npos);
  memory_space other{recipes};
  auto made = explode(other, *whole, 1);
  ASSERT_TRUE(made) << made.failure().message;
  EXPECT_EQ(made->name, name);
  EXPECT_EQ(made->parts, 7u);
  EXPECT_EQ(other.names(), space.names());
}

} // namespace
} // namespace lama::protocol
