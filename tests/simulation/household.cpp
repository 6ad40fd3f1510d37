#include "tests/simulation/household.hpp"

#include "actors/connection_manager/connection_manager.hpp"
#include "actors/outbox/interface.hpp"
#include "actors/pairing_manager/interface.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/lama_objects.hpp"
#include "protocol/models/leute.hpp"

#include <algorithm>

namespace lama::simulator {

household::household(world& all, const std::string& user_name, uint64_t seed)
    : user(user_name), archive(all, actors::side::archive, files, seed * 2 + 1), sparse(all, actors::side::sparse, files, seed * 2 + 2) {
  // The archive first: it writes bridge.json, without which the sparse side does not start.
}

result<actors::user_state> household::sign_up() {
  return sparse.ask<actors::user_state>(sparse.members().find<actors::supervisor_actor>("supervisor"), actors::register_user{user, password, {}});
}

result<actors::user_state> household::log_in() {
  return sparse.ask<actors::user_state>(sparse.members().find<actors::supervisor_actor>("supervisor"), actors::login_user{user, password});
}

result<std::string> household::invite() {
  LAMA_TRY(created, archive.ask<actors::invitation_created>(archive.members().find<actors::pairing_manager_actor>("pairing-manager/" + user),
                                                            actors::create_invitation{}));
  return created.json;
}

result<hash> household::accept(const std::string& invitation) {
  LAMA_TRY(paired, archive.ask<actors::paired_with>(archive.members().find<actors::connection_manager_actor>("connection-manager"),
                                                    actors::pair_with{user, invitation}));
  return paired.person;
}

result<hash> household::send(const std::string& conversation, const std::string& text) {
  LAMA_TRY(sent, sparse.ask<actors::message_sent>(sparse.members().find<actors::outbox_actor>("outbox/" + user),
                                                  actors::send_message{conversation, text, {}, false}));
  return sent.creation_time;
}

std::vector<household::line> household::lines(side& where, const std::string& conversation) {
  std::vector<line> found;
  auto context = where.is_up() ? where.user(user) : nullptr;
  if (!context)
    return found;
  auto view = context->store->read();
  models::page_request all;
  all.limit = 100'000;
  auto page = models::read_page(*view, models::newest_of(*view, models::channels_named(*view, conversation)), all,
                                models::keys_known_to(*view, context->me.person));
  if (!page)
    return found;
  for (const auto& entry : page->entries) {
    line x;
    x.time = entry.timestamp;
    if (entry.author) {
      x.author = entry.author->person;
      x.verified = entry.author->verified;
    }
    if (auto payload = protocol::load(*view, entry.payload))
      if (auto message = models::read_chat_message(*payload)) {
        x.text = message->text;
        x.sender = message->sender;
      }
    found.push_back(std::move(x));
  }
  std::ranges::reverse(found);
  return found;
}

std::vector<std::string> household::conversations(side& where) {
  std::vector<std::string> ids;
  auto context = where.is_up() ? where.user(user) : nullptr;
  if (!context)
    return ids;
  auto view = context->store->read();
  for (const auto& id : view->objects_of_type("LamaConversation", 1000).names)
    if (auto current = protocol::load_current(*view, id))
      if (auto read = models::read_conversation(*current))
        ids.push_back(read->id);
  return ids;
}

} // namespace lama::simulator
