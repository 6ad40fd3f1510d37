#include "protocol/models/outbox.hpp"

#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

/// A sparse instance and an archive; what goes over is copied by hand.
class outbox_test : public ::testing::Test {
protected:
  void SetUp() override {
    scripted_random random;
    sparse_keys = protocol::make_signing_keys(random);
    archive_keys = protocol::make_signing_keys(random);
    as_sparse = sign_with(who.sparse, sparse_keys.secret_key);
    as_archive = sign_with(who.archive, archive_keys.secret_key);
    policy = {who, sparse_keys.public_key, [this](const hash& name) {
                auto found = receipts.find(name);
                return found == receipts.end() ? std::nullopt : std::optional{found->second};
              }};
    auto topic = must(create_one_to_one(archive, who.archive, bob, 1000));
    lama_conversation conversation;
    conversation.id = topic.id;
    conversation.title = "Bob";
    conversation.kind = "direct";
    conversation.participants = {who.archive, bob};
    conversation.channel = topic.channel;
    tell(conversation);
    channel = topic.channel;
    id = topic.id;
  }
  /// Archive's word about a conversation, on both sides.
  void tell(const lama_conversation& x) {
    must(protocol::store_version(archive, text_of(x), ++clock));
    must(protocol::store_version(sparse, text_of(x), clock));
  }
  written write(const std::string& text, int64_t now, bool needs_ai = false) {
    return must(write_message(sparse, who, state, {id, text, {}, needs_ai, {}}, as_sparse, now));
  }
  /// What the import does: all objects of the outbox, its heads included.
  void sync() {
    for (const auto& name : sparse.names())
      must(archive.put(*sparse.read(name)));
    for (const auto& name : registered_channels(sparse))
      archive.set_head(name, *sparse.head(name), {});
  }
  result<delivery_plan> plan(const written& x, int64_t now = 1'000'000) {
    return plan_delivery(archive, policy, x.outbox_channel, x.outbox_entry, now);
  }
  delivery deliver(const written& x, int64_t now = 1'000'000) {
    auto what = must(plan(x, now));
    auto out = must(carry_out(archive, what, policy, as_archive, now));
    receipts[what.entry.message] = out.receipt;
    return out;
  }
  std::vector<channel_entry> conversation() {
    auto keys = [&](const hash& person) { return person == who.archive ? std::vector{archive_keys.public_key} : std::vector<key32>{}; };
    return must(read_page(archive, newest_of(archive, {channel}), {}, keys)).entries;
  }

  user_persons who{sha256("sparse"), sha256("archive")};
  hash bob = sha256("bob");
  protocol::signing_keys sparse_keys, archive_keys;
  signer as_sparse, as_archive;
  protocol::memory_space sparse{protocol::standard_recipes()}, archive{protocol::standard_recipes()};
  outbox_policy policy;
  std::map<hash, hash> receipts;
  outbox_state state;
  hash channel;
  std::string id;
  int64_t clock = 2000;
};

TEST_F(outbox_test, a_message_keeps_its_name_on_its_way) {
  auto x = write("hello", 50'000, true);
  EXPECT_TRUE(x.new_channel);
  EXPECT_EQ(granted_to(sparse, id_target(x.outbox_channel)).persons, std::vector{who.archive});
  sync();
  auto what = must(plan(x));
  EXPECT_EQ(what.outcome, outbox_outcome::post);
  EXPECT_TRUE(what.entry.needs_ai);
  auto made = deliver(x);
  auto entries = conversation();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].creation_time, x.creation_time);
  EXPECT_EQ(entries[0].timestamp, 50'000);
  ASSERT_TRUE(entries[0].author);
  EXPECT_EQ(entries[0].author->person, who.archive); // the public person, whoever typed it
  EXPECT_TRUE(entries[0].author->verified);
  auto message = must(read_chat_message(must(protocol::load(archive, entries[0].payload))));
  EXPECT_EQ(message.text, "hello");
  EXPECT_EQ(message.sender, who.archive);
  auto receipt = must(read_receipt(must(protocol::load(archive, made.receipt))));
  EXPECT_TRUE(receipt.accepted);
  EXPECT_EQ(receipt.message, x.creation_time);
  EXPECT_EQ(receipt.posted, x.creation_time);
  auto channel_of_receipts = channel_id({std::string{receipts_channel}, who.archive});
  EXPECT_EQ(granted_to(archive, id_target(channel_of_receipts)).persons, std::vector{who.sparse});
}

