#include "storage/scrub.hpp"
#include "storage/states.hpp"
#include "tests/unit/sync/fixture.hpp"

#include <algorithm>

namespace lama::protocol::sync::testing {
namespace {

TEST(healing_test, what_was_damaged_here_comes_back_with_the_next_session) {
  node a{"a@example.com", 1};
  node b{"b@example.com", 2};
  a.put_person("b@example.com");
  auto channel = a.make_channel("talk");
  a.grant_id(channel, b.person);
  for (const auto* text : {"one", "two", "three"})
    a.post(channel, text);
  connect(a, b);
  run(a, b);
  disconnect(a, b);
  ASSERT_EQ(b.messages(channel).size(), 3u);

  // One bit of every message.
  std::size_t damaged = 0;
  for (const auto& name : b.store().read()->objects_of_type("ChatMessage", 10).names) {
    auto& db = storage::inside::of(b.store()).opened->db();
    auto key = std::string{std::string_view{storage::keys::object(name)}};
    std::string value;
    ASSERT_TRUE(db.Get({}, key, &value).ok());
    value[value.size() / 2] ^= 1;
    ASSERT_TRUE(db.Put({}, key, value).ok());
    ++damaged;
  }
  ASSERT_EQ(damaged, 3u);
  storage::scrub_state state;
  auto piece = storage::scrub(*b.store().read(), state, 1u << 30, 0);
  ASSERT_EQ(piece.damaged.size(), 3u);
  seeded_random random{3};
  b.change([&](storage::transaction& in) -> result<done> {
    for (const auto& name : piece.damaged)
      LAMA_CHECK(in.quarantine(name));
    storage::begin_sync_anew(*b.store().read(), in, random);
    return done{};
  });
  EXPECT_EQ(b.store().lost_count(), 3u);
  EXPECT_FALSE(b.has(piece.damaged.front()));

  connect(a, b);
  run(a, b);
  EXPECT_FALSE(b.closed);
  EXPECT_EQ(b.store().lost_count(), 0u);
  EXPECT_EQ(b.messages(channel).size(), 3u);
  auto report = b.store().verify();
  EXPECT_EQ(report.problem_count, 0u) << (report.problems.empty() ? "" : report.problems.front());
}

} // namespace
} // namespace lama::protocol::sync::testing
