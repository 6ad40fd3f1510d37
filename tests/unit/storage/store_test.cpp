#include "tests/support/vectors.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <atomic>
#include <thread>

namespace lama::storage::testing {
namespace {

using protocol::put_result;

class store_test : public ::testing::Test {
protected:
  store_test() {
    open();
  }

  void open() {
    opened_.reset();
    auto x = store::open(folder_.path() / "store");
    ASSERT_TRUE(x) << x.failure().message;
    opened_ = *std::move(x);
  }
  store& it() {
    return *opened_;
  }

  lama::testing::scratch_folder folder_;
  std::unique_ptr<store> opened_;
};

TEST_F(store_test, what_was_put_is_read_back_after_reopening) {
  auto text = chat_text("hello");
  put_all(it(), {person_text("alice@example.com"), text});
  for (int round = 0; round < 2; ++round, open()) {
    auto view = it().read();
    EXPECT_EQ(view->read(sha256(text)), text);
    EXPECT_EQ(view->size_of(sha256(text)), text.size());
    EXPECT_TRUE(view->contains(person_id("alice@example.com")));
    EXPECT_EQ(it().object_count(), 3u); // person, its id object, message
    EXPECT_EQ(it().last_sequence(), 3u);
    EXPECT_FALSE(view->contains(sha256("not there")));
    EXPECT_EQ(view->read(sha256("not there")), std::nullopt);
  }
  expect_clean(it());
}

TEST_F(store_test, putting_again_is_told_and_changes_nothing) {
  put_all(it(), {person_text("alice@example.com")});
  auto again = it().begin();
  ASSERT_TRUE(again);
  auto person = (*again)->put(person_text("alice@example.com"));
  ASSERT_TRUE(person);
  EXPECT_FALSE(person->is_new);
  EXPECT_EQ(person->id, person_id("alice@example.com"));
  auto committed = it().commit(*std::move(again));
  ASSERT_TRUE(committed);
  EXPECT_TRUE(committed->changes.empty());
  EXPECT_EQ(it().last_sequence(), 2u);
}

TEST_F(store_test, what_does_not_conform_is_refused) {
  auto begun = it().begin();
  ASSERT_TRUE(begun);
  EXPECT_FALSE((*begun)->put(chat_text("a") + " "));
  EXPECT_FALSE((*begun)->put("not an object"));
  auto unknown = (*begun)->put(R"(<div itemscope itemtype="//refin.io/NoSuchType"></div>)");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.failure().code, errc::unsupported);
}

TEST_F(store_test, a_transaction_reads_its_own_writes_and_nobody_else_does) {
  auto begun = it().begin();
  ASSERT_TRUE(begun);
  auto& change = **begun;
  auto signature = signature_text(sha256(chat_text("a")));
  for (const auto& text : {person_text("alice@example.com"), chat_text("a"), signature})
    ASSERT_TRUE(change.put(text));
  change.set_note("position", "7");
  EXPECT_EQ(change.read(sha256(signature)), signature);
  EXPECT_EQ(change.referrers(sha256(chat_text("a")), "Signature"), std::vector{sha256(signature)});
  EXPECT_EQ(change.note("position"), "7");
  EXPECT_FALSE(it().read()->contains(sha256(signature)));
  EXPECT_EQ(it().object_count(), 0u);
  EXPECT_GT(change.pending_bytes(), signature.size());
}

TEST_F(store_test, a_dropped_transaction_leaves_no_trace) {
  {
    auto begun = it().begin();
    ASSERT_TRUE(begun);
    ASSERT_TRUE((*begun)->put(person_text("alice@example.com")));
    auto second = it().begin();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.failure().code, errc::conflict);
  }
  EXPECT_EQ(it().object_count(), 0u);
  EXPECT_EQ(put_all(it(), {license_text("a")}).last_sequence, 1u);
  expect_clean(it());
}

TEST_F(store_test, a_snapshot_stays_as_it_was) {
  put_all(it(), {person_text("alice@example.com"), chat_text("a")});
  auto view = it().read();
  put_all(it(), {chat_text("b"), license_text("x")});
  EXPECT_FALSE(view->contains(sha256(chat_text("b"))));
  EXPECT_EQ(view->objects_of_type("ChatMessage", 10).names, std::vector{sha256(chat_text("a"))});
  EXPECT_EQ(view->last_sequence(), 3u);
  EXPECT_EQ(it().read()->last_sequence(), 5u);
  opened_.reset();
  EXPECT_TRUE(view->contains(sha256(chat_text("a")))); // also without the store
  view.reset();
}

TEST_F(store_test, snapshots_are_taken_and_read_while_commits_run) {
  put_all(it(), {person_text("alice@example.com")});
  std::atomic<bool> over = false;
  std::atomic<int> read = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!over) {
        auto view = it().read();
        auto last = view->last_sequence();
        auto newest = view->changes(last - 1, 10);
        ASSERT_EQ(newest.size(), 1u); // what a snapshot counts it also has, and nothing more
        ASSERT_EQ(newest[0].sequence, last);
        ASSERT_TRUE(view->contains(newest[0].name));
        ASSERT_NE(newest[0].type, "");
        ++read;
      }
    });
  for (int i = 0; i < 40 || (read < 20 && !HasFailure()); ++i)
    put_all(it(), {chat_text(std::to_string(i)), license_text(std::to_string(i))});
  over = true;
  for (auto& x : readers)
    x.join();
  expect_clean(it());
}

