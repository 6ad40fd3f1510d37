#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

namespace lama::testing {

using namespace lama::protocol;

namespace {

/// What a lone surrogate becomes when text is encoded (docs/protocol/01 §2); escapes are left alone.
std::string encoded(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\xED' && at + 2 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
      out += "\xEF\xBF\xBD";
      at += 2;
    } else {
      out += text[at];
    }
  return out;
}

class object_vectors : public ::testing::Test {
protected:
  object_vectors() : vectors(load_vectors("objects.json")), recipes(recipes_with(vectors.at("testRecipes"))) {
    // nop
  }

  json vectors;
  recipe_table recipes;
};

} // namespace

TEST_F(object_vectors, writes_each_object_as_the_peer_does) {
  std::size_t refused = 0;
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    if (x.at("object").dump().find("a\\\"b") != std::string::npos && x.contains("parseError")) {
      EXPECT_FALSE(sorted_json(x.at("object").at("j")));
      ++refused;
      continue;
    }
    auto made = object_of(x.at("object"), recipes);
    ASSERT_TRUE(made);
    auto text = write_object(*made, recipes);
    if (x.contains("parseError")) { // what the peer itself cannot read back we do not write
      EXPECT_FALSE(text);
      ++refused;
      continue;
    }
    ASSERT_TRUE(text) << text.failure().message;
    EXPECT_EQ(*text, encoded(text_of(x.at("microdata"))));
    EXPECT_EQ(sha256(*text).hex(), x.at("hash"));
  }
  EXPECT_EQ(refused, 3u);
}

TEST_F(object_vectors, writes_each_id_object_as_the_peer_does) {
  std::size_t versioned = 0;
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto made = object_of(x.at("object"), recipes);
    ASSERT_TRUE(made);
    auto text = write_id_object(*made, recipes);
    ASSERT_EQ(static_cast<bool>(text), x.contains("idMicrodata"));
    if (!text)
      continue;
    ++versioned;
    EXPECT_EQ(*text, x.at("idMicrodata"));
    EXPECT_EQ(sha256(*text).hex(), x.at("idHash"));
    auto parsed = parse_id_object(*text, recipes);
    ASSERT_TRUE(parsed) << parsed.failure().message;
    EXPECT_EQ(*write_id_object(*parsed, recipes), *text);
    auto facts = examine(*text, recipes);
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->is_id_object);
    EXPECT_EQ(facts->id_hash->hex(), x.at("idHash"));
    if (!x.contains("parseError")) {
      auto whole = examine(*write_object(*made, recipes), recipes);
      ASSERT_TRUE(whole) << whole.failure().message;
      EXPECT_EQ(whole->id_text, *text);
      EXPECT_EQ(whole->id_hash->hex(), x.at("idHash"));
    }
  }
  EXPECT_GT(versioned, 20u);
}

TEST_F(object_vectors, reads_each_text_back_in_both_modes) {
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto text = encoded(text_of(x.at("microdata")));
    for (auto mode : {parse_mode::strict, parse_mode::lenient}) {
      auto parsed = parse_object(text, recipes, mode);
      ASSERT_EQ(static_cast<bool>(parsed), !x.contains("parseError")) << (parsed ? "" : parsed.failure().message);
      EXPECT_EQ(static_cast<bool>(examine(text, recipes, mode)), static_cast<bool>(parsed));
      if (!parsed)
        continue;
      auto again = write_object(*parsed, recipes);
      ASSERT_TRUE(again);
      EXPECT_EQ(*again, text);
      auto tree = to_json(*parsed, recipes);
      ASSERT_TRUE(tree);
      if (x.contains("json") && text == text_of(x.at("microdata"))) {
        EXPECT_EQ(*sorted_json(*tree), text_of(x.at("json")));
      }
    }
  }
}

TEST_F(object_vectors, goes_through_json_and_back) {
  std::size_t same = 0;
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    if (x.contains("parseError") || x.at("name") == "number NaN") // NaN is not equal to itself
      continue;
    auto text = encoded(text_of(x.at("microdata")));
    auto parsed = parse_object(text, recipes);
    ASSERT_TRUE(parsed);
    auto tree = to_json(*parsed, recipes);
    ASSERT_TRUE(tree);
    auto back = from_json(*tree, recipes);
    ASSERT_TRUE(back) << back.failure().message;
    auto again = write_object(*back, recipes);
    ASSERT_TRUE(again) << again.failure().message;
    auto parsed_again = parse_object(*again, recipes);
    ASSERT_TRUE(parsed_again);
    EXPECT_EQ(*to_json(*parsed_again, recipes), *tree);
    same += *again == text;
  }
  EXPECT_GT(same, 95u); // the rest are maps, which JSON sorts
}

