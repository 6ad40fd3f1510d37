#include "protocol/versions/history.hpp"
#include "tests/unit/storage/damaged_store.hpp"

namespace lama::storage::testing {
namespace {

/// Heads that are lost, in a repair (storage/mend_heads.hpp).
class mend_heads_test : public damaged_store_test {
protected:
  static std::string bob(int i) {
    return person_text("bob@example.com", "Bob " + std::to_string(i));
  }
  static std::string leute(int groups) {
    std::string list;
    for (int i = 0; i < groups; ++i)
      list += "<li><a data-type=\"id\">" + sha256(std::to_string(i)).hex() + "</a></li>";
    return "<div itemscope itemtype=\"//refin.io/Leute\"><span itemprop=\"appId\">one.leute</span><a itemprop=\"me\" data-type=\"id\">" +
           person_id("alice@example.com").hex() + "</a><ul itemprop=\"other\"></ul><ul itemprop=\"group\">" + list + "</ul></div>";
  }
  hash store_versions(const std::vector<std::string>& texts) {
    hash id{};
    EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        LAMA_TRY(stored, protocol::store_version(to, texts[i], 3000 + 1000 * static_cast<int64_t>(i)));
        id = stored.id;
      }
      return done{};
    }));
    return id;
  }
  hash head_of(const hash& id) {
    return it_->read()->head(id).value_or(hash{});
  }
  void flip(const hash& name) {
    change_value(keys::object(name), [](std::string& value) { value[value.size() / 2] ^= 1; });
  }
  repair_report repair() {
    auto outcome = it_.repair();
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.failure().message);
    EXPECT_TRUE(it_.open());
    return outcome ? *std::move(outcome) : repair_report{};
  }
  static bool tells(const repair_report& report, std::string_view words) {
    return std::ranges::any_of(report.told, [&](const auto& x) { return x.find(words) != std::string::npos; });
  }
  std::vector<hash> versions(const hash& id) {
    std::vector<hash> data;
    auto listed = protocol::list_versions(*it_->read(), id, 100);
    for (const auto& x : listed ? listed->versions : std::vector<protocol::listed_version>{})
      data.push_back(x.content.data);
    return data;
  }
};

TEST_F(mend_heads_test, a_lost_node_is_made_anew_over_its_version) {
  auto id = store_versions({bob(0), bob(1), bob(2)});
  auto lost = head_of(id);
  flip(lost);
  auto report = repair();
  EXPECT_TRUE(tells(report, "was made anew"));
  EXPECT_EQ(report.after.lost, 1u) << "the former node";
  EXPECT_EQ(report.after.problem_count, 1u);
  EXPECT_NE(it_->read()->head(id), lost);
  EXPECT_EQ(versions(id), (std::vector{sha256(bob(2)), sha256(bob(1)), sha256(bob(0))}));
  EXPECT_EQ(store_versions({bob(3)}), id);
  EXPECT_EQ(versions(id).front(), sha256(bob(3)));
}

TEST_F(mend_heads_test, the_only_node_of_an_id_is_made_anew) {
  auto id = store_versions({bob(0)});
  flip(head_of(id));
  EXPECT_TRUE(tells(repair(), "was made anew"));
  EXPECT_EQ(versions(id), std::vector{sha256(bob(0))});
}

TEST_F(mend_heads_test, where_its_version_is_lost_too_or_not_known_the_one_before_is_current_again) {
  auto id = store_versions({bob(0), bob(1), bob(2)});
  flip(head_of(id));
  flip(sha256(bob(2)));
  EXPECT_TRUE(tells(repair(), "the one before it"));
  EXPECT_EQ(protocol::current_data(*it_->read(), id), sha256(bob(1)));
}

TEST_F(mend_heads_test, of_two_versions_that_stand_in_no_node_none_is_guessed) {
  auto id = store_versions({bob(0), bob(1), bob(2)});
  put_all(*it_, {bob(7)});
  flip(head_of(id));
  EXPECT_TRUE(tells(repair(), "the one before it"));
  EXPECT_EQ(protocol::current_data(*it_->read(), id), sha256(bob(1)));
}

TEST_F(mend_heads_test, data_is_waited_for_where_others_are_given_it) {
  auto shared = store_versions({bob(0), bob(1)});
  auto own = store_versions({leute(0), leute(1)});
  flip(sha256(bob(1)));
  flip(sha256(leute(1)));
  auto report = repair();
  EXPECT_EQ(protocol::current_data(*it_->read(), shared), sha256(bob(1))) << "it may come back";
  EXPECT_EQ(protocol::current_data(*it_->read(), own), sha256(leute(0)));
  EXPECT_TRUE(change_store(*it_, [&](transaction& to) -> result<done> {
    LAMA_CHECK(to.put(bob(1)));
    return done{};
  }));
  EXPECT_EQ(it_->verify().lost, 1u);
}

} // namespace
} // namespace lama::storage::testing
