#include "protocol/jsonrpc/jsonrpc.hpp"

#include <gtest/gtest.h>

namespace lama::protocol::jsonrpc {
namespace {

json take(exchange& x) {
  EXPECT_TRUE(x.complete());
  auto text = x.take();
  return text ? json::parse(*text) : json(nullptr);
}

TEST(jsonrpc, a_call_is_read_and_answered) {
  exchange x{R"({"jsonrpc":"2.0","id":"a","method":"query:getState","params":{"k":[1,2]}})"};
  ASSERT_EQ(x.calls().size(), 1u);
  EXPECT_EQ(x.calls()[0].method, "query:getState");
  EXPECT_EQ(x.calls()[0].params, json::parse(R"({"k":[1,2]})"));
  EXPECT_FALSE(x.complete());
  x.answer(0, {{"done", true}});
  EXPECT_EQ(take(x), json::parse(R"({"jsonrpc":"2.0","id":"a","result":{"done":true}})"));
}

TEST(jsonrpc, a_call_without_params_has_empty_ones) {
  exchange x{R"({"jsonrpc":"2.0","id":1,"method":"m"})"};
  ASSERT_EQ(x.calls().size(), 1u);
  EXPECT_EQ(x.calls()[0].params, json::object());
}

TEST(jsonrpc, a_notification_is_not_answered) {
  exchange x{R"({"jsonrpc":"2.0","method":"m"})"};
  ASSERT_EQ(x.calls().size(), 1u);
  EXPECT_TRUE(x.calls()[0].notification);
  x.answer(0, 1);
  x.refuse(0, code::internal, "no");
  EXPECT_EQ(take(x), json(nullptr));
}

TEST(jsonrpc, a_null_id_is_answered) {
  exchange x{R"({"jsonrpc":"2.0","id":null,"method":"m"})"};
  x.answer(0, 5);
  EXPECT_EQ(take(x), json::parse(R"({"jsonrpc":"2.0","id":null,"result":5})"));
}

TEST(jsonrpc, a_batch_is_answered_as_one_in_its_order_whatever_the_order_of_answers) {
  exchange x{R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},7,{"jsonrpc":"2.0","id":2,"method":"c"}])"};
  ASSERT_EQ(x.calls().size(), 3u);
  x.answer(2, "c");
  EXPECT_FALSE(x.complete());
  x.answer(0, "a");
  auto answer = take(x);
  ASSERT_EQ(answer.size(), 3u);
  EXPECT_EQ(answer[0]["result"], "a");
  EXPECT_EQ(answer[1]["error"]["code"], -32600);
  EXPECT_EQ(answer[1]["id"], nullptr);
  EXPECT_EQ(answer[2]["result"], "c");
}

TEST(jsonrpc, a_batch_of_one_is_answered_by_a_batch) {
  exchange x{R"([{"jsonrpc":"2.0","id":1,"method":"a"}])"};
  x.answer(0, 1);
  EXPECT_TRUE(take(x).is_array());
}

TEST(jsonrpc, a_second_answer_does_nothing) {
  exchange x{R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"a"}])"};
  x.answer(0, 1);
  x.answer(0, 2);
  x.answer(9, 2);
  EXPECT_FALSE(x.complete());
  x.refuse(1, code::timeout, "late");
  EXPECT_EQ(take(x)[0]["result"], 1);
  x.answer(1, 3); // after the text was taken
  EXPECT_FALSE(x.take());
}

void expect_refused(std::string_view text, int number) {
  exchange x{text};
  EXPECT_TRUE(x.calls().empty()) << text;
  auto answer = take(x);
  ASSERT_TRUE(answer.is_object()) << text;
  EXPECT_EQ(answer["error"]["code"], number) << text;
}

