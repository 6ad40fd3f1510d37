#include "protocol/limits.hpp"
#include "storage/keys.hpp"
#include "storage/registered_recipes.hpp"
#include "storage/states.hpp"
#include "tests/unit/sync/fixture.hpp"

/// Objects of types that have no recipe, on their way between nodes of ours.
namespace lama::protocol::sync::testing {
namespace {

std::string unheard(const std::string& title, const std::string& more = {}) {
  return "<div itemscope itemtype=\"//refin.io/Unheard\"><span itemprop=\"title\">" + title + "</span>" + more + "</div>";
}

std::string about(const hash& target, const char* kind = "obj") {
  return "<a itemprop=\"about\" data-type=\"" + std::string{kind} + "\">" + target.hex() + "</a>";
}

std::string recipe() {
  auto table = recipe_table::on_top_of(standard_recipes());
  return (*table.add_line("Unheard: title: string; about?: ref(*)"))->text;
}

hash keep(node& at, const std::string& text, text_origin origin = text_origin::own) {
  hash name{};
  at.change([&](storage::transaction& in) -> result<done> {
    LAMA_TRY(kept, in.keep_text(text, origin));
    name = kept.name;
    return done{};
  });
  return name;
}

std::optional<text_origin> mark(node& at, const hash& name) {
  return at.store().read()->kept_text(name, "Unheard");
}

void expect_sound(node& at) {
  auto report = at.store().verify();
  EXPECT_EQ(report.problem_count, 0u) << report.problems.front();
}

void learns(node& at, session_config& x) {
  x.recipes = &at.store().read()->recipes();
  x.learn = [&at](std::string_view recipe_text) { storage::foresee_recipe(at.store(), recipe_text); };
}

} // namespace

/// The user's two instances: a is the archive, b the device.
class kept_texts_at_home : public ::testing::Test {
protected:
  kept_texts_at_home() {
    a.put_person("b@example.com");
    b.put_person("a@example.com");
  }
  void meet(bool b_is_older = false) {
    disconnect(a, b);
    auto adjust = [](node& of, bool keeps) {
      return [&of, keeps](session_config& x) {
        x.mode = version_mode::adopt;
        x.keeps_texts = keeps;
        x.gives_back = [](std::string_view) { return true; };
        learns(of, x);
      };
    };
    connect(a, b, adjust(a, true), adjust(b, !b_is_older));
    run(a, b);
    EXPECT_FALSE(a.closed) << a.closed->message;
    EXPECT_FALSE(b.closed) << b.closed->message;
  }

