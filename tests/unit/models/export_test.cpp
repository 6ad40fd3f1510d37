#include "protocol/export/export.hpp"

#include "protocol/models/import.hpp"

#include <gtest/gtest.h>

namespace lama::protocol::exporting {
namespace {

exported_message a_message() {
  return {"2024-05-01T12:30:00.123Z",
          "Bob \"the\" <b>",
          std::string(64, 'a'),
          std::string(64, 'b'),
          "WhatsApp",
          "Hello\n<script>alert(1)</script> & \u00e9",
          true,
          {{"files/0123456789abcdef-a b.jpg", "a b.jpg", "image/jpeg", std::string(64, 'c')}, {"", "gone.pdf", "application/pdf", std::string(64, 'd')}}};
}

TEST(export_test, a_line_is_read_back) {
  auto read = read_line(line_of(a_message()));
  ASSERT_TRUE(read);
  EXPECT_EQ(line_of(*read), line_of(a_message()));
  EXPECT_EQ(read->files.size(), 2u);
  EXPECT_TRUE(read->me);
}

TEST(export_test, an_import_takes_a_line) {
  auto line = line_of(a_message());
  line.pop_back();
  auto read = models::parse_import_line(line, 1);
  ASSERT_TRUE(read && *read) << (read ? "" : read.failure().message);
  EXPECT_EQ((*read)->text, a_message().text);
  EXPECT_EQ((*read)->author, a_message().author);
  EXPECT_EQ((*read)->time, *models::parse_time(a_message().time));
  ASSERT_EQ((*read)->attachments.size(), 1u) << "what was not here is no file to be read";
  EXPECT_EQ((*read)->attachments[0].file, "files/0123456789abcdef-a b.jpg");
}

TEST(export_test, what_is_no_line_is_refused) {
  for (const char* text : {"", "x", "[]", "{}", R"({"author":"Bob"})"})
    EXPECT_FALSE(read_line(text)) << text;
}

TEST(export_test, nothing_on_the_page_runs) {
  std::string day;
  auto page = page_begin("<i>title</i>", "sub") + page_message(a_message(), day) + page_end();
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<i>"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(page.find(R"(itemtype="//refin.io/ChatMessage")"), std::string::npos);
  EXPECT_NE(page.find(R"(src="files/0123456789abcdef-a%20b.jpg")"), std::string::npos);
  EXPECT_NE(page.find("gone.pdf (was not there"), std::string::npos);
  EXPECT_EQ(day, "2024-05-01");
  EXPECT_EQ(page_message(a_message(), day).find("<h2>"), std::string::npos) << "one line a day";
}

TEST(export_test, two_persons_of_one_name_stay_two) {
  author_names names;
  EXPECT_EQ(names.name_of("p1", "Bob"), "Bob");
  EXPECT_EQ(names.name_of("p2", "Bob"), "Bob (2)");
  EXPECT_EQ(names.name_of("p1", "Bob"), "Bob");
  EXPECT_EQ(names.people().at("Bob (2)"), "p2");
}

TEST(export_test, files_stay_in_their_folder) {
  EXPECT_EQ(file_path(std::string(64, '0'), "../../etc/passwd"), "files/0000000000000000-.._.._etc_passwd");
  EXPECT_EQ(file_path(std::string(64, '0'), ""), "files/0000000000000000-file");
  auto longest = file_path(std::string(64, '0'), std::string(500, 'x') + ".jpeg");
  EXPECT_LT(longest.size(), 120u);
  EXPECT_TRUE(longest.ends_with(".jpeg"));
  EXPECT_EQ(conversation_file(3, "Bob/Alice"), "003-Bob_Alice");
}

} // namespace
} // namespace lama::protocol::exporting
