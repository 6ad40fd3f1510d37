#include "actors/ui_gateway/shown_files.hpp"

#include <nlohmann/json.hpp>

namespace lama::actors {

namespace {

std::optional<hash> hash_in(const nlohmann::json& object, const char* name) {
  auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? hash::from_hex(found->get_ref<const std::string&>()) : std::nullopt;
}

} // namespace

void shown_files::remember(const std::string& user, const nlohmann::json& messages) {
  for (const auto& message : messages) {
    if (!message.is_object() || !message.contains("entry") || !message.contains("attachments"))
      continue;
    auto channel = hash_in(message["entry"], "channel");
    auto entry = hash_in(message["entry"], "hash");
    if (!channel || !entry)
      continue;
    for (const auto& file : message["attachments"])
      if (auto blob = hash_in(file, "blob"))
        add({user, *blob}, {*channel, *entry});
  }
}

std::optional<shown_files::place> shown_files::find(const std::string& user, const hash& blob) const {
  auto found = places_.find({user, blob});
  return found != places_.end() ? std::optional{found->second} : std::nullopt;
}

void shown_files::add(key of, const place& at) {
  if (auto [known, is_new] = places_.insert_or_assign(of, at); !is_new)
    return;
  order_.push_back(std::move(of));
  if (order_.size() > most) {
    places_.erase(order_.front());
    order_.pop_front();
  }
}

} // namespace lama::actors
