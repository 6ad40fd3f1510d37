#include "protocol/models/import.hpp"

#include "protocol/limits.hpp"
#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

import_line line(const std::string& text, int64_t number = 1) {
  auto x = must(parse_import_line(text, number));
  if (!x)
    throw std::runtime_error{"an empty line"};
  return *x;
}

std::string refusal(const std::string& text) {
  auto x = parse_import_line(text, 12);
  return x ? "accepted" : x.failure().message;
}

TEST(import_line, reads_all_fields) {
  auto x = line(
      R"({"time":"2024-05-01T12:30:00Z","author":"Bob","text":"hi\n<b>","attachments":[{"file":"img/a.jpg","type":"image/jpeg"},{"file":"b","name":"B"}],"x":1})",
      3);
  EXPECT_EQ(x.number, 3);
  EXPECT_EQ(x.time, 1714566600000);
  EXPECT_EQ(x.author, "Bob");
  EXPECT_EQ(x.text, "hi\n<b>");
  ASSERT_EQ(x.attachments.size(), 2u);
  EXPECT_EQ(x.attachments[0].name, "a.jpg");
  EXPECT_EQ(x.attachments[0].type, "image/jpeg");
  EXPECT_EQ(x.attachments[1].name, "B");
  EXPECT_EQ(x.attachments[1].type, "application/octet-stream");
}

TEST(import_line, key_is_number_and_content) {
  std::string text = R"({"time":1,"author":"a","text":"x"})";
  EXPECT_EQ(line(text, 1).key, line(text, 1).key);
  EXPECT_NE(line(text, 1).key, line(text, 2).key);
  EXPECT_EQ(line(text, 1).key, line(text + "\r", 1).key);
  EXPECT_NE(line(text, 1).key, line(R"({"time":1,"author":"a","text":"y"})", 1).key);
}

TEST(import_line, empty_lines_are_skipped) {
  for (auto text : {"", "  ", "\r", "\t"})
    EXPECT_FALSE(must(parse_import_line(text, 1))) << text;
}

