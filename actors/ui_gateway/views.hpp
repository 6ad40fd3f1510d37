#pragma once

#include "actors/instance/user_context.hpp"
#include "protocol/models/channels.hpp"
#include "protocol/models/lama_objects.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Messages, conversations and contacts as pages and programs see them (docs/ipc.md, "Shapes").
namespace lama::actors {

/// 2024-05-01T12:30:00.000Z
std::string time_text(int64_t milliseconds);

/// Reads what is shown, over one view of the store. Names are looked up once.
class viewer {
public:
  viewer(const user_context& user, const storage::snapshot& from);

  std::string name_of(const hash& person);
  nlohmann::json contact(const models::lama_contact& x) const;
  nlohmann::json conversation(const models::lama_conversation& x);
  /// Nothing for entries that are no messages.
  std::optional<nlohmann::json> message(const std::string& conversation, const models::channel_entry& entry);
  /// One that waits in the outbox; `creation_time` names it from then on.
  std::optional<nlohmann::json> pending(const std::string& conversation, const hash& creation_time, int64_t time);

  /// One that the archive refused, and why.
  std::optional<nlohmann::json> refused(const std::string& conversation, const hash& creation_time, int64_t time, const std::string& reason);

  /// A message by its name, wherever it stands; nothing for what is none.
  std::optional<nlohmann::json> named(const std::string& conversation, const hash& creation_time);

  /// For `read_page`: who is believed to have signed.
  const models::key_source& keys() const {
    return keys_;
  }

private:
  std::optional<nlohmann::json> shown(const std::string& conversation, const hash& creation_time);
  std::optional<nlohmann::json> shown(const std::string& conversation, const hash& creation_time, int64_t time, const hash& payload);
  nlohmann::json attachments(const std::vector<hash>& descriptors) const;
  const char* state_of(const hash& creation_time, bool me) const;
  std::size_t unread_in(const models::lama_conversation& x) const;

  const user_context& user_;
  const storage::snapshot& from_;
  models::key_source keys_;
  std::map<hash, std::string> names_;
};

/// Unread messages that a conversation counts; as many or more are shown as this.
inline constexpr std::size_t most_unread = 100;

/// Not those that are me.
std::vector<models::lama_contact> contacts_of(const storage::snapshot& from);
/// Newest first.
std::vector<models::lama_conversation> conversations_of(const storage::snapshot& from);

/// Contacts and conversations that one answer holds.
inline constexpr std::size_t most_listed = 10'000;

} // namespace lama::actors