TEST_F(outbox_test, is_posted_once) {
  auto x = write("hello", 50'000);
  sync();
  auto first = deliver(x);
  auto head = archive.head(channel);
  step nothing{archive};
  auto again = deliver(x);
  EXPECT_EQ(again.receipt, first.receipt);
  EXPECT_FALSE(again.message);
  nothing.expect_nothing();
  EXPECT_EQ(archive.head(channel), head);
  // Even where the note of the receipt was lost: the entry is in the channel.
  receipts.clear();
  deliver(x);
  EXPECT_EQ(conversation().size(), 1u);
}

TEST_F(outbox_test, signatures_can_be_made_beforehand) {
  auto x = write("hello", 50'000);
  sync();
  auto what = must(plan(x));
  std::map<hash, std::string> ready;
  for (const auto& over : what.to_sign)
    ready[over] = as_archive.sign(over.hex());
  EXPECT_EQ(ready.size(), 2u);
  EXPECT_TRUE(carry_out(archive, what, policy, sign_from(who.archive, ready), 1'000'000));
}

TEST_F(outbox_test, times_are_strictly_increasing) {
  auto a = write("a", 50'000);
  auto b = write("b", 50'000);
  auto c = write("c", 10);
  EXPECT_EQ(a.timestamp, 50'000);
  EXPECT_EQ(b.timestamp, 50'001);
  EXPECT_EQ(c.timestamp, 50'002);
  auto known = must(read_conversation(must(protocol::load_current(sparse, conversation_id(id)))));
  known.last_time = 80'000;
  tell(known);
  EXPECT_EQ(write("d", 60'000).timestamp, 80'001);
  known.last_time = 60'000 + 2 * clock_tolerance_ms; // somebody's clock is wrong
  tell(known);
  EXPECT_EQ(write("e", 90'000).timestamp, 90'000);
}

TEST_F(outbox_test, goes_below_what_came_in_meanwhile) {
  auto x = write("mine", 50'000);
  must(post(archive, channel, must(chat_message_text({"theirs", bob, {}, {}})), as_archive, 60'000));
  sync();
  deliver(x);
  auto entries = conversation();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].creation_time, x.creation_time);
}

TEST_F(outbox_test, a_time_in_the_future_is_replaced_and_the_receipt_says_so) {
  auto x = write("mine", 1'000'000 + 2 * clock_tolerance_ms);
  sync();
  auto made = deliver(x, 1'000'000);
  ASSERT_TRUE(made.message);
  EXPECT_EQ(made.message->timestamp, 1'000'000);
  auto receipt = must(read_receipt(must(protocol::load(archive, made.receipt))));
  EXPECT_EQ(receipt.message, x.creation_time);
  EXPECT_EQ(receipt.posted, made.message->creation_time);
  EXPECT_NE(receipt.posted, x.creation_time);
}

TEST_F(outbox_test, refuses_with_a_receipt) {
  auto unknown = write("to nobody", 50'000);
  auto closed = must(read_conversation(must(protocol::load_current(sparse, conversation_id(id)))));
  sync();
  closed.state = "closed";
  must(protocol::store_version(archive, text_of(closed), 9'000));
  auto made = deliver(unknown);
  EXPECT_FALSE(made.message);
  auto receipt = must(read_receipt(must(protocol::load(archive, made.receipt))));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_NE(receipt.reason->find("Bob"), std::string::npos);
  EXPECT_TRUE(conversation().empty());
  EXPECT_EQ(must(plan(unknown)).outcome, outbox_outcome::repeated);
}

TEST_F(outbox_test, what_was_refused_is_told_with_its_reason) {
  auto fine = write("fine", 40'000);
  sync();
  must(sparse.put(*archive.read(deliver(fine).receipt)));
  auto closed_one = write("to nobody", 50'000);
  auto waiting = write("not looked at yet", 60'000);
  auto closed = must(read_conversation(must(protocol::load_current(sparse, conversation_id(id)))));
  sync();
  closed.state = "closed";
  must(protocol::store_version(archive, text_of(closed), 9'000));
  must(sparse.put(*archive.read(deliver(closed_one).receipt)));
  auto refused = refused_messages(sparse, who, 10);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].message, closed_one.creation_time);
  EXPECT_EQ(refused[0].conversation, id);
  EXPECT_EQ(refused[0].timestamp, 50'000);
  EXPECT_NE(refused[0].reason.find("Bob"), std::string::npos);
  EXPECT_TRUE(refused_messages(sparse, who, 0).empty());
  EXPECT_EQ(pending_messages(sparse, who, 10).size(), 1u) << "the last one still waits: " << waiting.creation_time.hex();
}

TEST_F(outbox_test, refuses_a_sender_that_is_somebody_else) {
  auto text = must(chat_message_text({"I am Bob", bob, {}, {}}));
  auto message = draft_entry(must(store_text(sparse, text)), 50'000);
  must(sparse.put(message.creation_time_text));
  auto outbox = must(create_channel(sparse, {"lama.outbox.1", who.sparse}, 1));
  auto entry = must(post(sparse, outbox, must(text_of(lama_outbox_entry{id, message.creation_time, false, {}})), as_sparse, 50'000));
  sync();
  auto what = must(plan_delivery(archive, policy, outbox, entry.entry, 60'000));
  EXPECT_EQ(what.outcome, outbox_outcome::refuse);
  EXPECT_FALSE(what.receipt.accepted);
}

TEST_F(outbox_test, entries_that_our_sparse_instance_did_not_make_are_forbidden) {
  auto x = write("hello", 50'000);
  sync();
  // Signed with another key.
  policy.sparse_sign_key = archive_keys.public_key;
  EXPECT_EQ(plan(x).failure().code, errc::forbidden);
  policy.sparse_sign_key = sparse_keys.public_key;
  // In the name of another person.
  auto outbox = x.outbox_channel;
  auto payload = must(text_of(lama_outbox_entry{id, x.creation_time, false, {}}));
  auto forged = must(post(archive, outbox, payload, sign_with(bob, sparse_keys.secret_key), 70'000));
  EXPECT_EQ(plan_delivery(archive, policy, outbox, forged.entry, 80'000).failure().code, errc::forbidden);
  // From a channel that is no outbox of ours.
  for (const auto& key : {channel_key{"lama.outbox.1", bob}, {"lama.outbox.1", std::nullopt}, {"lama.outbox.", who.sparse}, {"lama.outbox.1x", who.sparse}}) {
    auto other = must(create_channel(archive, key, 1));
    auto entry = must(post(archive, other, payload, as_sparse, 70'000));
    EXPECT_EQ(plan_delivery(archive, policy, other, entry.entry, 80'000).failure().code, errc::forbidden) << key.id;
  }
  // No outbox entry at all.
  auto chat = must(post(archive, outbox, must(chat_message_text({"x", who.archive, {}, {}})), as_sparse, 90'000));
  EXPECT_EQ(plan_delivery(archive, policy, outbox, chat.entry, 99'000).failure().code, errc::forbidden);
  EXPECT_TRUE(conversation().empty());
}

TEST_F(outbox_test, waits_for_what_is_not_here_yet) {
  auto x = write("hello", 50'000);
  auto text = must(protocol::load(sparse, x.creation_time)).reference("data");
  for (const auto& name : sparse.names())
    if (name != text)
      must(archive.put(*sparse.read(name)));
  EXPECT_EQ(plan(x).failure().code, errc::not_found);
  must(archive.put(*sparse.read(*text)));
  EXPECT_EQ(must(plan(x)).outcome, outbox_outcome::post);
}

TEST_F(outbox_test, waits_for_the_files_of_a_message) {
  auto blob = sha256("a picture");
  auto attachments = must(store_attachments(sparse, {{blob, 1, "a.jpg", 9, "image/jpeg"}}));
  auto x = must(write_message(sparse, who, state, {id, "see", attachments, false, {}}, as_sparse, 50'000));
  sync();
  EXPECT_EQ(plan(x).failure().code, errc::not_found);
  must(archive.put_blob("a picture"));
  EXPECT_EQ(must(plan(x)).outcome, outbox_outcome::post);
  auto raw = must(write_message(sparse, who, state, {id, "see", {x.creation_time}, false, {}}, as_sparse, 50'001));
  sync();
  EXPECT_EQ(must(plan(raw)).outcome, outbox_outcome::refuse);
}

TEST_F(outbox_test, writes_nothing_where_nothing_can_be_said) {
  step nothing{sparse};
  draft what{"nowhere", "x", {}, false, {}};
  EXPECT_EQ(write_message(sparse, who, state, what, as_sparse, 1).failure().code, errc::not_found);
  auto known = must(read_conversation(must(protocol::load_current(sparse, conversation_id(id)))));
  known.imported = true;
  tell(known);
  step after{sparse};
  what.conversation = id;
  EXPECT_EQ(write_message(sparse, who, state, what, as_sparse, 1).failure().code, errc::conflict);
  after.expect_nothing();
  EXPECT_EQ(state.number, 0u);
}

TEST_F(outbox_test, pending_until_the_receipt_is_here) {
  auto a = write("a", 50'000);
  auto b = write("b", 50'001);
  auto pending = pending_messages(sparse, who, 10);
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].entry.message, a.creation_time);
  EXPECT_EQ(pending_messages(sparse, who, 1).size(), 1u);
  sync();
  auto made = deliver(a);
  must(sparse.put(*archive.read(made.receipt)));
  pending = pending_messages(sparse, who, 10);
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].entry.message, b.creation_time);
}

TEST_F(outbox_test, rotates_and_is_found_again) {
  state.number = 3;
  state.entries = outbox_rotation - 1;
  must(create_channel(sparse, {"lama.outbox.3", who.sparse}, 1));
  auto last = write("last", 50'000);
  auto next = write("first", 50'000);
  EXPECT_FALSE(last.new_channel);
  EXPECT_TRUE(next.new_channel);
  EXPECT_EQ(next.outbox_channel, channel_id({"lama.outbox.4", who.sparse}));
  EXPECT_EQ(next.timestamp, 50'001);
  auto found = find_outbox(sparse, who.sparse);
  EXPECT_EQ(found.number, 4u);
  EXPECT_EQ(found.entries, 1u);
  EXPECT_EQ(found.last_timestamp, 50'001);
  must(create_channel(sparse, {"lama.outbox.5", who.sparse}, 1));
  EXPECT_EQ(find_outbox(sparse, who.sparse).last_timestamp, 50'001); // of the one before
  EXPECT_EQ(find_outbox(sparse, bob).number, 0u);
  auto note = decode_outbox_state(encode(state));
  ASSERT_TRUE(note);
  EXPECT_EQ(note->number, 4u);
  EXPECT_EQ(note->last_timestamp, 50'001);
  for (auto bad : {"", "1", "1 2", "1 2 x", "a 2 3", "1 2 3 4"})
    EXPECT_FALSE(decode_outbox_state(bad)) << bad;
}

} // namespace
} // namespace lama::models