TEST_F(store_test, rolling_back_takes_all_kinds_of_writes_back) {
  put_all(it(), {person_text("alice@example.com")});
  auto begun = it().begin();
  ASSERT_TRUE(begun);
  auto& change = **begun;
  ASSERT_TRUE(change.put(chat_text("kept")));
  change.set_note("kept", "1");
  auto pending = change.pending_bytes();
  auto mark = change.mark();
  ASSERT_TRUE(change.put(chat_text("dropped")));
  ASSERT_TRUE(change.put(signature_text(sha256(chat_text("kept")))));
  auto node = node_text(sha256(person_text("alice@example.com")));
  ASSERT_TRUE(change.put(node));
  change.set_head(person_id("alice@example.com"), sha256(node), {sha256(node)});
  EXPECT_FALSE(change.refused());
  change.set_head(sha256("nobody"), sha256("nothing"), {}); // would fail the commit
  EXPECT_TRUE(change.refused());
  ASSERT_TRUE(change.put_blob(noise(200'000)));
  change.set_note("kept", "2");
  change.roll_back(mark);
  EXPECT_EQ(change.pending_bytes(), pending);
  EXPECT_FALSE(change.contains(sha256(chat_text("dropped"))));
  EXPECT_TRUE(change.referrers(sha256(chat_text("kept")), "Signature").empty());
  EXPECT_EQ(change.head(person_id("alice@example.com")), std::nullopt);
  EXPECT_EQ(change.note("kept"), "1");
  ASSERT_TRUE(change.put(chat_text("after")));
  auto committed = it().commit(*std::move(begun));
  ASSERT_TRUE(committed) << committed.failure().message;
  EXPECT_EQ(committed->changes.size(), 2u);
  EXPECT_EQ(it().object_count(), 4u);
  EXPECT_EQ(it().read()->note("kept"), "1");
  expect_clean(it());
}

TEST_F(store_test, the_change_log_tells_everything_once_without_gaps) {
  auto first = put_all(it(), {person_text("alice@example.com"), chat_text("a")});
  auto id = person_id("alice@example.com");
  auto data = sha256(person_text("alice@example.com"));
  auto node = node_text(data);
  auto second = change_store(it(), [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put(node));
    to.set_head(id, sha256(node), {sha256(node)});
    LAMA_CHECK(to.put_blob("bytes"));
    return done{};
  });
  ASSERT_TRUE(second);
  auto all = it().read()->changes(0, 100);
  ASSERT_EQ(all.size(), 6u);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].sequence, i + 1);
  EXPECT_EQ(all[0].kind, change_kind::id_object);
  EXPECT_EQ(all[0].id, id);
  EXPECT_EQ(all[1].kind, change_kind::object);
  EXPECT_EQ(all[1].name, data);
  EXPECT_EQ(all[1].id, id);
  EXPECT_EQ(all[1].type, "Person");
  EXPECT_EQ(all[2].type, "ChatMessage");
  EXPECT_EQ(all[2].id, hash{});
  EXPECT_EQ(all[4].kind, change_kind::head);
  EXPECT_EQ(all[4].type, "Person");
  EXPECT_EQ(all[4].name, data);
  EXPECT_EQ(all[4].id, id);
  EXPECT_EQ(all[5].kind, change_kind::blob);
  EXPECT_EQ(all[5].name, sha256("bytes"));
  EXPECT_EQ(second->changes.size(), 3u);
  EXPECT_EQ(second->changes[1].name, all[4].name);
  EXPECT_EQ(it().read()->changes(4, 1).at(0).sequence, 5u);
  EXPECT_TRUE(it().read()->changes(6, 10).empty());
}

