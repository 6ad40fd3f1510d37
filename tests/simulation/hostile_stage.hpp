#pragma once

#include "protocol/models/chat.hpp"
#include "tests/simulation/checkers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <vector>

/// What a contact can try, and what must not come of it.
namespace lama::simulator {

/// Anna, whom it is against, Bert, whom she knows, and Mallory, whom she met.
struct stage {
  town all{31};
  household mallory{all.all, "mallory", 77};
  hash liar{}; ///< Mallory's public person

  /// Fails the test where it cannot.
  void set() {
    auto founded = all.found();
    ASSERT_TRUE(founded) << founded.failure().message;
    auto state = mallory.sign_up();
    ASSERT_TRUE(state);
    liar = state->public_person;
    auto invitation = all.anna().invite();
    ASSERT_TRUE(invitation);
    ASSERT_TRUE(mallory.accept(*invitation));
    all.expected.conversations[models::one_to_one_id(all.persons[0], liar)] = {{0}};
    all.all.run_for(std::chrono::seconds{10});
  }

  /// Mallory's archive writes whatever it likes into its own store.
  void forge(std::function<result<done>(storage::transaction&)> change) {
    auto writer = mallory.archive.members().find<actors::object_store_actor>("object-store/mallory");
    auto written = mallory.archive.ask<actors::transacted>(writer, actors::transact{"forge", std::move(change)});
    ASSERT_TRUE(written) << written.failure().message;
  }
};

/// What must not change at Anna's.
struct belongings {
  std::vector<hash> contacts;
  std::vector<std::string> endpoints;
  std::vector<std::pair<std::string, hash>> topics;
  std::optional<hash> leute;
  std::optional<hash> me;
  std::vector<hash> granted; ///< to Mallory
  std::vector<std::string> conversations;

  friend bool operator==(const belongings&, const belongings&) = default;
};

belongings belongings_of(household& anna, const hash& liar);

struct forgery {
  const char* name;
  std::function<result<done>(storage::transaction&, stage&)> write;
};

void PrintTo(const forgery& x, std::ostream* to);

extern const std::vector<forgery> forgeries;

} // namespace lama::simulator