TEST(import_line, says_what_is_wrong) {
  EXPECT_NE(refusal("{\"time\":1").find("line 12"), std::string::npos);
  EXPECT_NE(refusal("[1]").find("JSON object"), std::string::npos);
  EXPECT_NE(refusal(R"({"author":"a","text":"x"})").find("\"time\""), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1.5,"author":"a","text":"x"})").find("\"time\""), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1,"text":"x"})").find("\"author\""), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1,"author":"","text":"x"})").find("\"author\""), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1,"author":"a","text":7})").find("\"text\""), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1,"author":"a"})").find("neither"), std::string::npos);
  EXPECT_NE(refusal("{\"time\":1,\"author\":\"a\",\"text\":\"\xff\"}").find("JSON"), std::string::npos);
  EXPECT_NE(refusal(R"({"time":1,"author":"a","text":")" + std::string(limits::chat_text_bytes + 1, 'x') + "\"}").find("\"text\""), std::string::npos);
  EXPECT_NE(refusal(std::string(limits::import_line_bytes + 1, 'x')).find("MiB"), std::string::npos);
  EXPECT_NE(refusal(std::string(100'000, '[')).find("deeper"), std::string::npos);
}

TEST(import_line, brackets_in_a_text_are_no_nesting) {
  EXPECT_EQ(line(R"({"time":1,"author":"a","text":"[[[[[[\"{{{{{{"})").text, "[[[[[[\"{{{{{{");
}

TEST(import_line, attachments_stay_below_the_folder) {
  auto with = [](const std::string& file) { return R"({"time":1,"author":"a","attachments":[{"file":")" + file + "\"}]}"; };
  for (auto good : {"a", "a/b.txt", "a..b", "..a/b", "a/..b"})
    EXPECT_EQ(refusal(with(good)), "accepted") << good;
  for (auto bad : {"", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "a\\\\b", "a\\u0000b"})
    EXPECT_NE(refusal(with(bad)), "accepted") << bad;
  EXPECT_NE(refusal(R"({"time":1,"author":"a","attachments":{}})"), "accepted");
  EXPECT_NE(refusal(R"({"time":1,"author":"a","attachments":["x"]})"), "accepted");
  std::string many = R"({"time":1,"author":"a","attachments":[)";
  for (std::size_t i = 0; i <= limits::chat_attachments; ++i)
    many += (i ? "," : "") + std::string{R"({"file":"x"})"};
  EXPECT_NE(refusal(many + "]}"), "accepted");
}

TEST(import_time, forms) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.123Z"), 1700000000123);
  EXPECT_EQ(parse_time("2023-11-14 22:13:20,5"), 1700000000500);
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.123456+01:00"), 1700000000123 - 3600'000);
  EXPECT_EQ(parse_time("2023-11-14T22:13:20-0130"), 1700000000000 + 5400'000);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59Z"), -1000);
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), 1709164800000);
  for (auto bad : {"", "2023", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20x", "2023-11-14T22:13:20+1",
                   "2023-11-14T22:13:20+01:00x", "2023-11-14", "x023-11-14T22:13:20Z", "2023-11-14T22:13:20+24:00"})
    EXPECT_FALSE(parse_time(bad)) << bad;
}

TEST(import_order, a_little_disorder_is_fine) {
  import_order order;
  constexpr int64_t day = 24 * 3600 * 1000;
  import_line x;
  x.time = 10 * day;
  EXPECT_TRUE(order.check(x));
  x.time = 9 * day;
  EXPECT_TRUE(order.check(x));
  x.time = 9 * day - 1; // counted from the newest, or a file that is newest first would creep through
  x.number = 7;
  auto refused = order.check(x);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.failure().message.find("line 7"), std::string::npos);
}

class import_test : public ::testing::Test {
protected:
  void SetUp() override {
    must(start_leute(alice.space, alice.own, {}, alice.as, 1));
    job = must(begin_import(alice.space, alice.own.person, "WhatsApp", {{"Me", alice.own.person}, {"Bob", bob}}, 2));
  }
  prepared_line item(int64_t number, int64_t time, const std::string& author, const std::string& text) {
    protocol::json x{{"time", time}, {"author", author}, {"text", text}};
    return {line(x.dump(), number), {}};
  }
  import_batch run(const std::vector<prepared_line>& lines) {
    auto out = must(import_lines(
        alice.space, job, lines, [&](const hash& key) { return seen.contains(key); }, alice.as, random, 1'000'000));
    seen.insert(out.keys.begin(), out.keys.end());
    return out;
  }
  std::vector<channel_entry> entries() {
    page_request request;
    request.limit = 1000;
    return must(read_page(alice.space, newest_of(alice.space, {job.channel}), request, keys_known_to(alice.space, alice.own.person))).entries;
  }
  alice_store alice;
  scripted_random random;
  hash bob = sha256("bob");
  import_job job;
  std::set<hash> seen;
};

TEST_F(import_test, becomes_a_conversation_signed_by_the_importer) {
  auto made = run({item(1, 5000, "Bob", "hi"), item(2, 6000, "Me", "hello")});
  EXPECT_EQ(made.added, 2u);
  EXPECT_EQ(made.last_time, 6000);
  auto list = entries();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(made.last, list[0].creation_time);
  auto origin = must(read_imported_message(must(protocol::load(alice.space, list[1].payload))));
  EXPECT_EQ(origin.source, "WhatsApp");
  EXPECT_EQ(origin.author, "Bob");
  EXPECT_EQ(origin.line, 1);
  EXPECT_EQ(must(read_chat_message(must(protocol::load(alice.space, origin.message)))).sender, bob);
  EXPECT_EQ(list[1].author->person, alice.own.person);
  EXPECT_TRUE(list[1].author->verified);
}

TEST_F(import_test, equal_lines_stay_two_and_a_second_run_adds_none) {
  std::vector<prepared_line> lines{item(1, 5000, "Bob", "ok"), item(2, 5000, "Bob", "ok"), item(3, 5000, "Bob", "ok")};
  EXPECT_EQ(run(lines).added, 3u);
  step nothing{alice.space};
  job = must(begin_import(alice.space, alice.own.person, "WhatsApp", {{"Bob", sha256("somebody else")}}, 9));
  auto again = run(lines);
  EXPECT_EQ(again.added, 0u);
  EXPECT_EQ(again.known, 3u);
  nothing.expect_nothing();
  lines.push_back(item(4, 7000, "Bob", "new"));
  EXPECT_EQ(run(lines).added, 1u);
  auto list = entries();
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0].timestamp, 7000);
  EXPECT_EQ(list[1].timestamp, 5002);
}

TEST_F(import_test, unknown_authors_become_contacts_without_keys) {
  auto made = run({item(1, 5000, "Zo\xc3\xab", "hi"), item(2, 5001, "Zo\xc3\xab", "again"), item(3, 5002, "Bob", "x")});
  ASSERT_EQ(made.people.size(), 1u);
  EXPECT_EQ(display_name(alice.space, alice.own.person, made.people[0]), "Zo\xc3\xab");
  EXPECT_EQ(contacts(alice.space).size(), 1u);
  EXPECT_TRUE(sign_keys_of(alice.space, alice.own.person, made.people[0]).empty());
  EXPECT_TRUE(run({item(4, 5003, "Zo\xc3\xab", "later")}).people.empty());
  EXPECT_NE(imported_author_email("a", "x"), imported_author_email("b", "x"));
}

TEST_F(import_test, order_is_that_of_the_file) {
  run({item(1, 5000, "Bob", "1"), item(2, 4000, "Bob", "2"), item(3, 5500, "Bob", "3")});
  auto list = entries();
  ASSERT_EQ(list.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(must(read_imported_message(must(protocol::load(alice.space, list[i].payload)))).line, static_cast<int64_t>(3 - i));
  EXPECT_EQ(list[1].timestamp, 5001);
}

TEST_F(import_test, attachments_are_described) {
  auto x = item(1, 5000, "Bob", "see");
  auto blob = must(alice.space.put_blob("picture")).name;
  x.attachments.push_back({blob, 5000, "a.jpg", 7, "image/jpeg"});
  run({x});
  auto origin = must(read_imported_message(must(protocol::load(alice.space, entries()[0].payload))));
  auto message = must(read_chat_message(must(protocol::load(alice.space, origin.message))));
  ASSERT_EQ(message.attachments.size(), 1u);
  EXPECT_EQ(read_attachment(alice.space, message.attachments[0]).blob, blob);
}

} // namespace
} // namespace lama::models
