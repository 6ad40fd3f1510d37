#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/counting_space.hpp"
#include "tests/unit/versions/lists.hpp"

#include <gtest/gtest.h>

/// What the vectors do not say: refusals, adoption, the one offered edge, and what it costs (docs/protocol/01 §5.2, 03 §5.4).
namespace lama::protocol {
namespace {

using namespace lama::testing;

std::string person(const std::string& email, const std::string& name) {
  return object_writer{"Person"}.text("email", email).text("name", name).finish();
}

struct versions : ::testing::Test {
  memory_space memory{standard_recipes()};
  counting_space space{memory};
};

TEST_F(versions, refuses_what_has_no_versions) {
  auto before = memory.names();
  EXPECT_FALSE(store_version(space, object_writer{"Email"}.text("email", "a@b").finish(), 1));
  EXPECT_FALSE(store_version(space, object_writer("Person", true).text("email", "a@b").finish(), 1));
  EXPECT_FALSE(store_version(space, "nothing of the kind", 1));
  EXPECT_EQ(memory.names(), before);
}

TEST_F(versions, refuses_a_node_whose_data_is_not_here_or_has_no_versions) {
  EXPECT_EQ(import_version(space, put_edge(space, sha256("absent"), 5)).failure().code, errc::not_found);
  auto email = put(space, object_writer{"Email"}.text("email", "a@b").finish());
  EXPECT_EQ(import_version(space, put_edge(space, email, 5)).failure().code, errc::bad_input);
  EXPECT_EQ(adopt_version(space, put_edge(space, email, 5)).failure().code, errc::bad_input);
  EXPECT_FALSE(import_version(space, email));
  EXPECT_FALSE(import_version(space, sha256("no node")));
}

TEST_F(versions, adopts_data_as_it_is) {
  auto first = *store_version(space, person("a@b", "one"), 10);
  auto data = put(space, person("a@b", "two"));
  auto node = put_edge(space, data, 5);
  auto adopted = *adopt_version(space, node);
  EXPECT_TRUE(adopted.changed);
  EXPECT_EQ(adopted.data, data);
  EXPECT_EQ(adopted.head, node);
  EXPECT_EQ(current_data(space, first.id), data);
  EXPECT_TRUE(space.in_history(first.id, first.head));
}

TEST_F(versions, adopts_nothing_that_is_history) {
  auto node = put_edge(space, put(space, person("a@b", "one")), 5);
  auto id = adopt_version(space, node)->id;
  EXPECT_FALSE(adopt_version(space, node)->changed);
  auto newer = *store_version(space, person("a@b", "two"), 10);
  auto again = *adopt_version(space, node);
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.data, newer.data);
  EXPECT_EQ(space.head(id), newer.head);
}

TEST_F(versions, adopts_a_change_without_its_chain) {
  memory_space remote{standard_recipes()};
  ASSERT_TRUE(store_version(remote, person("a@b", "one"), 5));
  auto change = *store_version(remote, person("a@b", "two"), 6);
  auto data = put(space, *remote.read(change.data));
  put(space, *remote.read(change.head));
  auto adopted = *adopt_version(space, change.head);
  EXPECT_EQ(space.read(adopted.head), write_version_node(edge_to(data, 6)));
  EXPECT_EQ(listed_version_nodes(space, adopted.id), std::vector{adopted.head});
}

TEST_F(versions, offers_one_edge_for_a_whole_history) {
  auto first = *store_version(space, person("a@b", "one"), 10);
  EXPECT_EQ(*edge_of_head(space, first.id), first.head);
  auto second = *store_version(space, person("a@b", "two"), 20);
  auto text = edge_text_of_head(space, second.id);
  EXPECT_EQ(text, write_version_node(edge_to(second.data, 20)));
  EXPECT_FALSE(space.contains(sha256(*text)));
  EXPECT_EQ(*edge_of_head(space, second.id), sha256(*text));
  EXPECT_TRUE(space.contains(sha256(*text)));
  EXPECT_EQ(space.head(second.id), second.head);
}

TEST_F(versions, offers_nothing_without_a_head) {
  auto id = *memory.put(person("a@b", "one"))->id;
  EXPECT_EQ(*edge_of_head(space, id), std::nullopt);
  EXPECT_EQ(edge_text_of_head(space, id), std::nullopt);
  EXPECT_TRUE(listed_version_nodes(space, id).empty());
}

TEST_F(versions, a_change_costs_the_same_at_any_length_of_the_history) {
  std::size_t early = 0;
  for (int i = 0; i < 400; ++i) {
    space.reset();
    ASSERT_TRUE(store_version(space, person("a@b", std::to_string(i)), i));
    if (i == 5)
      early = space.accesses();
  }
  EXPECT_EQ(space.accesses(), early);
}

TEST_F(versions, a_channel_joins_without_its_history) {
  std::optional<hash> head;
  std::size_t early = 0;
  for (int i = 1; i <= 300; ++i) {
    auto ours = *insert_entry(memory, head, put_time(memory, 10 * i), {});
    auto theirs = *insert_entry(memory, head, put_time(memory, 10 * i + 1), {});
    ASSERT_TRUE(store_version(memory, channel_text("c", ours), i));
    auto node = put_edge(memory, put(memory, channel_text("c", theirs)), i + 0.5);
    space.reset();
    auto joined = import_version(space, node);
    ASSERT_TRUE(joined);
    head = load(memory, joined->data)->reference("head");
    if (i == 5)
      early = space.accesses();
  }
  EXPECT_EQ(space.accesses(), early);
  EXPECT_EQ(times_of(memory, head).size(), 600u);
}

TEST_F(versions, a_merge_reads_each_node_once_and_none_below_what_an_earlier_one_saw) {
  hash id;
  for (int i = 0; i < 50; ++i) {
    id = store_version(memory, person("a@b", std::to_string(i)), 100 + i)->id;
    if (i % 10 == 0) {
      ASSERT_TRUE(import_version(memory, put_edge(memory, put(memory, person("a@b", "x" + std::to_string(i))), i)));
    }
  }
  auto node = put_edge(memory, put(memory, person("a@b", "theirs")), 500);
  auto nodes_read = [&] {
    int nodes = 0;
    for (auto& [name, count] : space.reads()) {
      if (!is_version_node_type(classify(*memory.read(name)).type))
        continue;
      ++nodes;
      EXPECT_EQ(count, 1u) << *memory.read(name);
    }
    return nodes;
  };
  auto head = *memory.head(id);
  space.reset();
  ASSERT_TRUE(detail::merge_data(space, {head, *load_version_node(memory, head)}, {node, *load_version_node(memory, node)}, merge_repairs::on,
                                 detail::merge_route::generic));
  EXPECT_GT(nodes_read(), 50);
  space.reset();
  ASSERT_TRUE(import_version(space, node));
  EXPECT_LT(nodes_read(), 15); // nine changes since the last import
}

TEST_F(versions, a_failing_merge_leaves_the_head) {
  auto stored = *store_version(space, person("a@b", "one"), 10);
  auto lost = put_edge(space, put(space, person("a@b", "two")), 5);
  space.hide(stored.data);
  auto head = space.head(stored.id);
  EXPECT_EQ(import_version(space, lost).failure().code, errc::not_found);
  EXPECT_EQ(space.head(stored.id), head);
  EXPECT_FALSE(space.in_history(stored.id, lost));
}

} // namespace
} // namespace lama::protocol
