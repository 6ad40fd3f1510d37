#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/lists.hpp"

#include <gtest/gtest.h>

#include <functional>

/// channels.json: lists that are merged and posted to, and versions of ChannelInfo.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

std::vector<json> cases_of(const std::string& kind) {
  std::vector<json> chosen;
  auto vectors = load_vectors("channels.json");
  for (auto& vector : vectors["cases"])
    if (vector["kind"] == kind)
      chosen.push_back(vector);
  return chosen;
}

/// Stores every {"hash", "microdata"} below `x`.
void put_all(object_space& space, const json& x) {
  if (x.is_object() && x.contains("microdata") && x.contains("hash") && x.value("type", "").find("id object") == std::string::npos) {
    EXPECT_EQ(put(space, x["microdata"].get<std::string>()).hex(), x["hash"].get<std::string>());
  }
  if (x.is_structured())
    for (auto& inner : x)
      put_all(space, inner);
}

std::vector<std::string> names_of(const std::vector<hash>& entries) {
  std::vector<std::string> names;
  for (auto& entry : entries)
    names.push_back(entry.hex());
  return names;
}

std::vector<std::string> column(const json& rows, const std::function<std::string(const json&)>& cell) {
  std::vector<std::string> cells;
  for (auto& row : rows)
    cells.push_back(cell(row));
  return cells;
}

TEST(channel_vectors, list_merges) {
  auto merges = cases_of("list-merge");
  EXPECT_EQ(merges.size(), 8u);
  for (auto& vector : merges) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    memory_space space{standard_recipes()};
    put_all(space, vector["first_list"]);
    put_all(space, vector["second_list"]);
    auto first = hash_of(vector["first_head"]);
    auto second = hash_of(vector["second_head"]);
    auto merged = merge_lists(space, first, second);
    ASSERT_TRUE(merged) << merged.failure().message;
    EXPECT_EQ(*merged, hash_of(vector["merged_head"]));
    auto swapped = merge_lists(space, second, first);
    ASSERT_TRUE(swapped);
    EXPECT_EQ(*swapped, hash_of(vector["merged_head_swapped"]));
    auto expected = column(vector["merged_list"], [](auto& row) { return row["entry"]["hash"].template get<std::string>(); });
    EXPECT_EQ(names_of(entries_of(space, *merged)), expected);
  }
}

/// A payload with its CreationTime; answers the name of the latter.
hash put_payload(object_space& space, const json& post) {
  auto data = put(space, text_of(post["data"], space.recipes()));
  auto timestamp = post.contains("timestamp") ? post["timestamp"].get<double>() : post["now"].get<double>();
  return put(space, object_writer{"CreationTime"}.number("timestamp", timestamp).object_reference("data", data).finish());
}

/// The metadata of the one entry that a post makes for `creation_time`.
std::vector<hash> metadata_in(const json& post, const hash& creation_time, const recipe_table& recipes) {
  for (auto& added : post["new_objects"]) {
    auto entry = added["type"] == "LinkedListEntry" ? parse_object(added["microdata"].get<std::string>(), recipes) : fail(errc::not_found, "");
    if (entry && entry->reference("data") == creation_time)
      return entry->references("metadata");
  }
  return {};
}

TEST(channel_vectors, posts_become_entries) {
  memory_space space{standard_recipes()};
  std::optional<hash> head;
  int posts = 0;
  for (auto& post : cases_of("post")) {
    if (post["name"].get<std::string>().starts_with("post older than every entry"))
      continue; // a list of its own, below
    SCOPED_TRACE(post["name"].get<std::string>());
    auto creation_time = put_payload(space, post);
    auto inserted =
        insert_entry(space, head, creation_time, post.contains("new_objects") ? metadata_in(post, creation_time, space.recipes()) : std::vector<hash>{});
    ASSERT_TRUE(inserted) << inserted.failure().message;
    EXPECT_EQ(*inserted, hash_of(post["head"]));
    head = *inserted;
    if (post.contains("list_newest_first")) {
      EXPECT_EQ(names_of(entries_of(space, head)), column(post["list_newest_first"], [](auto& row) { return row["entry_hash"].template get<std::string>(); }));
    }
    ++posts;
  }
  EXPECT_EQ(posts, 7);
}

TEST(channel_vectors, what_is_older_than_everything_goes_on_top) {
  for (auto& post : cases_of("post")) {
    if (!post["name"].get<std::string>().starts_with("post older than every entry"))
      continue;
    memory_space space{standard_recipes()};
    auto& rows = post["list_newest_first"];
    std::optional<hash> head;
    auto metadata = [](const json& row) { return std::vector{hash_of(row["metadata"][0])}; };
    auto put_time = [&](const json& row) {
      return put(space, object_writer{"CreationTime"}.number("timestamp", row["creation_time"]).object_reference("data", hash_of(row["data_hash"])).finish());
    };
    for (auto i = rows.size(); i-- > 0;) {
      auto inserted = i == 0 ? result<hash>{*head} : insert_entry(space, head, put_time(rows[i]), metadata(rows[i]));
      ASSERT_TRUE(inserted);
      head = *inserted;
    }
    EXPECT_EQ(*head, hash_of(post["head_before"]));
    auto inserted = insert_entry(space, head, put_time(rows[0]), metadata(rows[0]));
    ASSERT_TRUE(inserted);
    EXPECT_EQ(*inserted, hash_of(post["head"]));
    return;
  }
  FAIL() << "no such vector";
}

std::string channel_of(const json& vector, const json& head) {
  return channel_text(vector["channel_id"], head.is_null() ? std::nullopt : std::optional{hash_of(head)});
}

TEST(channel_vectors, channel_info_merges) {
  auto merges = cases_of("channel-info-merge");
  auto lists = cases_of("list-merge");
  EXPECT_EQ(merges.size(), 6u);
  for (auto& vector : merges) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    memory_space space{standard_recipes()};
    for (auto& source : lists)
      put_all(space, source["first_list"]), put_all(space, source["second_list"]);
    for (auto& local : vector["local_versions"]) {
      auto stored = store_version(space, channel_of(vector, local["head"]), local["stored_at"].get<int64_t>());
      ASSERT_TRUE(stored) << stored.failure().message;
      EXPECT_EQ(stored->data, hash_of(local["hash"]));
    }
    auto& remote = vector["remote"];
    auto data = put(space, channel_of(vector, remote["head"]));
    EXPECT_EQ(data, hash_of(remote["hash"]));
    auto node = put_edge(space, data, remote["version_creation_time"].get<double>());
    auto head_before = space.head(*space.put(*space.read(data))->id);
    auto merged = import_version(space, node);
    ASSERT_TRUE(merged) << merged.failure().message;
    EXPECT_EQ(merged->data, hash_of(vector["result_hash"]));
    EXPECT_EQ(merged->head, hash_of(vector["version_head_node"]));
    EXPECT_EQ(load(space, merged->data)->reference("head"), hash_of(vector["result_head"]));
    if (!head_before)
      continue;
    named_version_node first{*head_before, *load_version_node(space, *head_before)};
    named_version_node second{node, *load_version_node(space, node)};
    auto generic = detail::merge_data(space, first, second, merge_repairs::off, detail::merge_route::generic);
    ASSERT_TRUE(generic) << generic.failure().message;
    EXPECT_EQ(generic->name, merged->data);
  }
}

} // namespace
} // namespace lama::protocol
