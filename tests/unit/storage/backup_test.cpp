#include "storage/backup.hpp"

#include "protocol/limits.hpp"
#include "storage/digest.hpp"
#include "storage/keys.hpp"
#include "storage/restore.hpp"
#include "storage/sync_adapter.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/storage/fixture.hpp"

namespace lama::storage::testing {
namespace {

namespace fs = std::filesystem;
using protocol::backup::reader;

protocol::backup::byte_source bytes_from(const std::string& file) {
  return [&file, at = std::size_t{0}](std::size_t most) mutable -> result<std::string> {
    auto piece = file.substr(std::min(at, file.size()), most);
    at += piece.size();
    return piece;
  };
}

struct made_backup {
  std::string file;
  backup_outcome outcome;
  backup_base as_base() const {
    return {outcome.header.id, outcome.header.store, outcome.header.sequence};
  }
};

class backup_test : public ::testing::Test {
protected:
  backup_test() {
    EXPECT_TRUE(it_.open());
    EXPECT_TRUE(change_store(*it_, [](transaction& to) -> result<done> {
      store_id(to, system_random());
      to.set_note("keychain/secret", "wrapped");
      return done{};
    }));
    fill("first", 200);
  }

  /// Objects, versions, reverse maps and blobs of all sizes.
  void fill(const std::string& label, int count) {
    ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_TRY(person, to.put(person_text("alice@example.com", label)));
      LAMA_TRY(node, to.put(node_text(person.name)));
      to.set_head(*person.id, node.name, {node.name});
      for (int i = 0; i < count; ++i) {
        LAMA_TRY(chat, to.put(chat_text(label + std::to_string(i))));
        LAMA_CHECK(to.put(signature_text(chat.name)));
      }
      for (std::size_t size : {std::size_t{10}, std::size_t{100'000}, std::size_t{300'001}}) {
        LAMA_TRY(blob, to.put_blob(noise(size, static_cast<uint32_t>(size + label.size()))));
        LAMA_CHECK(to.put(descriptor_text(blob.name)));
      }
      return done{};
    }));
  }

  made_backup back_up(backup_request request = {}) {
    request.user = "anna";
    request.side = request.side.empty() ? "archive" : request.side;
    request.created_ms = 1'700'000'000'000;
    made_backup made;
    auto written = write_backup(
        *it_, request,
        [&](std::string_view bytes) -> result<done> {
          made.file += bytes;
          return done{};
        },
        system_random());
    EXPECT_TRUE(written) << (written ? "" : written.failure().message);
    if (written)
      made.outcome = *written;
    return made;
  }

  result<restored> restore(const std::vector<std::string>& files, const fs::path& to, const std::string& passphrase = {}) {
    LAMA_TRY(work, restoration::begin(to));
    for (const auto& file : files) {
      LAMA_TRY(from, reader::open(bytes_from(file)));
      LAMA_CHECK(from.unseal([&](const auto& seal) { return protocol::backup::open_seal(seal, passphrase); }));
      LAMA_CHECK(work.apply(from));
    }
    LAMA_TRY(checked, work.check());
    if (checked.report.problem_count > 0)
      return fail(errc::corrupt, checked.report.problems.front());
    LAMA_CHECK(work.finish(system_random()));
    return std::move(checked);
  }

  hash digest_now() {
    return *digest_of(*it_->read());
  }

  disk_store it_;
  lama::testing::scratch_folder scratch_;
};

TEST_F(backup_test, a_whole_backup_restores_to_the_same_state) {
  auto made = back_up();
  auto folder = scratch_.path() / "archive" / "anna";
  auto outcome = restore({made.file}, folder);
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, digest_now());
  EXPECT_EQ(outcome->report.problem_count, 0u);
  auto opened = store::open(folder);
  ASSERT_TRUE(opened) << opened.failure().message;
  EXPECT_EQ((*opened)->last_sequence(), it_->last_sequence());
  EXPECT_EQ((*opened)->stored_bytes(), it_->stored_bytes());
  auto view = (*opened)->read();
  EXPECT_EQ(view->note("keychain/secret"), "wrapped");
  EXPECT_EQ(view->read(sha256(noise(300'001, 300'006))), noise(300'001, 300'006));
  // Sequence numbers that peers know mean other lines from now on.
  EXPECT_NE(view->note("sync/store"), it_->read()->note("sync/store"));
  put_all(**opened, {chat_text("and it goes on")});
  expect_clean(**opened);
  EXPECT_LT(made.file.size(), it_->stored_bytes());
}

