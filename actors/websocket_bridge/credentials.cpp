#include "actors/websocket_bridge/credentials.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace lama::actors {

namespace {

using nlohmann::json;

constexpr const char* bridge_file = "bridge.json";

std::string own_file(const node_environment& environment, const char* name) {
  return std::string{to_string(environment.settings.which)} + '/' + name;
}

struct bridge_description {
  std::string url;
  protocol::key32 node_key{};
  std::string secret; ///< 32 bytes
};

std::optional<bridge_description> read_description(const std::string& text) {
  auto parsed = json::parse(text, nullptr, false);
  auto field = [&parsed](const char* name) {
    return parsed.is_object() && parsed.contains(name) && parsed[name].is_string() ? parsed[name].get<std::string>() : std::string{};
  };
  auto key = protocol::key32_from_hex(field("nodeKey"));
  auto secret = from_hex(field("secret"));
  if (!key || !secret || secret->size() != 32 || field("url").empty())
    return std::nullopt;
  return bridge_description{field("url"), *key, *secret};
}

result<protocol::encryption_keys> load_node_key(const node_environment& environment) {
  auto path = own_file(environment, "node.key");
  LAMA_TRY(text, environment.files->read(path));
  if (text) {
    auto secret = protocol::key32_from_hex(text->substr(0, 64));
    if (!secret)
      return fail(errc::corrupt, path + " is not a node key; remove it to make a new one (the other side must then forget the old one: lama bridge forget)");
    return protocol::encryption_keys_from_secret(*secret);
  }
  auto made = protocol::make_encryption_keys(environment.random());
  LAMA_CHECK(environment.files->write(path, to_hex(protocol::view(made.secret_key)) + '\n'));
  return made;
}

} // namespace

result<std::shared_ptr<bridge_credentials>> bridge_credentials::load(environment_ptr environment, const std::string& provision) {
  std::shared_ptr<bridge_credentials> x{new bridge_credentials};
  x->environment_ = environment;
  LAMA_TRY(node_key, load_node_key(*environment));
  x->node_key_ = node_key;

  x->provision_ = provision.empty() ? std::string{bridge_file} : provision;
  const auto& path = x->provision_;
  LAMA_TRY(text, environment->files->read(path));
  if (text) {
    auto described = read_description(*text);
    if (!described)
      return fail(errc::bad_input, path + " is not what an archive writes: url, nodeKey and secret are needed; copy it again from the archive's data dir");
    x->archive_url_ = described->url;
    x->archive_key_ = described->node_key;
    x->secret_ = described->secret;
  } else if (environment->settings.which == side::sparse) {
    return fail(errc::not_found, "there is no " + path + "; start the archive first, or copy the file from its data dir (lama sparse --provision FILE)");
  }
  if (environment->settings.which == side::archive) {
    if (x->secret_.empty())
      x->secret_ = environment->random().bytes(32);
    x->archive_key_ = x->node_key_.public_key;
  }

  LAMA_TRY(peers, environment->files->read(own_file(*environment, "bridge-peers.json")));
  if (peers) {
    auto parsed = json::parse(*peers, nullptr, false);
    if (parsed.is_array())
      for (const auto& entry : parsed)
        if (auto key = entry.is_string() ? protocol::key32_from_hex(entry.get<std::string>()) : std::nullopt)
          x->pinned_.push_back(*key);
  }
  return x;
}

void bridge_credentials::look_up_archive() {
  auto text = environment_->files->read(provision_);
  auto described = text && *text ? read_description(**text) : std::nullopt;
  if (!described || described->node_key != archive_key_)
    return;
  std::lock_guard guard{mutex_};
  archive_url_ = described->url;
}

bool bridge_credentials::is_pinned(const protocol::key32& remote) const {
  std::lock_guard guard{mutex_};
  return std::ranges::find(pinned_, remote) != pinned_.end();
}

result<done> bridge_credentials::pin(const protocol::key32& remote) {
  std::lock_guard guard{mutex_};
  if (std::ranges::find(pinned_, remote) != pinned_.end())
    return done{};
  auto all = pinned_;
  all.push_back(remote);
  auto list = json::array();
  for (const auto& key : all)
    list.push_back(to_hex(protocol::view(key)));
  LAMA_CHECK(environment_->files->write(own_file(*environment_, "bridge-peers.json"), list.dump() + '\n'));
  pinned_ = std::move(all);
  return done{};
}

result<done> bridge_credentials::publish(const std::string& url) {
  json content{{"url", url}, {"nodeKey", to_hex(protocol::view(node_key_.public_key))}, {"secret", to_hex(secret_)}};
  LAMA_CHECK(environment_->files->write(bridge_file, content.dump(2) + '\n'));
  std::lock_guard guard{mutex_};
  archive_url_ = url;
  return done{};
}

} // namespace lama::actors