TEST_F(store_test, log_and_type_index_are_read_in_pages_across_their_values) {
  std::vector<std::string> texts{person_text("alice@example.com")};
  std::vector<hash> names;
  for (int i = 0; i < 700; ++i) {
    texts.push_back(chat_text(std::to_string(i)));
    names.push_back(sha256(texts.back()));
  }
  put_all(it(), texts);
  put_all(it(), {chat_text("one more")});
  names.push_back(sha256(chat_text("one more")));
  auto view = it().read();
  std::vector<hash> paged;
  std::string at;
  int pages = 0;
  do {
    auto page = view->objects_of_type("ChatMessage", 100, at);
    EXPECT_LE(page.names.size(), 100u);
    paged.insert(paged.end(), page.names.begin(), page.names.end());
    at = page.next;
    ++pages;
  } while (!at.empty());
  EXPECT_EQ(pages, 8);
  EXPECT_EQ(paged, names);
  for (uint64_t after : {0u, 1u, 255u, 256u, 257u, 511u, 701u, 702u}) {
    auto some = view->changes(after, 300);
    ASSERT_EQ(some.size(), std::min<uint64_t>(300, 703 - after));
    for (std::size_t i = 0; i < some.size(); ++i)
      ASSERT_EQ(some[i].sequence, after + 1 + i);
  }
  EXPECT_EQ(view->objects_of_type("Person", 10).names, std::vector{person_id("alice@example.com")}); // id hashes
  EXPECT_TRUE(view->objects_of_type("NoSuchType", 10).names.empty());
}

TEST_F(store_test, reverse_maps_tell_of_the_enabled_types_in_order_of_writing) {
  auto target = sha256(license_text("target"));
  put_all(it(), {person_text("alice@example.com"), person_text("bob@example.com"), license_text("target"), signature_text(target)});
  put_all(it(), {signature_text(target, "bob@example.com"), chat_text("a")});
  auto view = it().read();
  EXPECT_EQ(view->referrers(target, "Signature"), (std::vector{sha256(signature_text(target)), sha256(signature_text(target, "bob@example.com"))}));
  EXPECT_EQ(view->referrers(person_id("bob@example.com"), "Signature"), std::vector{sha256(signature_text(target, "bob@example.com"))});
  EXPECT_TRUE(view->referrers(person_id("alice@example.com"), "ChatMessage").empty()); // nobody asks
  auto profile = R"(<div itemscope itemtype="//refin.io/Profile"><span itemprop="profileId">p</span><a itemprop="personId" data-type="id">)" +
                 person_id("alice@example.com").hex() + R"(</a><a itemprop="owner" data-type="id">)" + person_id("bob@example.com").hex() +
                 R"(</a><ul itemprop="communicationEndpoint"></ul><ul itemprop="personDescription"></ul></div>)";
  put_all(it(), {profile});
  view = it().read();
  auto id = view->objects_of_type("Profile", 1).names.at(0);
  EXPECT_EQ(view->referring_ids(person_id("alice@example.com"), "Profile"), std::vector{id});
  EXPECT_EQ(view->referring_ids(person_id("bob@example.com"), "Profile"), std::vector{id});
  EXPECT_TRUE(view->referrers(person_id("bob@example.com"), "Profile").empty()); // not by these fields
  expect_clean(it());
}

TEST_F(store_test, heads_move_and_leave_history) {
  put_all(it(), {person_text("alice@example.com"), person_text("alice@example.com", "Alice")});
  auto id = person_id("alice@example.com");
  auto first = node_text(sha256(person_text("alice@example.com")));
  auto second = node_text(sha256(person_text("alice@example.com", "Alice")));
  auto set = [&](const std::string& node) {
    return change_store(it(), [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.put(node));
      to.set_head(id, sha256(node), {sha256(node)});
      EXPECT_EQ(to.head(id), sha256(node));
      EXPECT_TRUE(to.in_history(id, sha256(node)));
      return done{};
    });
  };
  ASSERT_TRUE(set(first));
  EXPECT_TRUE(it().read()->in_history(id, sha256(first)));
  EXPECT_FALSE(it().read()->in_history(id, sha256(second)));
  ASSERT_TRUE(set(second));
  auto view = it().read();
  EXPECT_EQ(view->head(id), sha256(second));
  EXPECT_TRUE(view->in_history(id, sha256(first)));
  EXPECT_TRUE(view->in_history(id, sha256(second)));
  EXPECT_FALSE(view->in_history(sha256(first), id));
  expect_clean(it());
}

TEST_F(store_test, a_head_whose_node_is_not_here_fails_the_commit) {
  put_all(it(), {person_text("alice@example.com"), person_text("bob@example.com"), node_text(sha256(person_text("bob@example.com")))});
  for (const auto& node : {sha256("nothing"), sha256(person_text("alice@example.com")), sha256(node_text(sha256(person_text("bob@example.com"))))}) {
    auto committed = change_store(it(), [&](transaction& to) -> result<done> {
      to.set_head(person_id("alice@example.com"), node, {});
      return done{};
    });
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.failure().code, errc::bad_input);
  }
  EXPECT_EQ(it().read()->head(person_id("alice@example.com")), std::nullopt);
  EXPECT_TRUE(it().begin());
}