TEST_F(backup_test, increments_bring_what_came_since) {
  std::vector<made_backup> chain{back_up()};
  for (const char* label : {"second", "third"}) {
    fill(label, 20);
    ASSERT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      to.set_note(label, label);
      to.remove_note(label == std::string{"third"} ? "second" : "keychain/secret");
      return done{};
    }));
    chain.push_back(back_up({.base = chain.back().as_base()}));
  }
  EXPECT_LT(chain[1].outcome.summary.entries, chain[0].outcome.summary.entries / 3);
  auto folder = scratch_.path() / "anna";
  auto outcome = restore({chain[0].file, chain[1].file, chain[2].file}, folder);
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, digest_now());
  auto opened = store::open(folder);
  ASSERT_TRUE(opened);
  EXPECT_FALSE((*opened)->read()->note("keychain/secret"));
  EXPECT_FALSE((*opened)->read()->note("second"));
  EXPECT_EQ((*opened)->read()->note("third"), "third");
  expect_clean(**opened);
}

TEST_F(backup_test, texts_without_a_recipe_are_restored_and_so_is_what_became_of_them) {
  auto keep = [&](const std::string& title) {
    auto text = "<div itemscope itemtype=\"//refin.io/Unheard\"><span itemprop=\"title\">" + title + "</span></div>";
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      LAMA_CHECK(to.keep_text(text, protocol::text_origin::own));
      return done{};
    }));
    return sha256(text);
  };
  auto small = keep("small");
  keep(std::string(200'000, 'x'));
  auto whole = back_up();
  auto folder = scratch_.path() / "whole" / "anna";
  auto outcome = restore({whole.file}, folder);
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, digest_now());
  EXPECT_EQ(outcome->report.kept_texts, 2u);
  EXPECT_EQ((*store::open(folder))->read()->kept_text(small, "Unheard"), protocol::text_origin::own);

  auto types = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  put_all(*it_, {(*types.add_line("Unheard: title: string"))->text});
  auto since = back_up({.base = whole.as_base()});
  auto later = scratch_.path() / "later" / "anna";
  outcome = restore({whole.file, since.file}, later);
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, digest_now());
  EXPECT_EQ(outcome->report.kept_texts, 0u);
  EXPECT_EQ((*store::open(later))->read()->objects_of_type("Unheard", 10).names.size(), 2u);
}

TEST_F(backup_test, increments_fit_their_base_alone) {
  auto whole = back_up();
  fill("second", 5);
  auto second = back_up({.base = whole.as_base()});
  fill("third", 5);
  auto third = back_up({.base = second.as_base()});
  EXPECT_EQ(restore({second.file}, scratch_.path() / "a").failure().code, errc::conflict);
  EXPECT_EQ(restore({whole.file, third.file}, scratch_.path() / "a").failure().code, errc::conflict);
  EXPECT_EQ(restore({whole.file, whole.file}, scratch_.path() / "a").failure().code, errc::conflict);
  EXPECT_TRUE(fs::is_empty(scratch_.path())) << "what was begun is removed";
  auto refused = [&](backup_request request) {
    auto written = write_backup(
        *it_, request, [](std::string_view) -> result<done> { return done{}; }, system_random());
    return written ? std::optional<errc>{} : std::optional{written.failure().code};
  };
  auto other = whole.as_base();
  other.store = "another";
  EXPECT_EQ(refused({.side = "archive", .base = other}), errc::conflict);
  EXPECT_EQ(refused({.side = "sparse", .base = whole.as_base()}), errc::conflict);
}

TEST_F(backup_test, nothing_is_overwritten) {
  auto made = back_up();
  fs::create_directories(scratch_.path() / "anna");
  EXPECT_EQ(restore({made.file}, scratch_.path() / "anna").failure().code, errc::conflict);
  EXPECT_TRUE(fs::is_empty(scratch_.path() / "anna"));
}

TEST_F(backup_test, a_passphrase_seals_all_but_the_description) {
  backup_request request;
  request.seal.emplace();
  request.seal->cost = {16, 8, 1};
  request.seal->salt = std::string(16, 's');
  auto key = protocol::backup::derive_seal(*request.seal, "open sesame");
  ASSERT_TRUE(key);
  request.key = *key;
  auto made = back_up(request);
  EXPECT_EQ(made.file.find("wrapped"), std::string::npos);
  auto wrong = restore({made.file}, scratch_.path() / "anna", "open simsim");
  EXPECT_EQ(wrong.failure().code, errc::wrong_secret);
  auto outcome = restore({made.file}, scratch_.path() / "anna", "open sesame");
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, digest_now());
  auto unopened = reader::open(bytes_from(made.file));
  ASSERT_TRUE(unopened);
  EXPECT_EQ(unopened->next().failure().code, errc::wrong_secret);
}

