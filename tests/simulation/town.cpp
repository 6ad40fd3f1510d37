#include "tests/simulation/town.hpp"

#include "protocol/models/chat.hpp"

#include <algorithm>

namespace lama::simulator {

using namespace std::chrono_literals;

std::size_t oracle::acknowledged() const {
  return static_cast<std::size_t>(std::ranges::count_if(messages, [](const auto& x) { return x.second.acknowledged; }));
}

town::town(uint64_t seed) : all(seed) {
  homes[0] = std::make_unique<household>(all, "anna", seed * 2 + 1);
  homes[1] = std::make_unique<household>(all, "bert", seed * 2 + 2);
  all.run_for(1s);
}

std::vector<side*> town::sides() {
  return {&anna().archive, &anna().sparse, &bert().archive, &bert().sparse};
}

result<done> town::found() {
  for (std::size_t i = 0; i < homes.size(); ++i) {
    LAMA_TRY(state, homes[i]->sign_up());
    persons[i] = state.public_person;
  }
  LAMA_TRY(invitation, anna().invite());
  LAMA_CHECK(bert().accept(invitation));
  direct = models::one_to_one_id(persons[0], persons[1]);
  expected.conversations[direct] = {{0, 1}};
  for (int i = 0; i < 60; ++i) {
    all.run_for(1s);
    if (anna().conversations(anna().sparse).size() == 1 && bert().conversations(bert().sparse).size() == 1)
      return done{};
  }
  return fail(errc::timeout, "the conversation of the two did not come to their sparse instances");
}

result<hash> town::send(std::size_t home, const std::string& text) {
  auto& entry = expected.messages[text];
  entry = {direct, home, {0, 1}, false, {}, false};
  auto sent = homes[home]->send(direct, text);
  entry.acknowledged = static_cast<bool>(sent);
  return sent;
}

} // namespace lama::simulator
