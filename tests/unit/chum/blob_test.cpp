#include "tests/unit/chum/two_machines.hpp"

#include <gtest/gtest.h>

/// Blobs between nodes of ours, and with a peer whose blobs are broken (docs/protocol/03 §4.3).
namespace lama::protocol::chum::testing {

namespace {

class blobs : public ::testing::Test {
protected:
  machine alice{"alice"};
  machine bob{"bob"};
  wire between{alice, bob};

  static std::string image_text(const hash& picture) {
    return object_writer{"ProfileImage"}.blob_reference("image", picture).finish();
  }
  hash share_image(const std::string& bytes) {
    auto image = alice.put(image_text(alice.put_blob(bytes)));
    alice.share(image, bob);
    return image;
  }

  /// As the stock peer: binary pieces leave as empty messages.
  void break_binary_messages() {
    between.tap = [&](machine& from, outgoing& message) {
      if (&from == &alice && message.is_binary)
        message.bytes.clear();
      return true;
    };
  }
};

std::string noise(std::size_t length) {
  std::string out(length, '\0');
  uint32_t state = 1;
  for (auto& x : out) {
    state = state * 1664525 + 1013904223;
    x = static_cast<char>(state >> 24);
  }
  return out;
}

} // namespace

TEST_F(blobs, a_large_one_is_streamed_and_never_in_a_batch) {
  auto bytes = noise(300'000);
  auto image = share_image(bytes);
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_TRUE(bob.space.contains(sha256(bytes)));
  EXPECT_EQ(bob.uploads_finished, 1u);
  EXPECT_EQ(bob.rounds.at(0).blobs, 1u);
}

TEST_F(blobs, a_small_or_empty_one_travels_with_its_object) {
  auto small = share_image("tiny");
  auto empty = share_image("");
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(small));
  EXPECT_TRUE(bob.space.contains(empty));
  EXPECT_EQ(bob.uploads_finished, 0u);
  EXPECT_EQ(bob.rounds.at(0).missing_blobs, 0u);
}

TEST_F(blobs, many_streams_share_the_connection) {
  std::vector<std::string> all;
  for (int i = 0; i < 12; ++i) {
    all.push_back(noise(100'000 + static_cast<std::size_t>(i)));
    share_image(all.back());
  }
  between.connect();
  between.run_rounds(1);
  for (const auto& bytes : all)
    EXPECT_TRUE(bob.space.contains(sha256(bytes)));
}

TEST_F(blobs, from_a_peer_that_breaks_them_text_comes_on_the_second_try) {
  auto image = share_image("valid UTF-8: \xC3\xA4\xE2\x82\xAC");
  break_binary_messages();
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_EQ(bob.rounds.at(0).blobs, 1u);
  EXPECT_EQ(bob.requests_of(8), 2u);
}

TEST_F(blobs, one_that_cannot_be_had_is_missing_and_blocks_nothing) {
  auto bytes = noise(200'000);
  auto image = share_image(bytes);
  break_binary_messages();
  between.connect();
  between.run_rounds(2);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_FALSE(bob.space.contains(sha256(bytes)));
  EXPECT_EQ(bob.rounds.at(0).missing_blobs, 1u);
  EXPECT_EQ(bob.rounds.at(0).failures, 0u);
  EXPECT_EQ(bob.requests_of(8), 2u) << "not asked for again on this connection";
}

TEST_F(blobs, a_missing_one_is_listed_to_third_peers_and_missing_there_too) {
  auto image = alice.put(image_text(sha256("nobody has this")));
  alice.share(image, bob);
  auto children = children_of(alice.space, image, false);
  ASSERT_TRUE(children);
  EXPECT_EQ(children->entries, (std::vector<child>{{child_type::blob, sha256("nobody has this")}}));
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_EQ(bob.rounds.at(0).missing_blobs, 1u);
}

TEST_F(blobs, one_over_the_limit_is_missing) {
  auto bytes = noise(300'000);
  auto image = share_image(bytes);
  auto small = between.options_for(bob);
  small.importer.fetch.blob_bytes = 100'000;
  between.connect(std::nullopt, small);
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_FALSE(bob.space.contains(sha256(bytes)));
  EXPECT_TRUE(bob.uploads.empty()) << "the upload was cancelled";
}

TEST_F(blobs, an_upload_does_not_outlive_its_connection) {
  auto bytes = noise(500'000);
  auto image = share_image(bytes);
  between.tap = [&](machine& from, outgoing&) { return &from != &alice || alice.binaries_sent < 4; };
  between.connect();
  between.run(between.now + 1000);
  EXPECT_FALSE(bob.space.contains(image));
  between.disconnect();
  between.tap = nullptr;
  between.connect();
  between.run_rounds(1);
  EXPECT_TRUE(bob.space.contains(image));
  EXPECT_TRUE(bob.space.contains(sha256(bytes)));
}

TEST_F(blobs, a_raw_one_in_a_message_is_a_blob_child_and_may_be_missing) {
  auto raw = alice.put_blob("raw attachment");
  auto gone = sha256("LAMA lost this");
  auto message =
      object_writer{"ChatMessage"}.text("text", "look").array("attachments", reference_kind::object, {raw, gone}).id_reference("sender", alice.person);
  auto name = alice.put(message.finish());
  auto children = children_of(alice.space, name, false);
  ASSERT_TRUE(children) << children.failure().message;
  EXPECT_EQ(children->entries, (std::vector<child>{{child_type::id, alice.person}, {child_type::blob, gone}, {child_type::blob, raw}}));

  auto made = models::create_one_to_one(alice.space, alice.person, bob.person, 1);
  ASSERT_TRUE(made);
  ASSERT_TRUE(models::post_stored(alice.space, made->channel, name, models::sign_with(alice.person, alice.keys.secret_key), between.now));
  between.connect();
  between.run_rounds(1);
  EXPECT_EQ(current_data(bob.space, made->channel), current_data(alice.space, made->channel));
  EXPECT_TRUE(bob.space.contains(name));
  EXPECT_TRUE(bob.space.contains(raw));
  EXPECT_FALSE(bob.space.contains(gone));
}

TEST_F(blobs, a_full_disk_fails_the_root_and_the_next_round_takes_it) {
  auto image = share_image("picture");
  bob.fails_next_batch = true;
  between.connect();
  between.run_rounds(1);
  EXPECT_FALSE(bob.space.contains(image));
  EXPECT_EQ(bob.rounds.at(0).failed.at(0).reason.code, errc::no_space);
  between.run_rounds(2);
  EXPECT_TRUE(bob.space.contains(image));
}

TEST_F(blobs, what_is_held_elsewhere_counts_as_here_and_is_not_listed) {
  auto name = person_name("evicted");
  auto profile = object_writer{"Profile"}.text("profileId", "default").id_reference("personId", alice.person).id_reference("owner", alice.person);
  profile.bag("communicationEndpoint", reference_kind::object, {}).bag("personDescription", reference_kind::object, {sha256(name)});
  auto stored = store_version(alice.space, profile.finish(), 1);
  ASSERT_TRUE(stored) << stored.failure().message;
  EXPECT_FALSE(children_of(alice.space, stored->data, false));
  alice.space.mark_elsewhere(sha256(name));
  auto children = children_of(alice.space, stored->data, false);
  ASSERT_TRUE(children);
  EXPECT_TRUE(children->is_partial);
  EXPECT_EQ(children->entries, (std::vector<child>{{child_type::id, alice.person}}));

  // The other way round: what the importer knows to be elsewhere is neither fetched nor missed.
  alice.put(name);
  alice.share_id(stored->id, bob);
  bob.space.mark_elsewhere(sha256(name));
  between.connect();
  between.run_rounds(1);
  EXPECT_EQ(current_data(bob.space, stored->id), stored->data);
  EXPECT_FALSE(bob.space.contains(sha256(name)));
}

TEST_F(blobs, the_cache_of_lists_stays_within_its_bytes) {
  children_cache cache{100};
  for (int i = 0; i < 10; ++i)
    cache.add(sha256(std::to_string(i)), std::string(40, 'x'));
  EXPECT_FALSE(cache.find(sha256("7")));
  EXPECT_TRUE(cache.find(sha256("8")));
  EXPECT_TRUE(cache.find(sha256("9")));
  cache.add(sha256("big"), std::string(101, 'x'));
  EXPECT_FALSE(cache.find(sha256("big")));
}

} // namespace lama::protocol::chum::testing