TEST_F(backup_test, it_is_of_one_moment) {
  auto before = digest_now();
  std::string file;
  bool written_meanwhile = false;
  auto written = write_backup(
      *it_, {.user = "anna", .side = "archive"},
      [&](std::string_view bytes) -> result<done> {
        file += bytes;
        if (!std::exchange(written_meanwhile, true))
          fill("meanwhile", 10);
        return done{};
      },
      system_random());
  ASSERT_TRUE(written) << written.failure().message;
  EXPECT_NE(digest_now(), before);
  auto outcome = restore({file}, scratch_.path() / "anna");
  ASSERT_TRUE(outcome) << outcome.failure().message;
  EXPECT_EQ(outcome->digest, before);
}

TEST_F(backup_test, unfinished_uploads_stay_behind) {
  auto upload = it_->begin_blob();
  ASSERT_TRUE(upload);
  ASSERT_TRUE(it_->append_blob(*upload, noise(3u << 20)));
  auto outcome = restore({back_up().file}, scratch_.path() / "anna");
  ASSERT_TRUE(outcome) << outcome.failure().message;
  it_->cancel_blob(*upload);
}

TEST_F(backup_test, every_torn_file_is_named_as_such) {
  auto file = back_up().file;
  for (std::size_t size = 1; size < file.size(); size += 1 + file.size() / 97) {
    auto torn = file.substr(0, size);
    auto from = reader::open(bytes_from(torn));
    auto failure = from ? std::optional<error>{} : std::optional{from.failure()};
    while (from && !failure) {
      auto next = from->next();
      if (!next)
        failure = next.failure();
      else if (!*next)
        break;
    }
    ASSERT_TRUE(failure) << size;
    EXPECT_EQ(failure->detail, protocol::backup::torn_file) << size << ": " << failure->message;
  }
}

TEST_F(backup_test, every_flipped_bit_is_found) {
  auto whole = back_up().file;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 199) {
    auto file = whole;
    file[at] = static_cast<char>(file[at] ^ 0x10);
    auto from = reader::open(bytes_from(file));
    auto found = !from;
    while (!found) {
      auto next = from->next();
      found = !next;
      if (next && !*next)
        break;
    }
    EXPECT_TRUE(found) << "byte " << at;
  }
  EXPECT_FALSE(restore({whole + 'x'}, scratch_.path() / "anna")) << "something follows the end";
}

/// Well sealed, and yet no store: a file made by somebody who knows the format.
TEST_F(backup_test, a_hostile_file_becomes_no_store) {
  auto hostile = [&](const std::vector<std::pair<std::string, std::string>>& entries, uint32_t schema = schema_version) {
    std::string file;
    protocol::backup::header x;
    x.id = std::string(32, 'a');
    x.user = "eve";
    x.side = "archive";
    x.schema = schema;
    auto to = protocol::backup::writer::begin(x, std::nullopt, [&](std::string_view bytes) -> result<done> {
      file += bytes;
      return done{};
    });
    for (const auto& [key, value] : entries)
      EXPECT_TRUE(to->add(key, value));
    EXPECT_TRUE(to->finish(hash{}));
    return restore({file}, scratch_.path() / "anna").failure().code;
  };
  const std::pair<std::string, std::string> schema{"mschema", std::to_string(schema_version)};
  EXPECT_EQ(hostile({{"zebra", "1"}}), errc::corrupt);
  EXPECT_EQ(hostile({{"mschema", "99"}}), errc::unsupported);
  EXPECT_EQ(hostile({schema}, 99), errc::unsupported);
  EXPECT_EQ(hostile({schema, {"o" + std::string(32, 'x'), "\x01nonsense"}}), errc::corrupt);
  EXPECT_EQ(hostile({schema}), errc::corrupt) << "the digest of nothing is not zero";
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(backup_test, a_sink_that_fails_ends_it) {
  auto written = write_backup(
      *it_, {.user = "anna", .side = "archive"}, [](std::string_view) -> result<done> { return fail(errc::no_space, "full"); }, system_random());
  EXPECT_EQ(written.failure().code, errc::no_space);
}

} // namespace
} // namespace lama::storage::testing
