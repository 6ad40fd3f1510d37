#include "protocol/objects/object_space.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lama::testing {

using namespace lama::protocol;

namespace {

hash numbered(int number) {
  hash x;
  x.bytes[31] = static_cast<uint8_t>(number);
  return x;
}

std::string edge_text(const hash& data) {
  return object_writer{"VersionNodeEdge"}.object_reference("data", data).number("depth", 0).number("creationTime", 1).finish();
}

class memory_spaces : public ::testing::Test {
protected:
  hash put(const std::string& text) {
    auto stored = space.put(text);
    EXPECT_TRUE(stored) << stored.failure().message;
    return stored ? stored->name : hash{};
  }

  memory_space space{standard_recipes()};
};

} // namespace

TEST_F(memory_spaces, finds_referrers_as_the_peer_does) {
  auto vectors = load_vectors("objects.json").at("reverseMaps");
  for (const auto& x : vectors.at("objects")) {
    auto made = object_of(x.at("object"), standard_recipes());
    ASSERT_TRUE(made);
    EXPECT_EQ(put(*write_object(*made, standard_recipes())).hex(), x.at("hash"));
  }
  for (const auto& [name, lines] : vectors.at("maps").items()) {
    SCOPED_TRACE(name);
    auto target = *hash::from_hex(name.substr(0, 64));
    bool is_id = name.substr(65).starts_with("IdObject.");
    auto type = name.substr(name.rfind('.') + 1);
    std::string found;
    for (const auto& referrer : is_id ? space.referring_ids(target, type) : space.referrers(target, type))
      found += referrer.hex() + "\n";
    EXPECT_EQ(found, lines);
  }
}

TEST_F(memory_spaces, answers_the_queries_of_the_vectors) {
  auto vectors = load_vectors("objects.json").at("reverseMaps");
  for (const auto& x : vectors.at("objects"))
    if (auto text = write_object(*object_of(x.at("object"), standard_recipes()), standard_recipes()); x.contains("idHash"))
      ASSERT_TRUE(store_version(space, *text, 1));
    else
      put(*text);
  auto person = id_hash_of_person("alice@example.com");
  std::vector<std::string> all;
  std::vector<std::string> latest;
  for (const auto& name : space.referrers(person, "Group")) {
    all.push_back(name.hex());
    if (current_data(space, *examine(*space.read(name), standard_recipes())->id_hash) == name)
      latest.push_back(name.hex());
  }
  std::vector<std::string> profiles;
  for (const auto& id : space.referring_ids(person, "Profile"))
    profiles.push_back(id.hex());
  const auto& expected = vectors.at("queries");
  EXPECT_EQ(json(all), expected.at("allGroupsOfPerson"));
  EXPECT_EQ(json(latest), expected.at("latestGroupsOfPerson"));
  EXPECT_EQ(json(profiles), expected.at("idProfilesOfPerson"));
}

TEST_F(memory_spaces, brings_the_id_object_along) {
  auto text = object_writer{"Person"}.text("email", "a@b").text("name", "A").finish();
  auto stored = space.put(text);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->is_new);
  EXPECT_EQ(stored->name, sha256(text));
  EXPECT_EQ(*stored->id, id_hash_of_person("a@b"));
  EXPECT_EQ(*space.read(*stored->id), object_writer("Person", true).text("email", "a@b").finish());
  EXPECT_FALSE(space.put(text)->is_new);
  EXPECT_EQ(space.names().size(), 2u);
  EXPECT_FALSE(space.head(*stored->id)); // heads are not moved by storing
}

TEST_F(memory_spaces, takes_id_objects_alone) {
  auto text = object_writer("Instance", true).text("name", "i").id_reference("owner", id_hash_of_person("a@b")).finish();
  auto stored = space.put(text);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->is_new);
  EXPECT_EQ(stored->name, id_hash_of_instance("i", id_hash_of_person("a@b")));
  EXPECT_EQ(stored->id, stored->name);
  EXPECT_FALSE(space.put(text)->is_new);
  EXPECT_EQ(space.referring_ids(id_hash_of_person("a@b"), "Instance"), std::vector{stored->name});
  EXPECT_EQ(load(space, stored->name)->text("name"), "i");
}

TEST_F(memory_spaces, refuses_what_is_no_object_of_a_known_type) {
  EXPECT_EQ(space.put("hello").failure().code, errc::bad_input);
  EXPECT_EQ(space.put(object_writer{"NoSuchType"}.finish()).failure().code, errc::unsupported);
  EXPECT_EQ(space.put(object_writer{"Person"}.finish()).failure().code, errc::bad_input);
  EXPECT_TRUE(space.names().empty());
}

TEST_F(memory_spaces, follows_heads) {
  auto data = put(object_writer{"Person"}.text("email", "a@b").text("name", "A").finish());
  auto id = id_hash_of_person("a@b");
  EXPECT_EQ(load_current(space, id).failure().code, errc::not_found);
  auto edge = put(edge_text(data));
  space.set_head(id, edge, {numbered(1), numbered(2)});
  EXPECT_EQ(space.head(id), edge);
  EXPECT_EQ(current_data(space, id), data);
  EXPECT_EQ(load_current(space, id)->text("name"), "A");
  EXPECT_TRUE(space.in_history(id, edge));
  EXPECT_TRUE(space.in_history(id, numbered(2)));
  EXPECT_FALSE(space.in_history(id, numbered(3)));
  EXPECT_FALSE(space.in_history(numbered(9), edge));
  space.set_head(id, numbered(4), {});
  EXPECT_TRUE(space.in_history(id, edge)); // what was the head stays history
}

TEST_F(memory_spaces, tells_elsewhere_from_missing) {
  auto text = object_writer{"Email"}.text("email", "a@b").finish();
  EXPECT_FALSE(space.elsewhere(sha256(text)));
  space.mark_elsewhere(sha256(text));
  EXPECT_TRUE(space.elsewhere(sha256(text)));
  EXPECT_FALSE(space.contains(sha256(text)));
  put(text);
  EXPECT_FALSE(space.elsewhere(sha256(text)));
  space.mark_elsewhere(sha256(text));
  EXPECT_FALSE(space.elsewhere(sha256(text))); // it is here
}

TEST_F(memory_spaces, says_why_loading_fails) {
  EXPECT_EQ(load(space, numbered(1)).failure().code, errc::not_found);
  auto blob = space.put_blob("no object");
  EXPECT_EQ(load(space, blob->name).failure().code, errc::corrupt);
}

} // namespace lama::testing