  node a{"a@example.com", 1};
  node b{"b@example.com", 2};
};

TEST_F(kept_texts_at_home, go_both_ways_with_all_that_they_refer_to) {
  auto file = a.put_blob(noise(200'000));
  auto first = keep(a, unheard("first", about(file, "blob")));
  auto second = keep(a, unheard("second", about(first)));
  a.grant_object(second, b.person);
  auto third = keep(b, unheard("third"));
  b.grant_object(third, a.person);
  meet();
  for (const auto& name : {first, second, third})
    for (auto* at : {&a, &b}) {
      EXPECT_TRUE(at->has(name));
      EXPECT_EQ(mark(*at, name), text_origin::own);
    }
  EXPECT_TRUE(b.has(file));
  a.reopen();
  b.reopen();
  auto received = a.received_items + b.received_items;
  auto fourth = keep(a, unheard("fourth", about(second)));
  a.grant_object(fourth, b.person);
  meet();
  EXPECT_TRUE(b.has(fourth));
  expect_sound(a);
  expect_sound(b);
  disconnect(a, b);
  a.reopen();
  b.reopen();
  meet();
  EXPECT_LE(a.received_items + b.received_items, received + 4) << "nothing is sent twice once it was acknowledged";
}

TEST_F(kept_texts_at_home, become_objects_on_both_when_the_recipe_comes) {
  auto name = keep(a, unheard("milk"));
  auto misfit = keep(a, unheard("milk", "<span itemprop=\"more\">x</span>"));
  for (const auto& x : {name, misfit})
    a.grant_object(x, b.person);
  meet();
  auto id = a.put_version(recipe());
  a.grant_id(id, b.person);
  auto late = a.put(unheard("late"));
  a.grant_object(late, b.person);
  meet();
  for (auto* at : {&a, &b}) {
    EXPECT_EQ(at->store().read()->objects_of_type("Unheard", 10).names, (std::vector<hash>{name, late}));
    EXPECT_EQ(mark(*at, misfit), text_origin::own);
    EXPECT_EQ(at->store().verify().refused.size(), 1u);
    expect_sound(*at);
  }
}

TEST_F(kept_texts_at_home, an_older_node_is_sent_none_and_the_rest_goes_on) {
  auto name = keep(a, unheard("milk"));
  a.grant_object(name, b.person);
  auto person = a.put(person_text("somebody@example.com"));
  a.grant_object(person, b.person);
  meet(true);
  EXPECT_FALSE(b.has(name));
  EXPECT_TRUE(b.has(person));
  EXPECT_EQ(a.current->status().skipped, 1u);
}

TEST_F(kept_texts_at_home, one_that_was_lost_is_healed) {
  auto name = keep(a, unheard("milk"));
  a.grant_object(name, b.person);
  meet();
  auto& db = storage::inside::of(b.store()).opened->db();
  auto key = std::string{std::string_view{storage::keys::object(name)}};
  std::string value;
  ASSERT_TRUE(db.Get({}, key, &value).ok());
  value.back() ^= 1;
  ASSERT_TRUE(db.Put({}, key, value).ok());
  b.change([&](storage::transaction& in) { return in.quarantine(name); });
  ASSERT_FALSE(b.has(name));
  meet();
  ASSERT_TRUE(b.current->ask_heal({{name}}));
  run(a, b);
  EXPECT_FALSE(b.closed) << b.closed->message;
  EXPECT_TRUE(b.has(name));
  EXPECT_EQ(mark(b, name), text_origin::own);
  expect_sound(b);
}

TEST_F(kept_texts_at_home, what_a_contact_brought_stays_a_text_on_the_other_instance_as_well) {
  auto id = a.put_version(recipe());
  a.grant_id(id, b.person);
  auto name = keep(a, unheard("a contact's"), text_origin::foreign);
  a.grant_object(name, b.person);
  meet();
  EXPECT_TRUE(b.has(name));
  EXPECT_EQ(mark(b, name), text_origin::foreign);
  EXPECT_TRUE(b.store().read()->objects_of_type("Unheard", 10).names.empty());
  expect_sound(b);
}

/// Two persons, both with nodes of ours.
class kept_texts_of_friends : public ::testing::Test {
protected:
  kept_texts_of_friends() {
    channel = alice.make_channel("talk", alice.person);
    bob.put_person("alice@example.com");
    alice.put_person("bob@example.com");
    alice.grant_id(channel, bob.person);
  }
  void meet(bool bob_is_older = false) {
    disconnect(alice, bob);
    auto as_friend = [](node& of, bool keeps) {
      return [&of, keeps](session_config& x) {
        x.may_leave = is_stock_type;
        x.keeps_texts = keeps;
        learns(of, x);
      };
    };
    connect(alice, bob, as_friend(alice, true), as_friend(bob, !bob_is_older));
    run(alice, bob);
    EXPECT_FALSE(alice.closed) << alice.closed->message;
    EXPECT_FALSE(bob.closed) << bob.closed->message;
  }

  node alice{"alice@example.com", 1};
  node bob{"bob@example.com", 2};
  hash channel{};
};

TEST_F(kept_texts_of_friends, are_sent_where_something_granted_refers_to_them_and_not_else) {
  auto shown = keep(alice, unheard("shown"));
  auto secret = keep(alice, unheard("secret"));
  alice.post(channel, "look", 0, {shown});
  meet();
  EXPECT_EQ(bob.messages(channel), std::vector<std::string>{"look"});
  EXPECT_TRUE(bob.has(shown));
  EXPECT_EQ(mark(bob, shown), text_origin::foreign);
  EXPECT_FALSE(bob.has(secret));
  expect_sound(bob);
}

TEST_F(kept_texts_of_friends, an_older_node_is_sent_nothing_that_refers_to_them) {
  alice.post(channel, "look", 0, {keep(alice, unheard("shown"))});
  auto other = alice.make_channel("other", alice.person);
  alice.post(other, "plain");
  alice.grant_id(other, bob.person);
  meet(true);
  EXPECT_TRUE(bob.messages(channel).empty());
  EXPECT_EQ(bob.messages(other), std::vector<std::string>{"plain"});
}

TEST_F(kept_texts_of_friends, registering_the_type_changes_nothing_between_them) {
  auto first = keep(alice, unheard("first"));
  alice.post(channel, "one", 0, {first});
  bob.put_version(recipe()); // Bob has a type of that name; what Alice brings is none of his objects
  alice.put_version(recipe());
  auto second = alice.put(unheard("second"));
  alice.post(channel, "two", 0, {second});
  meet();
  EXPECT_EQ(bob.messages(channel), (std::vector<std::string>{"two", "one"}));
  for (const auto& name : {first, second})
    EXPECT_EQ(mark(bob, name), text_origin::foreign);
  EXPECT_TRUE(bob.store().read()->objects_of_type("Unheard", 10).names.empty());
  EXPECT_EQ(alice.store().read()->objects_of_type("Unheard", 10).names.size(), 2u);
  expect_sound(alice);
  expect_sound(bob);
}

TEST_F(kept_texts_of_friends, contacts_cannot_bring_more_than_the_limit) {
  bob.change([](storage::transaction& in) -> result<done> {
    for (std::size_t i = 0; i < limits::kept_texts; ++i)
      LAMA_CHECK(in.keep_text(unheard("filler " + std::to_string(i)), text_origin::foreign));
    return done{};
  });
  auto one_more = keep(alice, unheard("one more"));
  alice.post(channel, "look", 0, {one_more});
  auto other = alice.make_channel("other", alice.person);
  alice.post(other, "plain");
  alice.grant_id(other, bob.person);
  meet();
  EXPECT_FALSE(bob.has(one_more));
  EXPECT_EQ(bob.declined.front(), one_more);
  EXPECT_EQ(bob.messages(other), std::vector<std::string>{"plain"});
  keep(bob, unheard("the user's own")); // these have room of their own
  expect_sound(bob);
}

/// What no honest node sends.
class hostile_texts : public ::testing::Test {
protected:
  void push(const std::string& bytes, const hash& name, bool keeps = true) {
    disconnect(alice, bob);
    connect(alice, bob, {}, [&](session_config& x) {
      x.keeps_texts = keeps;
      learns(bob, x);
    });
    batch_builder out;
    out.add(item_kind::text, name, bytes);
    bob.receive(out.finish(1, 1, 0, 0));
    while (bob.work()) {
    }
  }
  void expect_refused(const std::string& bytes, const hash& name) {
    EXPECT_TRUE(bob.closed) << bytes;
    EXPECT_FALSE(bob.has(name));
    EXPECT_FALSE(bob.has(sha256(bytes)));
    expect_sound(bob);
  }

  node alice{"alice@example.com", 1};
  node bob{"bob@example.com", 2};
};

TEST_F(hostile_texts, the_hand_made_one_is_kept_where_it_is_right) {
  push(unheard("x"), sha256(unheard("x")));
  EXPECT_FALSE(bob.closed);
  EXPECT_EQ(mark(bob, sha256(unheard("x"))), text_origin::foreign);
}

TEST_F(hostile_texts, of_another_hash_end_the_session) {
  push(unheard("x"), sha256("another"));
  expect_refused(unheard("x"), sha256("another"));
}

TEST_F(hostile_texts, that_are_no_objects_end_the_session) {
  for (const auto& bytes : {std::string{"text"}, unheard("x") + " ", unheard("x & y")}) {
    push(bytes, sha256(bytes));
    expect_refused(bytes, sha256(bytes));
  }
}

TEST_F(hostile_texts, that_are_grants_end_the_session) {
  auto grant =
      object_writer{"Access"}.object_reference("object", sha256("x")).bag("person", reference_kind::id, {}).bag("group", reference_kind::id, {}).finish();
  push(grant, sha256(grant));
  expect_refused(grant, sha256(grant));
}

TEST_F(hostile_texts, of_known_types_are_judged_as_objects) {
  bob.policy.refused_types = {"License"};
  auto license = object_writer{"License"}.text("name", "x").text("description", "x").finish();
  push(license, sha256(license));
  EXPECT_FALSE(bob.closed);
  EXPECT_FALSE(bob.has(sha256(license)));
  EXPECT_EQ(bob.declined, std::vector<hash>{sha256(license)});
}

TEST_F(hostile_texts, to_a_node_that_did_not_ask_for_them_end_the_session) {
  push(unheard("x"), sha256(unheard("x")), false);
  expect_refused(unheard("x"), sha256(unheard("x")));
}

TEST_F(hostile_texts, without_what_they_refer_to_are_asked_for_again_and_not_stored) {
  auto dangling = unheard("x", about(sha256("nowhere")));
  push(dangling, sha256(dangling));
  EXPECT_FALSE(bob.has(sha256(dangling)));
  expect_sound(bob);
}

} // namespace lama::protocol::sync::testing
