#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

const json& instance_case(std::size_t index) {
  static const auto all = testing::load_vectors("instance.json");
  return all["cases"][index];
}

new_instance alice_input() {
  auto input = instance_case(0)["input"];
  new_instance out;
  out.email = input["email"];
  out.name = input["instance_name"];
  out.person_keys = {key_in(input["person_keys"]["enc_public"]), key_in(input["person_keys"]["sign_public"])};
  out.instance_keys = {key_in(input["instance_keys"]["enc_public"]), key_in(input["instance_keys"]["sign_public"])};
  return out;
}

constexpr int64_t first_moment = 1700000000000;

TEST(instance, writes_what_the_stock_peer_writes_and_nothing_the_second_time) {
  protocol::memory_space space{protocol::standard_recipes()};
  step first{space};
  auto own = must(create_instance(space, alice_input(), first_moment));
  first.expect(instance_case(0));
  EXPECT_EQ(own.person.hex(), instance_case(0)["person_id"]);
  EXPECT_EQ(own.instance.hex(), instance_case(0)["instance_id"]);
  step second{space};
  EXPECT_EQ(must(create_instance(space, alice_input(), first_moment + 1000)).person_keys, own.person_keys);
  second.expect_nothing();
}

TEST(instance, owner_name_changes_the_version_only) {
  protocol::memory_space space{protocol::standard_recipes()};
  auto input = alice_input();
  input.owner_name = input.email;
  auto own = must(create_instance(space, input, first_moment));
  EXPECT_EQ(own.person.hex(), instance_case(2)["person_id"]);
  for (const auto& x : instance_case(2)["person_objects"])
    EXPECT_EQ(space.read(hash_in(x["hash"])).value_or(""), x["microdata"].get<std::string>());
}

TEST(instance, ids_of_special_names) {
  for (std::size_t index : {4u, 5u}) {
    const auto& x = instance_case(index);
    auto input = alice_input();
    input.email = x["email"];
    input.name = x["instance_name"];
    protocol::memory_space space{protocol::standard_recipes()};
    auto own = must(create_instance(space, input, first_moment));
    EXPECT_EQ(own.person.hex(), x["person_id_from_object"]);
    EXPECT_EQ(own.instance.hex(), x["instance_id_from_object"]);
  }
}

TEST(instance, refuses_names_that_give_the_stock_peer_two_ids) {
  protocol::memory_space space{protocol::standard_recipes()};
  auto input = alice_input();
  input.email = instance_case(3)["email"];
  EXPECT_EQ(create_instance(space, input, first_moment).failure().code, errc::bad_input);
  input = alice_input();
  input.name = instance_case(3)["instance_name"];
  EXPECT_EQ(create_instance(space, input, first_moment).failure().code, errc::bad_input);
  input.name = "";
  EXPECT_EQ(create_instance(space, input, first_moment).failure().code, errc::bad_input);
  EXPECT_TRUE(space.names().empty());
}

TEST(instance, enters_recipes_and_reverse_maps) {
  protocol::memory_space space{protocol::standard_recipes()};
  auto input = alice_input();
  for (const auto& x : instance_case(6)["recipes"]) {
    const auto* recipe = protocol::standard_recipes().find(x["recipe"].get<std::string>());
    ASSERT_NE(recipe, nullptr) << x;
    EXPECT_EQ(sha256(recipe->text).hex(), x["hash"]);
    input.recipes.push_back(recipe);
  }
  input.object_maps = model_reverse_maps();
  input.id_object_maps = model_reverse_maps_for_id_objects();
  auto own = must(create_instance(space, input, first_moment));
  for (const auto& x : instance_case(6)["instance_objects"])
    EXPECT_EQ(space.read(hash_in(x["hash"])).value_or(""), x["microdata"].get<std::string>());

  const auto& later = instance_case(7);
  std::string text;
  for (const auto& x : later["objects"])
    if (x["type"] == "Recipe")
      text = x["microdata"];
  protocol::recipe_table more;
  const auto* recipe = must(more.add(text));
  step adding{space};
  must(add_recipe(space, own, *recipe, later["now"].get<int64_t>()));
  adding.expect(later);
  step again{space};
  must(add_recipe(space, own, *recipe, later["now"].get<int64_t>() + 1));
  again.expect_nothing();
}

TEST(instance, is_read_back_with_local_keys_only) {
  alice_store alice;
  auto all_local = [](const hash&) { return true; };
  auto back = must(load_identity(alice.space, "alice@example.com", "alice-node", all_local));
  EXPECT_EQ(back.person_keys, alice.own.person_keys);
  EXPECT_EQ(back.instance_public, alice.own.instance_public);
  EXPECT_EQ(load_identity(alice.space, "alice@example.com", "other", all_local).failure().code, errc::not_found);
  auto locked = load_identity(alice.space, "alice@example.com", "alice-node", [](const hash&) { return false; });
  EXPECT_EQ(locked.failure().detail, "KEYCH-NODEFKEYS");

  // Keys that somebody else wrote for the same person do not become ours, even when they were first.
  auto foreign = store_text(alice.space, keys_text(alice.own.person, key32{1}, key32{2}));
  auto mine = [&](const hash& keys) { return keys != *foreign; };
  EXPECT_EQ(must(load_identity(alice.space, "alice@example.com", "alice-node", mine)).person_keys, alice.own.person_keys);
}

TEST(instance, other_keys_for_an_existing_one_are_refused) {
  alice_store alice;
  auto input = alice_input();
  input.person_keys.signing = key32{1};
  EXPECT_EQ(create_instance(alice.space, input, first_moment).failure().code, errc::conflict);
}

TEST(instance, names_of_users) {
  EXPECT_EQ(sparse_email("demo"), "demo@lama.local");
  EXPECT_EQ(archive_email("demo"), "node-demo@lama.local");
  EXPECT_EQ(archive_email("demo", "0123456789"), "node-demo.0123456789@lama.local");
  EXPECT_EQ(protocol::id_hash_of_person(archive_email("demo")).hex(), instance_case(8)["person_id"]);
  for (auto good : {"a", "demo", "a.b_c-9", "-x"})
    EXPECT_TRUE(is_username(good)) << good;
  for (auto bad : {"", ".a", "A", "a b", "\xc3\xa4", "a/b", "a@b"})
    EXPECT_FALSE(is_username(bad)) << bad;
  EXPECT_TRUE(is_username(std::string(64, 'x')));
  EXPECT_FALSE(is_username(std::string(65, 'x')));
}

} // namespace
} // namespace lama::models
