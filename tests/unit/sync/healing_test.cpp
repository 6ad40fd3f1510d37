#include "storage/scrub.hpp"
#include "storage/states.hpp"
#include "tests/unit/sync/fixture.hpp"

#include <algorithm>

namespace lama::protocol::sync::testing {
namespace {

using ::testing::IsEmpty;

/// Two nodes, of which b lost something.
class healing_test : public ::testing::Test {
protected:
  healing_test() {
    a.put_person("b@example.com");
    channel = a.make_channel("talk");
    a.grant_id(channel, b.person);
    large = a.put_blob(noise(300'000));
    for (const auto* text : {"one", "two", "three"})
      a.post(channel, text);
    sync();
  }

  void sync(const adjustment& adjust_a = gives_all, const adjustment& adjust_b = {}) {
    disconnect(a, b);
    connect(a, b, adjust_a, adjust_b);
    run(a, b);
  }
  static void gives_all(session_config& x) {
    x.gives_back = [](std::string_view) { return true; };
  }

  /// One bit of what b has, found by the scrub and put away.
  void lose(const std::vector<hash>& names) {
    for (const auto& name : names) {
      auto& db = storage::inside::of(b.store()).opened->db();
      auto key = std::string{std::string_view{storage::keys::object(name)}};
      std::string value;
      ASSERT_TRUE(db.Get({}, key, &value).ok());
      value.back() ^= 1;
      ASSERT_TRUE(db.Put({}, key, value).ok());
    }
    storage::scrub_state state;
    auto piece = storage::scrub(*b.store().read(), state, 1u << 30, 0);
    ASSERT_EQ(piece.damaged.size(), names.size());
    b.change([&](storage::transaction& in) -> result<done> {
      for (const auto& name : piece.damaged)
        LAMA_CHECK(in.quarantine(name));
      return done{};
    });
    ASSERT_EQ(b.store().lost_count(), names.size());
    ASSERT_FALSE(b.has(names.front()));
  }

  /// b asks a; how many came back.
  std::size_t heal(const std::vector<hash>& names) {
    auto before = b.store().lost_count();
    auto asked = b.current->ask_heal({names});
    EXPECT_TRUE(asked);
    run(a, b);
    EXPECT_FALSE(a.closed) << a.closed->message;
    EXPECT_FALSE(b.closed) << b.closed->message;
    EXPECT_TRUE(b.answers.contains(*asked) && b.answers.at(*asked));
    return before - b.store().lost_count();
  }
  std::vector<hash> all_of(const char* type) {
    return b.store().read()->objects_of_type(type, 100).names;
  }

  node a{"a@example.com", 1};
  node b{"b@example.com", 2};
  hash channel{};
  hash large{};
};

TEST_F(healing_test, what_was_damaged_comes_back_by_its_name_and_nothing_else_is_sent) {
  auto messages = all_of("ChatMessage");
  ASSERT_EQ(messages.size(), 3u);
  lose(messages);
  sync();
  EXPECT_EQ(b.store().lost_count(), 3u) << "it had them already, as far as a knows";
  auto before = b.received_items;
  EXPECT_EQ(heal(messages), 3u);
  EXPECT_EQ(b.received_items - before, 3u);
  EXPECT_EQ(b.messages(channel).size(), 3u);
  EXPECT_THAT(b.store().verify().problems, IsEmpty());
}

TEST_F(healing_test, every_kind_of_object_comes_back) {
  std::vector<hash> names = all_of("LinkedListEntry");
  for (const auto* type : {"CreationTime", "Signature", "VersionNodeEdge"})
    for (const auto& name : all_of(type))
      names.push_back(name);
  names.push_back(*b.data_of(channel));
  std::erase_if(names, [this](const hash& name) { return !a.has(name); });
  lose(names);
  sync();
  EXPECT_EQ(heal(names), names.size());
  EXPECT_EQ(b.messages(channel).size(), 3u);
  EXPECT_THAT(b.store().verify().problems, IsEmpty());
}

TEST_F(healing_test, a_large_blob_comes_back_in_pieces) {
  auto descriptor = a.put(object_writer{"BlobDescriptor"}
                              .blob_reference("data", large)
                              .number("lastModified", 1)
                              .text("name", "x")
                              .number("size", 300'000)
                              .text("type", "y")
                              .finish());
  a.post(channel, "with a file", 0, {descriptor});
  sync();
  ASSERT_TRUE(b.has(large));
  auto view = b.store().read();
  auto& db = storage::inside::of(b.store()).opened->db();
  auto content = storage::inside::of(*view).record(large)->chunked();
  ASSERT_TRUE(content);
  auto key = std::string{std::string_view{storage::keys::chunk(content->storage, 1)}};
  view.reset();
  ASSERT_TRUE(db.Put({}, key, "something else").ok());
  b.change([&](storage::transaction& in) { return in.quarantine(large); });
  sync();
  EXPECT_EQ(heal({large}), 1u);
  EXPECT_EQ(*b.store().read()->read_range(large, 0, 300'000), noise(300'000));
  EXPECT_THAT(b.store().verify().problems, IsEmpty());
}

TEST_F(healing_test, grants_and_what_never_leaves_are_not_given) {
  auto grants = a.store().read()->objects_of_type("IdAccess", 10).names;
  ASSERT_EQ(grants.size(), 1u);
  auto grant = *a.data_of(grants.front());
  auto kept = a.put(person_text("kept@example.com"));
  auto shared = all_of("ChatMessage").front();
  lose({shared});
  sync([](session_config& x) { x.gives_back = [](std::string_view type) { return type != "Person"; }; });
  EXPECT_EQ(heal({grant, kept, shared, sha256("nothing")}), 1u);
  EXPECT_FALSE(b.has(grant));
  EXPECT_FALSE(b.has(kept));
}

TEST_F(healing_test, friends_offer_everything_again_instead) {
  auto names = all_of("ChatMessage");
  lose(names);
  sync([](session_config& x) { x.gives_back = {}; });
  EXPECT_FALSE(b.current->heals());
  EXPECT_FALSE(b.current->ask_heal({names}));
  b.receive(write_frame(heal_frame{1, {names}}));
  while (b.work()) {
  }
  EXPECT_EQ(b.outgoing.back(), write_frame(refused_frame{1, errc::forbidden})) << "nor are they given anything by its name";
  b.outgoing.clear();
  ASSERT_TRUE(b.current->ask_restart());
  run(a, b);
  EXPECT_FALSE(a.closed || b.closed);
  EXPECT_EQ(b.store().lost_count(), 0u);
  EXPECT_EQ(b.messages(channel).size(), 3u);
  EXPECT_THAT(b.store().verify().problems, IsEmpty());
  EXPECT_FALSE(b.current->ask_restart()) << "once in a session";
}

TEST_F(healing_test, an_answer_with_something_else_ends_the_session) {
  auto names = all_of("ChatMessage");
  lose(names);
  sync();
  auto asked = b.current->ask_heal({names});
  ASSERT_TRUE(asked);
  auto text = person_text("smuggled@example.com");
  batch_builder out;
  out.add(item_kind::object, sha256(text), text);
  // After the batches of this session.
  b.receive(out.finish(2, 1, *asked, batch_flags::last));
  while (b.work()) {
  }
  ASSERT_TRUE(b.closed);
  EXPECT_EQ(b.closed->detail, "SYNC-STATE") << b.closed->message;
  EXPECT_THAT(b.closed->message, ::testing::HasSubstr("not lost"));
  EXPECT_FALSE(b.has(sha256(text)));
}

TEST_F(healing_test, who_does_not_understand_it_is_not_asked) {
  disconnect(a, b);
  a.connect(b, gives_all);
  b.connect(a);
  auto old = a.current->hello();
  EXPECT_EQ(old["heals"], true);
  old.erase("heals");
  ASSERT_TRUE(a.current->hello_received(b.current->hello()));
  ASSERT_TRUE(b.current->hello_received(old));
  a.current->hello_answered();
  b.current->hello_answered();
  EXPECT_FALSE(b.current->heals());
  EXPECT_EQ(b.current->ask_heal({{sha256("x")}}).failure().code, errc::offline);
}

} // namespace
} // namespace lama::protocol::sync::testing