TEST_F(store_test, notes_are_kept_listed_and_removed) {
  ASSERT_TRUE(change_store(it(), [](transaction& to) -> result<done> {
    to.set_note("a/1", "x");
    to.set_note("a/2", std::string("\0y", 2));
    to.set_note("b", "");
    return done{};
  }));
  auto view = it().read();
  EXPECT_EQ(view->notes("a/"), (std::vector<std::pair<std::string, std::string>>{{"a/1", "x"}, {"a/2", std::string("\0y", 2)}}));
  EXPECT_EQ(view->notes("a/", 1).size(), 1u);
  EXPECT_EQ(view->note("b"), "");
  ASSERT_TRUE(change_store(it(), [](transaction& to) -> result<done> {
    to.remove_note("a/1");
    EXPECT_EQ(to.note("a/1"), std::nullopt);
    return done{};
  }));
  EXPECT_EQ(it().read()->note("a/1"), std::nullopt);
  EXPECT_EQ(it().object_count(), 0u);
}

TEST_F(store_test, a_mark_for_elsewhere_ends_when_the_object_comes) {
  put_all(it(), {person_text("alice@example.com")});
  auto text = chat_text("a");
  ASSERT_TRUE(change_store(it(), [&](transaction& to) -> result<done> {
    to.mark_elsewhere(sha256(text));
    to.mark_elsewhere(person_id("alice@example.com")); // is here: nothing happens
    EXPECT_TRUE(to.elsewhere(sha256(text)));
    return done{};
  }));
  auto view = it().read();
  EXPECT_TRUE(view->elsewhere(sha256(text)));
  EXPECT_FALSE(view->contains(sha256(text)));
  EXPECT_EQ(view->read(sha256(text)), std::nullopt);
  EXPECT_TRUE(view->contains(person_id("alice@example.com")));
  EXPECT_EQ(it().object_count(), 2u);
  put_all(it(), {signature_text(sha256(text))});
  expect_clean(it()); // refers to what is elsewhere
  put_all(it(), {text});
  EXPECT_FALSE(it().read()->elsewhere(sha256(text)));
  EXPECT_EQ(it().read()->read(sha256(text)), text);
  EXPECT_EQ(it().read()->objects_of_type("ChatMessage", 10).names.size(), 1u);
  expect_clean(it());
}

TEST_F(store_test, what_was_evicted_stays_indexed_and_may_come_back) {
  auto text = chat_text("a");
  auto signature = signature_text(sha256(text));
  auto blob = noise(150'000);
  put_all(it(), {person_text("alice@example.com"), text, signature});
  ASSERT_TRUE(change_store(it(), [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put_blob(blob));
    return done{};
  }));
  auto bytes = it().stored_bytes();
  ASSERT_TRUE(change_store(it(), [&](transaction& to) -> result<done> {
    for (const auto& name : {sha256(text), sha256(signature), sha256(blob)})
      LAMA_CHECK(to.evict(name));
    EXPECT_FALSE(to.evict(person_id("alice@example.com")));
    EXPECT_FALSE(to.evict(sha256("nothing")));
    return done{};
  }));
  auto view = it().read();
  EXPECT_FALSE(view->contains(sha256(blob)));
  EXPECT_TRUE(view->elsewhere(sha256(text)));
  EXPECT_EQ(view->referrers(sha256(text), "Signature"), std::vector{sha256(signature)});
  EXPECT_EQ(it().stored_bytes(), bytes - text.size() - signature.size() - blob.size());
  EXPECT_EQ(it().object_count(), 2u);
  expect_clean(it());
  put_all(it(), {signature, text});
  ASSERT_TRUE(change_store(it(), [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put_blob(blob));
    return done{};
  }));
  EXPECT_EQ(it().stored_bytes(), bytes);
  EXPECT_EQ(it().read()->read(sha256(blob)), blob);
  EXPECT_EQ(it().read()->objects_of_type("ChatMessage", 10).names.size(), 1u);
  EXPECT_EQ(it().read()->referrers(sha256(text), "Signature").size(), 1u);
  expect_clean(it());
}

TEST_F(store_test, a_blob_that_is_an_object_too_becomes_one_when_it_is_put) {
  auto text = license_text("a");
  ASSERT_TRUE(change_store(it(), [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put_blob(text));
    return done{};
  }));
  EXPECT_TRUE(it().read()->objects_of_type("License", 10).names.empty());
  put_all(it(), {text});
  EXPECT_EQ(it().read()->objects_of_type("License", 10).names.size(), 1u);
  EXPECT_EQ(it().object_count(), 1u);
  expect_clean(it());
}

} // namespace
} // namespace lama::storage::testing
