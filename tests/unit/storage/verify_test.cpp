#include "storage/keys.hpp"
#include "storage/record.hpp"
#include "tests/unit/storage/damaged_store.hpp"

#include <algorithm>

namespace lama::storage::testing {
namespace {

using verify_test = damaged_store_test;

TEST_F(verify_test, counts_what_it_saw) {
  uint64_t told = 0;
  auto report = it_->verify([&](uint64_t count) { told = count; });
  EXPECT_EQ(report.objects, 7u);
  EXPECT_EQ(report.id_objects, 1u);
  EXPECT_EQ(report.blobs, 2u);
  EXPECT_EQ(report.heads, 1u);
  EXPECT_EQ(report.references, 6u); // sender; issuer and data; the blob; one for each node
  EXPECT_EQ(report.bytes, it_->stored_bytes());
  EXPECT_EQ(report.problem_count, 0u);
}

TEST_F(verify_test, finds_a_flipped_byte_in_an_object) {
  change_value(keys::object(sha256(chat_)), [](std::string& x) { x[x.size() / 2] ^= 1; });
  expect_problem("bytes are damaged");
}

TEST_F(verify_test, finds_a_flipped_byte_in_a_large_blob) {
  // The storage id of the only one.
  change_value(keys::chunk(1, 2), [](std::string& x) { x[1000] ^= 1; });
  expect_problem("bytes are damaged");
}

TEST_F(verify_test, finds_a_missing_piece_and_a_superfluous_one) {
  remove(keys::chunk(1, 1));
  expect_problem("bytes are damaged");
  write(keys::chunk(77, 0), "x");
  expect_problem("belongs to nothing");
}

TEST_F(verify_test, finds_a_missing_reference) {
  remove(keys::object(sha256(chat_)));
  expect_problem("refers to " + sha256(chat_).hex() + ", which is missing");
}

TEST_F(verify_test, finds_a_missing_id_object) {
  remove(keys::object(id_));
  expect_problem("its id object");
}

TEST_F(verify_test, a_missing_blob_is_a_problem_unless_it_is_noted) {
  auto lacking = descriptor_text(sha256("never came"));
  put_all(*it_, {lacking});
  expect_problem("refers to " + sha256("never came").hex());
  ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    to.set_note("missing-blob/" + sha256("never came").hex(), "1");
    return done{};
  }));
  expect_clean(*it_);
}

TEST_F(verify_test, finds_a_dangling_head) {
  remove(keys::object(sha256(next_node_)));
  expect_problem("is missing or no version node");
}

TEST_F(verify_test, finds_a_head_of_another_id) {
  put_all(*it_, {person_text("bob@example.com")});
  write(keys::head(person_id("bob@example.com")), sha256(node_).raw());
  expect_problem("missing or of another id");
}

TEST_F(verify_test, finds_history_without_its_node) {
  write(keys::history(id_, sha256("nothing")), "");
  expect_problem("is missing or no version node");
  write(keys::history(sha256("nobody"), sha256(node_)), "");
  expect_problem("its id has no head");
}

TEST_F(verify_test, finds_a_missing_type_index) {
  auto type = number_of("ChatMessage");
  remove(keys::names_of_type(type, 4)); // after an id object and two versions
  expect_problem("names 0 of 1 objects");
}

TEST_F(verify_test, finds_a_dangling_name_in_the_type_index) {
  write(keys::names_of_type(number_of("ChatMessage"), 100), sha256("nothing").raw());
  expect_problem("does not stand there");
}

TEST_F(verify_test, finds_a_missing_entry_of_a_reverse_map) {
  auto signature = number_of("Signature");
  for (uint64_t sequence = 1; sequence < 10; ++sequence)
    damage([&](leveldb::DB& db) { db.Delete({}, std::string{std::string_view{keys::referrer(sha256(chat_), signature, sequence)}}); });
  EXPECT_TRUE(it_->read()->referrers(sha256(chat_), "Signature").empty());
  expect_problem("an entry in the reverse maps is missing");
}

TEST_F(verify_test, finds_a_dangling_entry_of_a_reverse_map) {
  write(keys::referrer(id_, number_of("Signature"), 100), sha256(chat_).raw());
  expect_problem("which does not refer to it");
  write(keys::referring_id(id_, number_of("Signature"), 100), sha256("nothing").raw());
  expect_problem("names " + sha256("nothing").hex());
}

TEST_F(verify_test, finds_a_gap_in_the_change_log) {
  remove(keys::log(1));
  expect_problem("The change log is broken at line 1.");
}

TEST_F(verify_test, finds_an_end_missing_from_the_change_log) {
  put_all(*it_, {license_text("last")});
  remove(keys::log(it_->last_sequence()));
  expect_problem("not where the counts say");
}

TEST_F(verify_test, finds_wrong_counts) {
  change_value(keys::totals, [](std::string& x) {
    auto counts = *decode_totals(x);
    ++counts.objects;
    x = encode(counts);
  });
  expect_problem("The counts do not fit");
}

TEST_F(verify_test, finds_an_object_that_no_line_and_no_index_tells_of) {
  write(keys::object(sha256(license_text("smuggled"))), encode(record_head{record_kind::object, 1, 3, 3, {}}, license_text("smuggled")));
  expect_problem("says another type");
  expect_problem("The change log tells of");
}

TEST_F(verify_test, no_bit_of_a_table_flips_unnoticed) {
  it_.close();
  ASSERT_TRUE(it_.open()); // what stood in the log now stands in a table
  it_.close();
  auto names = it_.disk.names();
  auto table = std::ranges::find_if(names, [](const std::string& x) { return x.ends_with(".ldb"); });
  ASSERT_NE(table, names.end());
  std::string whole;
  auto read_all = [&] {
    std::string all;
    for (const auto& x : it_->read()->changes(0, 100))
      all += it_->read()->read(x.kind == change_kind::id_object ? x.id : x.name).value_or("missing");
    return all;
  };
  ASSERT_TRUE(it_.open());
  whole = read_all();
  it_.close();
  int noticed = 0;
  for (uint64_t bit = 0; bit < 200'000ull * 8; bit += 16 * 8 + 1) {
    ASSERT_TRUE(it_.disk.flip_bit(*table, bit));
    // Some bits bear no meaning (filters); then all must be as it was.
    if (!it_.open() || it_->verify().problem_count > 0)
      ++noticed;
    else
      EXPECT_EQ(read_all(), whole) << bit;
    it_.close();
    ASSERT_TRUE(it_.disk.flip_bit(*table, bit));
  }
  EXPECT_GT(noticed, 100);
}

} // namespace
} // namespace lama::storage::testing
