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
    : user(user_name), archive(all, actors::side::archive, files, seed * 2 + 1), sparse(all, actors::side::sparse, files, seed * 2 + 2), all_(all) {
  // The archive first: it writes bridge.json, without which the sparse side does not start.
}

namespace {

actors::supervisor_actor supervisor_of(side& where) {
  return where.is_up() ? where.members().find<actors::supervisor_actor>("supervisor") : actors::supervisor_actor{};
}

template <class Handle>
Handle piece_of(side& where, const char* piece, const std::string& user) {
  return where.is_up() ? where.members().find<Handle>(std::string{piece} + '/' + user) : Handle{};
}

/// What a channel's entry says: a chat message, or the one in an imported line.
result<models::chat_message> message_in(const protocol::object_source& from, const hash& payload) {
  LAMA_TRY(content, protocol::load(from, payload));
  if (content.type != "LamaImportedMessage")
    return models::read_chat_message(content);
  LAMA_TRY(line, models::read_imported_message(content));
  LAMA_TRY(message, protocol::load(from, line.message));
  return models::read_chat_message(message);
}

/// The value of an answer that was waited for elsewhere.
template <class Answer>
result<Answer> await(world& all, side& where, const side::coming<Answer>& answer, duration limit = std::chrono::seconds{61}) {
  auto end = all.now() + limit;
  while (!*answer && all.now() < end && where.is_up())
    all.run_for(std::chrono::milliseconds{5});
  return *answer ? **answer : result<Answer>{fail(errc::timeout, "no answer in the world's time")};
}

} // namespace

side::coming<actors::user_state> household::sign_up_later() {
  return sparse.ask_later<actors::user_state>(supervisor_of(sparse), actors::register_user{user, password, {}});
}

side::coming<actors::user_state> household::log_in_later() {
  return sparse.ask_later<actors::user_state>(supervisor_of(sparse), actors::login_user{user, password});
}

side::coming<actors::paired_with> household::accept_later(const std::string& invitation) {
  auto manager = archive.is_up() ? archive.members().find<actors::connection_manager_actor>("connection-manager") : actors::connection_manager_actor{};
  return archive.ask_later<actors::paired_with>(manager, actors::pair_with{user, invitation});
}

side::coming<actors::message_sent> household::send_later(const std::string& conversation, const std::string& text, std::vector<hash> attachments) {
  return sparse.ask_later<actors::message_sent>(piece_of<actors::outbox_actor>(sparse, "outbox", user),
                                                actors::send_message{conversation, text, std::move(attachments), false});
}

side::coming<actors::message_posted> household::post_later(const std::string& conversation, const std::string& text) {
  return archive.ask_later<actors::message_posted>(piece_of<actors::conversations_actor>(archive, "conversations", user),
                                                   actors::post_message{conversation, text, {}});
}

side::coming<actors::lines_imported> household::import_later(const std::string& source, uint64_t first_line, std::vector<std::string> lines) {
  return archive.ask_later<actors::lines_imported>(piece_of<actors::conversations_actor>(archive, "conversations", user),
                                                   actors::import_lines{source, source, first_line, std::move(lines)});
}

side::coming<actors::conversation_created> household::create_later(const std::string& name, const std::vector<hash>& participants) {
  return archive.ask_later<actors::conversation_created>(piece_of<actors::conversations_actor>(archive, "conversations", user),
                                                         actors::create_conversation{name, participants});
}

result<actors::user_state> household::sign_up() {
  return await(all_, sparse, sign_up_later());
}

result<actors::user_state> household::log_in() {
  return await(all_, sparse, log_in_later());
}

result<std::string> household::invite() {
  LAMA_TRY(created,
           archive.ask<actors::invitation_created>(piece_of<actors::pairing_manager_actor>(archive, "pairing-manager", user), actors::create_invitation{}));
  return created.json;
}

result<hash> household::accept(const std::string& invitation) {
  LAMA_TRY(paired, await(all_, archive, accept_later(invitation)));
  return paired.person;
}

result<hash> household::send(const std::string& conversation, const std::string& text) {
  LAMA_TRY(sent, await(all_, sparse, send_later(conversation, text)));
  return sent.creation_time;
}

result<hash> household::attach(const std::string& name, const std::string& bytes) {
  auto writer = [this] { return piece_of<actors::object_store_actor>(sparse, "object-store", user); };
  LAMA_TRY(begun, sparse.ask<actors::blob_begun>(writer(), actors::begin_blob{}));
  LAMA_CHECK(sparse.ask<actors::ok>(writer(), actors::append_blob{begun.upload, bytes}));
  LAMA_TRY(stored, sparse.ask<actors::blob_stored>(writer(), actors::finish_blob{begun.upload, {}}));
  models::attachment file{stored.name, sparse.clock().now_ms(), name, bytes.size(), "application/octet-stream"};
  auto names = std::make_shared<std::vector<hash>>();
  actors::transact change{"store attachment", [file, names](storage::transaction& to) -> result<done> {
                            LAMA_TRY(found, models::store_attachments(to, {file}));
                            *names = found;
                            return done{};
                          }};
  LAMA_CHECK(sparse.ask<actors::transacted>(writer(), std::move(change)));
  return names->front();
}

std::vector<household::line> household::lines(side& where, const std::string& conversation) {
  std::vector<line> found;
  auto context = where.is_up() ? where.user(user) : nullptr;
  if (!context)
    return found;
  auto view = context->store->read();
  models::page_request all;
  all.limit = 100'000;
  auto page =
      models::read_page(*view, models::newest_of(*view, models::channels_named(*view, conversation)), all, models::keys_known_to(*view, context->me.person));
  if (!page)
    return found;
  for (const auto& entry : page->entries) {
    line x;
    x.time = entry.timestamp;
    if (entry.author) {
      x.author = entry.author->person;
      x.verified = entry.author->verified;
    }
    if (auto message = message_in(*view, entry.payload)) {
      x.text = message->text;
      x.sender = message->sender;
      x.attachments = message->attachments;
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
