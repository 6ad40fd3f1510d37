#include "gateway_rig.hpp"

#include "actors/ui_gateway/call_queue.hpp"
#include "actors/ui_gateway/streams.hpp"

#include <gtest/gtest.h>

/// Calls that wait for the archive, and answers that come in pieces.
namespace lama::actors {
namespace {

using testing::json;
using testing::memory_files;

struct queue_rig {
  queue_rig() {
    auto made = std::make_shared<node_environment>();
    made->settings.which = side::sparse;
    made->files = files;
    made->random = []() -> random_source& { return system_random(); };
    made->clock = &system_clock();
    made->log = [this](int, std::string_view, std::string_view text) { logged += text; };
    environment = std::move(made);
  }
  std::shared_ptr<memory_files> files = std::make_shared<memory_files>();
  environment_ptr environment;
  std::string logged;
};

TEST(call_queue, survives_the_node) {
  queue_rig rig;
  call_queue before{rig.environment, "anna"};
  auto first = before.add("action:createConversation", {{"name", "one"}});
  auto second = before.add("action:createConversation", {{"name", "two"}});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*before.add("action:createConversation", {{"name", "one"}}), *first) << "the same call waits once";
  call_queue after{rig.environment, "anna"};
  ASSERT_EQ(after.entries().size(), 2u);
  EXPECT_EQ(after.entries()[0].id, *first);
  EXPECT_EQ(after.entries()[1].params["name"], "two");
  EXPECT_TRUE(*after.remove(*first));
  EXPECT_FALSE(*after.remove(*first));
  EXPECT_EQ((call_queue{rig.environment, "anna"}.entries().size()), 1u);
  EXPECT_TRUE((call_queue{rig.environment, "bert"}.entries().empty()));
}

TEST(call_queue, is_bounded) {
  queue_rig rig;
  call_queue queue{rig.environment, "anna"};
  for (std::size_t i = 0; i < call_queue::most_calls; ++i)
    ASSERT_TRUE(queue.add("m", {{"i", i}}));
  EXPECT_EQ(queue.add("m", {{"i", -1}}).failure().code, errc::overloaded);
  call_queue other{rig.environment, "bert"};
  EXPECT_EQ(other.add("m", {{"text", std::string(call_queue::most_bytes, 'x')}}).failure().code, errc::overloaded);
  EXPECT_TRUE(other.entries().empty());
}

TEST(call_queue, a_damaged_file_is_told_and_forgotten) {
  queue_rig rig;
  rig.files->files["sparse/anna/queue.json"] = "[{\"id\":";
  EXPECT_TRUE((call_queue{rig.environment, "anna"}.entries().empty()));
  EXPECT_NE(rig.logged.find("queue.json"), std::string::npos);
  rig.files->files["sparse/anna/queue.json"] = R"([7, {"id":"a"}, {"id":"b","method":"m","params":{}}])";
  EXPECT_EQ((call_queue{rig.environment, "anna"}.entries().size()), 1u) << "what can be read is kept";
}

TEST(stream_table, ends_what_nobody_reads_and_shows_streams_to_their_user_alone) {
  stream_table table;
  stream_table::time_point now{};
  auto none = [](const chunk_taker& take) { take(std::optional<json>{}); };
  auto first = table.open("anna", none, now);
  ASSERT_TRUE(first);
  EXPECT_TRUE(table.find(*first, "anna"));
  EXPECT_FALSE(table.find(*first, "bert"));
  for (std::size_t i = 1; i < stream_table::most_streams; ++i)
    ASSERT_TRUE(table.open("anna", none, now));
  EXPECT_EQ(table.open("anna", none, now).failure().code, errc::overloaded);
  now += stream_table::idle + std::chrono::seconds{1};
  EXPECT_TRUE(table.open("anna", none, now));
  EXPECT_FALSE(table.find(*first, "anna"));
  EXPECT_EQ(table.size(), 1u);
}

} // namespace
} // namespace lama::actors
