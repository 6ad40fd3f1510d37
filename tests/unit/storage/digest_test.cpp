#include "storage/digest.hpp"

#include "tests/unit/storage/fixture.hpp"

#include <algorithm>
#include <random>

namespace lama::storage::testing {
namespace {

digest_level level(store& x, digest_tree tree, std::string_view prefix = {}) {
  auto found = digest_below(*x.read(), tree, prefix);
  EXPECT_TRUE(found);
  return found ? *found : digest_level{};
}

std::vector<std::string> many_texts() {
  std::vector<std::string> texts;
  for (int i = 0; i < 700; ++i)
    texts.push_back(chat_text("message " + std::to_string(i)));
  return texts;
}

TEST(digest_test, says_the_set_and_not_the_order) {
  auto texts = many_texts();
  disk_store one;
  disk_store other;
  ASSERT_TRUE(one.open() && other.open());
  put_all(*one, texts);
  std::shuffle(texts.begin(), texts.end(), std::mt19937{7});
  for (std::size_t i = 0; i < texts.size(); i += 100)
    put_all(*other, {texts.begin() + static_cast<std::ptrdiff_t>(i), texts.begin() + static_cast<std::ptrdiff_t>(i + 100)});
  EXPECT_EQ(*digest_of(*one->read()), *digest_of(*other->read()));
  put_all(*other, {chat_text("one more")});
  EXPECT_NE(*digest_of(*one->read()), *digest_of(*other->read()));
}

TEST(digest_test, nodes_of_the_node_itself_do_not_count) {
  disk_store it;
  ASSERT_TRUE(it.open());
  put_all(*it, many_texts());
  auto before = *digest_of(*it->read());
  ASSERT_TRUE(change_store(*it, [](transaction& to) -> result<done> {
    to.set_note("a", "note");
    return done{};
  }));
  EXPECT_EQ(*digest_of(*it->read()), before);
}

TEST(digest_test, a_parent_is_made_of_its_children) {
  disk_store it;
  ASSERT_TRUE(it.open());
  put_all(*it, many_texts());
  auto root = level(*it, digest_tree::objects);
  EXPECT_EQ(root.self.count, 700u);
  uint64_t leaves = 0;
  for (const auto& [byte, child] : root.children) {
    const char prefix = static_cast<char>(byte);
    auto below = level(*it, digest_tree::objects, {&prefix, 1});
    EXPECT_EQ(below.self, child);
    leaves += below.self.count;
  }
  EXPECT_EQ(leaves, root.self.count);
}

TEST(digest_test, the_way_down_leads_to_what_differs) {
  disk_store one;
  disk_store other;
  ASSERT_TRUE(one.open() && other.open());
  auto texts = many_texts();
  put_all(*one, texts);
  auto missing = texts[123];
  std::erase(texts, missing);
  put_all(*other, texts);
  std::string prefix;
  for (;;) {
    auto here = level(*one, digest_tree::objects, prefix);
    auto there = level(*other, digest_tree::objects, prefix);
    ASSERT_NE(here.self, there.self);
    if (here.children.empty()) {
      EXPECT_NE(std::ranges::find(here.leaves, sha256(missing).raw()), here.leaves.end());
      EXPECT_EQ(std::ranges::find(there.leaves, sha256(missing).raw()), there.leaves.end());
      return;
    }
    std::vector<uint8_t> differing;
    for (const auto& [byte, child] : here.children) {
      auto same = std::ranges::find(there.children, byte, [](const auto& x) { return x.first; });
      if (same == there.children.end() || same->second != child)
        differing.push_back(byte);
    }
    ASSERT_EQ(differing.size(), 1u);
    prefix += static_cast<char>(differing.front());
  }
}

TEST(digest_test, heads_say_the_version_that_counts) {
  disk_store one;
  disk_store other;
  ASSERT_TRUE(one.open() && other.open());
  auto set = [](store& x, const char* name, double time) {
    ASSERT_TRUE(change_store(x, [&](transaction& to) -> result<done> {
      LAMA_TRY(person, to.put(person_text("alice@example.com", name)));
      LAMA_TRY(node, to.put(node_text(person.name, time)));
      to.set_head(*person.id, node.name, {node.name});
      return done{};
    }));
  };
  set(*one, "Alice", 1000);
  set(*other, "Alice", 2000); // another edge, the same version
  EXPECT_EQ(level(*one, digest_tree::heads).self, level(*other, digest_tree::heads).self);
  set(*other, "Alicia", 3000);
  EXPECT_NE(level(*one, digest_tree::heads).self, level(*other, digest_tree::heads).self);
  ASSERT_EQ(level(*one, digest_tree::heads).leaves.size(), 1u);
  EXPECT_EQ(level(*one, digest_tree::heads).leaves[0].substr(0, 32), person_id("alice@example.com").raw());
}

TEST(digest_test, what_was_evicted_is_not_here) {
  disk_store it;
  ASSERT_TRUE(it.open());
  put_all(*it, many_texts());
  auto before = level(*it, digest_tree::objects).self.count;
  ASSERT_TRUE(change_store(*it, [](transaction& to) { return to.evict(sha256(many_texts()[5])); }));
  EXPECT_EQ(level(*it, digest_tree::objects).self.count, before - 1);
}

} // namespace
} // namespace lama::storage::testing