TEST_F(object_vectors, gives_the_parsed_object) {
  for (const auto& x : vectors.at("cases")) {
    SCOPED_TRACE(x.at("name"));
    auto text = text_of(x.at("microdata"));
    if (x.contains("parseError") || text != encoded(text) || x.at("name") == "number NaN")
      continue;
    auto expected = object_of(x.contains("parsedObject") ? x.at("parsedObject") : x.at("object"), recipes);
    auto parsed = parse_object(text, recipes);
    ASSERT_TRUE(expected && parsed);
    ASSERT_EQ(parsed->fields.size(), expected->fields.size());
    for (const auto& field : expected->fields) {
      auto* found = parsed->find(field.name);
      ASSERT_TRUE(found) << field.name;
      EXPECT_TRUE(*found == field.content) << field.name;
    }
  }
}

TEST_F(object_vectors, refuses_invalid_objects) {
  std::size_t refused = 0;
  for (const auto& x : vectors.at("invalidObjects")) {
    SCOPED_TRACE(x.at("name"));
    auto made = object_of(x.at("object"), recipes);
    ++refused;
    if (!made)
      continue; // a value in memory cannot even say it
    auto text = x.value("idConversion", false) ? write_id_object(*made, recipes) : write_object(*made, recipes);
    ASSERT_FALSE(text);
    if (!text.failure().detail.empty()) {
      EXPECT_EQ(text.failure().detail, x.at("error"));
    }
  }
  EXPECT_EQ(refused, 32u);
}

TEST_F(object_vectors, refuses_invalid_texts_in_both_modes) {
  std::size_t refused = 0;
  for (const auto& x : vectors.at("invalidMicrodata")) {
    SCOPED_TRACE(x.at("name"));
    auto text = x.at("microdata").get<std::string>();
    for (auto mode : {parse_mode::strict, parse_mode::lenient}) {
      auto parsed = x.value("parseAsIdObject", false) ? parse_id_object(text, recipes, mode) : parse_object(text, recipes, mode);
      if (x.contains("expectedType")) {
        ASSERT_TRUE(parsed);
        EXPECT_NE(parsed->type, x.at("expectedType"));
      } else {
        EXPECT_FALSE(parsed);
        refused += !parsed;
      }
    }
  }
  EXPECT_EQ(refused, 62u);
}

TEST_F(object_vectors, accepts_in_lenient_mode_only_what_the_peer_does) {
  for (const auto& x : vectors.at("lenientMicrodata")) {
    SCOPED_TRACE(x.at("name"));
    auto text = x.at("microdata").get<std::string>();
    EXPECT_EQ(sha256(text).hex(), x.at("hash"));
    EXPECT_FALSE(parse_object(text, recipes));
    EXPECT_FALSE(examine(text, recipes));
    EXPECT_TRUE(examine(text, recipes, parse_mode::lenient));
    auto parsed = parse_object(text, recipes, parse_mode::lenient);
    ASSERT_TRUE(parsed) << parsed.failure().message;
    auto again = write_object(*parsed, recipes);
    ASSERT_EQ(static_cast<bool>(again), x.at("reserialized").is_string());
    if (again) {
      EXPECT_EQ(*again, x.at("reserialized"));
    }
    auto expected = object_of(x.at("parsedObject"), recipes);
    ASSERT_TRUE(expected);
    ASSERT_EQ(parsed->fields.size(), expected->fields.size());
    for (const auto& field : expected->fields)
      if (x.at("name") != "number garbage") {
        EXPECT_TRUE(*parsed->find(field.name) == field.content || std::holds_alternative<object>(field.content)) << field.name;
      }
  }
}

TEST_F(object_vectors, knows_the_type_of_bytes) {
  for (const auto& x : vectors.at("typeFromMicrodata")) {
    auto text = x.at("microdata").get<std::string>();
    auto found = classify(text);
    std::string name;
    switch (found.kind) {
    case content_kind::object:
      name = found.type;
      break;
    case content_kind::id_object:
      name = std::string{found.type} + " [ID]";
      break;
    case content_kind::clob:
      name = "CLOB";
      break;
    case content_kind::blob:
      name = "BLOB";
      break;
    }
    EXPECT_EQ(name, x.at("type"));
  }
  EXPECT_EQ(classify("\xFF\x00\xFE").kind, content_kind::blob);
  auto cut = std::string(256, 'a') + "\xC3\xA4";
  EXPECT_EQ(classify(cut).kind, content_kind::blob); // the peer looks at 257 bytes, half of the last character
  EXPECT_EQ(classify("a" + cut).kind, content_kind::clob);
}

TEST_F(object_vectors, names_blobs_by_their_bytes) {
  for (const auto& x : vectors.at("blobHashes"))
    EXPECT_EQ(sha256(*from_hex(x.at("hex").get<std::string>())).hex(), x.at("hash"));
}

} // namespace lama::testing