TEST(jsonrpc, what_is_no_call_is_refused) {
  expect_refused("", -32700);
  expect_refused("{", -32700);
  expect_refused("\xff\xfe", -32700);
  expect_refused(R"({"jsonrpc":"2.0","id":1,"method":"\ud800"})", -32700);
  expect_refused("[]", -32600);
  expect_refused("7", -32600);
  expect_refused(R"({"id":1,"method":"m"})", -32600);
  expect_refused(R"({"jsonrpc":"1.0","id":1,"method":"m"})", -32600);
  expect_refused(R"({"jsonrpc":"2.0","id":1,"method":5})", -32600);
  expect_refused(R"({"jsonrpc":"2.0","id":1,"method":"m","params":5})", -32600);
  expect_refused(R"({"jsonrpc":"2.0","id":{},"method":"m"})", -32600);
  expect_refused(R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", -32600);
  expect_refused(R"({"jsonrpc":"2.0","id":")" + std::string(300, 'x') + R"(","method":"m"})", -32600);
}

TEST(jsonrpc, the_id_of_a_refused_call_is_told) {
  exchange x{R"({"jsonrpc":"2.0","id":"mine","method":5})"};
  EXPECT_EQ(take(x)["id"], "mine");
}

TEST(jsonrpc, batches_depth_and_items_are_limited) {
  auto batch = [](std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i)
      text += (i ? "," : "") + std::string{R"({"jsonrpc":"2.0","id":1,"method":"m"})"};
    return text + "]";
  };
  EXPECT_EQ(exchange{batch(limits::rpc_batch_calls)}.calls().size(), limits::rpc_batch_calls);
  expect_refused(batch(limits::rpc_batch_calls + 1), -32600);

  auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_bounded(nested(96)));
  EXPECT_FALSE(parse_bounded(nested(97)));
  EXPECT_FALSE(parse_bounded(std::string(1u << 20, '[')));
  EXPECT_FALSE(parse_bounded(std::string(1u << 20, '{')));
  EXPECT_TRUE(parse_bounded(R"(["[[[[[[\"[[[[[[[[["])", 1));
  EXPECT_TRUE(parse_bounded("[1,2,3]", 8, 3));
  EXPECT_FALSE(parse_bounded("[1,2,3,4]", 8, 3));
}

TEST(jsonrpc, errors_have_the_numbers_of_the_contract) {
  auto number = [](errc e, std::string detail = {}) { return static_cast<int>(code_for(fail(e, "x", std::move(detail)))); };
  EXPECT_EQ(number(errc::bad_input), -32602);
  EXPECT_EQ(number(errc::locked), -32001);
  EXPECT_EQ(number(errc::forbidden), -32002);
  EXPECT_EQ(number(errc::not_found), -32003);
  EXPECT_EQ(number(errc::conflict), -32004);
  EXPECT_EQ(number(errc::overloaded, "rate-limited"), -32005);
  EXPECT_EQ(number(errc::overloaded), -32006);
  EXPECT_EQ(number(errc::offline), -32007);
  EXPECT_EQ(number(errc::corrupt), -32008);
  EXPECT_EQ(number(errc::unsupported, "no-ai-model"), -32009);
  EXPECT_EQ(number(errc::timeout), -32010);
  EXPECT_EQ(number(errc::internal), -32099);
  EXPECT_EQ(errc_for(-32007), errc::offline);
  EXPECT_EQ(errc_for(-1), errc::internal);
}

TEST(jsonrpc, what_failed_inside_is_not_told) {
  exchange x{R"({"jsonrpc":"2.0","id":1,"method":"m"})"};
  x.refuse(0, fail(errc::io_failure, "cannot open a secret place"), "L-42");
  auto answer = take(x);
  EXPECT_EQ(answer["error"]["code"], -32099);
  EXPECT_EQ(answer["error"]["data"]["logId"], "L-42");
  EXPECT_EQ(answer.dump().find("secret"), std::string::npos);
}

TEST(jsonrpc, strings_that_are_not_utf8_do_not_break_the_answer) {
  exchange x{R"({"jsonrpc":"2.0","id":1,"method":"m"})"};
  x.answer(0, std::string{"a\xff"});
  EXPECT_EQ(take(x)["result"], "a\xef\xbf\xbd");
}

TEST(jsonrpc, a_client_reads_answers_errors_and_notifications) {
  auto read = parse_incoming(write_notification("update:progress", {{"n", 1}}));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].method, "update:progress");
  EXPECT_EQ((*read)[0].value["n"], 1);

  read = parse_incoming(write_response(4, "x"));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].id, 4);
  EXPECT_EQ((*read)[0].value, "x");
  EXPECT_FALSE((*read)[0].failure);

  read = parse_incoming("[" + write_error(5, code::not_found, "gone", {{"detail", "d"}}) + "," + write_response(6, nullptr) + "]");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].failure, fail(errc::not_found, "gone", "d"));
  EXPECT_EQ((*read)[0].error_number, -32003);
  EXPECT_EQ((*read)[1].id, 6);

  for (const auto* text : {"", "5", "{}", R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","id":1,"error":{}})", R"({"jsonrpc":"2.0","method":7})"})
    EXPECT_FALSE(parse_incoming(text)) << text;
}

TEST(jsonrpc, a_request_is_written_as_it_is_read) {
  exchange x{write_request(9, "m\"", {{"a", 1}})};
  ASSERT_EQ(x.calls().size(), 1u);
  EXPECT_EQ(x.calls()[0].id, 9);
  EXPECT_EQ(x.calls()[0].method, "m\"");
  EXPECT_EQ(x.calls()[0].params["a"], 1);
}

} // namespace
} // namespace lama::protocol::jsonrpc
