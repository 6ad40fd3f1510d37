// Topics, their registry, and rooms of several. Declared in chat.hpp.
#include "protocol/models/chat.hpp"

#include <algorithm>
#include <set>

namespace lama::models {

namespace {

constexpr std::string_view registry_name = "TopicAppRegistry";
constexpr std::string_view joint = "<->";
constexpr std::size_t hex_digits = 64;
/// A name is a line in a list.
constexpr std::size_t most_topic_name = 256;

const hash& registry_id() {
  static const hash id = sha256(object_writer{registry_name, true}.text("id", registry_name).finish());
  return id;
}

using topic_list = std::vector<std::pair<std::string, hash>>;

result<done> store_registry(object_space& space, const topic_list& topics, int64_t now_ms) {
  protocol::map entries;
  for (const auto& [id, name] : topics)
    entries.emplace_back(id, name);
  object x{std::string{registry_name}, {}};
  x.set("id", std::string{registry_name}).set("topics", std::move(entries));
  LAMA_TRY(text, protocol::write_object(x, space.recipes()));
  LAMA_CHECK(protocol::store_version(space, text, now_ms));
  return done{};
}

} // namespace

std::string one_to_one_id(const hash& a, const hash& b) {
  auto [first, second] = std::minmax(a, b); // the order of bytes is that of lower-case hex
  return first.hex().append(joint) + second.hex();
}

std::optional<std::pair<hash, hash>> one_to_one_persons(std::string_view topic_id) {
  if (topic_id.size() != 2 * hex_digits + joint.size() || topic_id.substr(hex_digits, joint.size()) != joint)
    return std::nullopt;
  auto first = hash::from_hex(topic_id.substr(0, hex_digits));
  auto second = hash::from_hex(topic_id.substr(hex_digits + joint.size()));
  if (!first || !second)
    return std::nullopt;
  return std::pair{*first, *second};
}

std::string topic_text(const topic& x) {
  object_writer out{"Topic"};
  if (x.name)
    out.text("name", *x.name);
  return out.text("id", x.id).id_reference("channel", x.channel).finish();
}

result<topic> load_topic(const object_source& from, const hash& name) {
  LAMA_TRY(x, protocol::load(from, name));
  auto channel = x.reference("channel");
  if (x.type != "Topic" || !channel)
    return fail(errc::bad_input, "object " + name.hex() + " is no Topic");
  topic out{std::nullopt, x.text("id"), *channel};
  if (x.find("name"))
    out.name = x.text("name");
  return out;
}

result<done> start_topics(object_space& space, int64_t now_ms) {
  if (space.head(registry_id()))
    return done{};
  return store_registry(space, {}, now_ms);
}

std::vector<std::pair<std::string, hash>> known_topics(const object_source& from) {
  topic_list out;
  auto x = protocol::load_current(from, registry_id());
  const auto* topics = x ? x->find("topics") : nullptr;
  const auto* entries = topics ? std::get_if<protocol::map>(topics) : nullptr;
  if (!entries)
    return out;
  for (const auto& [key, content] : *entries) {
    const auto* id = std::get_if<std::string>(&key);
    const auto* name = std::get_if<hash>(&content);
    if (id && name)
      out.emplace_back(*id, *name);
  }
  return out;
}

std::optional<hash> find_topic(const object_source& from, std::string_view id) {
  for (const auto& [known, name] : known_topics(from))
    if (known == id)
      return name;
  return std::nullopt;
}

result<done> enter_topic(object_space& space, const hash& topic_name, int64_t now_ms) {
  LAMA_TRY(entered, load_topic(space, topic_name));
  LAMA_TRY(channel, load_channel_key(space, entered.channel));
  auto all = known_topics(space);
  auto place = std::find_if(all.begin(), all.end(), [&](const auto& x) { return x.first == channel.id; });
  if (place == all.end())
    all.emplace_back(channel.id, topic_name);
  else if (place->second == topic_name)
    return done{};
  else
    place->second = topic_name;
  return store_registry(space, all, now_ms);
}

result<created_topic> create_topic(object_space& space, const topic& x, const std::optional<hash>& owner, int64_t now_ms) {
  if (auto known = find_topic(space, x.id)) {
    LAMA_TRY(found, load_topic(space, *known));
    return created_topic{*known, found.channel, found.id};
  }
  LAMA_TRY(channel, create_channel(space, {x.id, owner}, now_ms));
  LAMA_TRY(name, store_text(space, topic_text({x.name, x.id, channel})));
  LAMA_CHECK(enter_topic(space, name, now_ms));
  return created_topic{name, channel, x.id};
}

result<created_topic> create_one_to_one(object_space& space, const hash& me, const hash& other, int64_t now_ms) {
  auto id = one_to_one_id(me, other);
  LAMA_TRY(made, create_topic(space, {id, id, {}}, std::nullopt, now_ms));
  LAMA_CHECK(share_topic(space, made, {{me, other}, {}}, now_ms));
  return made;
}

result<done> share_topic(object_space& space, const created_topic& x, const audience& who, int64_t now_ms) {
  LAMA_CHECK(grant(space, id_target(x.channel), who, grant_mode::add, now_ms));
  LAMA_CHECK(grant(space, object_target(x.topic), who, grant_mode::add, now_ms));
  return done{};
}

result<topic_event> topic_arrived(object_space& space, const hash& me, const std::optional<hash>& sender, const hash& topic_name, int64_t now_ms) {
  LAMA_TRY(arrived, load_topic(space, topic_name));
  topic_event out;
  if (arrived.id.size() > most_topic_name || (arrived.name && arrived.name->size() > most_topic_name))
    return out;
  if (auto persons = one_to_one_persons(arrived.id)) {
    if ((persons->first != me && persons->second != me) || arrived.channel != channel_id({arrived.id, std::nullopt}))
      return out;
    auto other = persons->first == me ? persons->second : persons->first;
    if (sender && *sender != other)
      return out;
    out.other = other;
    // The channel may come later than the topic, or never: what we share must exist.
    LAMA_CHECK(create_channel(space, {arrived.id, std::nullopt}, now_ms));
    LAMA_CHECK(share_topic(space, {topic_name, arrived.channel, arrived.id}, {{me, *out.other}, {}}, now_ms));
  } else {
    LAMA_TRY(channel, load_channel_key(space, arrived.channel));
    // An ownerless channel with an ordinary name belongs to nobody that could be asked; and under my own id only I name things.
    if (!channel.owner || channel.owner == me || channel.id != arrived.id)
      return out;
    if (auto known = find_topic(space, channel.id)) {
      auto present = load_topic(space, *known);
      if (present && present->channel != arrived.channel)
        return out;
    }
  }
  LAMA_CHECK(enter_topic(space, topic_name, now_ms));
  out.entered = true;
  return out;
}

std::string group_topic_id(std::string_view name, std::string_view suffix) {
  std::string out;
  for (char c : name) {
    char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9'))
      out += lower;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-')
    out.pop_back();
  if (out.empty())
    out = "group";
  return out.append("-").append(suffix);
}

result<created_topic> create_group_topic(object_space& space, const hash& me, std::string_view name, std::string_view suffix, const std::vector<hash>& members,
                                         int64_t now_ms) {
  auto id = group_topic_id(name, suffix);
  audience all{members, {}};
  all.persons.push_back(me);
  LAMA_TRY(made, create_topic(space, {std::string{name}, id, {}}, me, now_ms));
  for (const auto& member : members) {
    LAMA_TRY(channel, create_channel(space, {id, member}, now_ms));
    LAMA_CHECK(grant(space, id_target(channel), all, grant_mode::add, now_ms));
  }
  LAMA_CHECK(share_topic(space, made, all, now_ms));
  return made;
}

std::vector<hash> room_members(const object_source& from, std::string_view id) {
  std::set<hash> out;
  for (const auto& channel : channels_named(from, id))
    if (auto key = load_channel_key(from, channel); key && key->owner)
      out.insert(*key->owner);
  return {out.begin(), out.end()};
}

result<std::optional<hash>> join_group_topic(object_space& space, const hash& me, std::string_view id, int64_t now_ms) {
  auto mine = channel_id({std::string{id}, me});
  if (!space.head(mine))
    return std::optional<hash>{};
  LAMA_CHECK(register_channel(space, mine, now_ms));
  LAMA_CHECK(grant(space, id_target(mine), {room_members(space, id), {}}, grant_mode::add, now_ms));
  return std::optional{mine};
}

} // namespace lama::models
