// A message that the archive refuses is not lost from sight: it stays on the device until the user takes it away.
#include "actors/outbox/refusals.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/simulation/household.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace lama::simulator {
namespace {

TEST(refusal_test, a_refused_message_is_still_known_after_a_start_until_it_is_dismissed) {
  world all{11};
  household anna{all, "anna", 1};
  all.run_for(1s);
  ASSERT_TRUE(anna.sign_up());
  auto made = anna.create_later("notes", {});
  all.run_for(5s);
  ASSERT_TRUE(*made && **made);
  auto conversation = anna.conversations(anna.sparse).at(0);
  anna.archive.stop();
  all.run_for(1s);
  auto sent = anna.send(conversation, "too late");
  ASSERT_TRUE(sent) << sent.failure().message;
  {
    auto store = anna.archive.open_store("anna");
    ASSERT_TRUE(store) << store.failure().message;
    auto opened = (*store)->begin();
    ASSERT_TRUE(opened);
    auto read = models::read_conversation(*protocol::load_current(**opened, models::conversation_id(conversation)));
    ASSERT_TRUE(read);
    read->state = "closed";
    ASSERT_TRUE(protocol::store_version(**opened, models::text_of(*read), anna.archive.clock().now_ms()));
    ASSERT_TRUE((*store)->commit(std::move(*opened)));
  }
  anna.archive.restart();
  all.run_for(60s);
  auto known = [&] { return actors::refusals_in(*anna.sparse.user("anna")->store->read(), conversation); };
  ASSERT_EQ(known().size(), 1u);
  EXPECT_EQ(known()[0].message, *sent);
  EXPECT_FALSE(known()[0].reason.empty());
  anna.sparse.stop();
  anna.sparse.restart();
  all.run_for(1s);
  ASSERT_TRUE(anna.log_in());
  all.run_for(10s);
  ASSERT_EQ(known().size(), 1u);
  auto writer = anna.sparse.user("anna")->writer();
  auto dismissed = anna.sparse.ask<actors::transacted>(
      writer, actors::transact{"dismiss", [message = *sent](storage::transaction& to) { return actors::dismiss_refusal(to, message); }});
  EXPECT_TRUE(dismissed);
  EXPECT_TRUE(known().empty());
  anna.sparse.kill("outbox/anna"); // it looks at the receipts again
  all.run_for(10s);
  EXPECT_TRUE(known().empty());
}

} // namespace
} // namespace lama::simulator
