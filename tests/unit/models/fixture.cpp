#include "tests/unit/models/fixture.hpp"

#include <algorithm>

namespace lama::models {

hash hash_in(const json& x) {
  auto out = hash::from_hex(x.get<std::string>());
  if (!out)
    throw std::runtime_error{"no hash: " + x.dump()};
  return *out;
}

key32 key_in(const json& x) {
  return *protocol::key32_from_hex(x.get<std::string>());
}

key64 sign_secret_in(const json& x) {
  auto bytes = bytes_in(x);
  key64 out{};
  if (bytes.size() != out.size())
    throw std::runtime_error{"no sign secret: " + x.dump()};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

std::string bytes_in(const json& x) {
  return from_hex(x.get<std::string>()).value();
}

void scripted_random::fill(std::span<uint8_t> bytes) {
  for (auto& byte : bytes) {
    if (next_.empty()) {
      byte = static_cast<uint8_t>(sha256(std::to_string(count_++)).bytes[0]);
      continue;
    }
    byte = static_cast<uint8_t>(next_.front());
    next_.erase(0, 1);
  }
}

void scripted_random::say(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  for (char c : text)
    next_ += static_cast<char>(alphabet.find(c));
}

void scripted_random::put(std::string_view bytes) {
  next_ += bytes;
}

identity make_alice(protocol::memory_space& space, const json& person_keys, const json& instance_keys) {
  new_instance what;
  what.email = "alice@example.com";
  what.name = "alice-node";
  what.person_keys = {key_in(person_keys["enc_public"]), key_in(person_keys["sign_public"])};
  what.instance_keys = {key_in(instance_keys["enc_public"]), key_in(instance_keys["sign_public"])};
  return must(create_instance(space, what, 1700000000000));
}

alice_store::alice_store() {
  auto input = testing::load_vectors("instance.json")["cases"][0]["input"];
  keys = input["person_keys"];
  own = make_alice(space, keys, input["instance_keys"]);
  as = sign_with(own.person, sign_secret_in(keys["sign_secret"]));
}

step::step(const protocol::memory_space& space) : space_(space) {
  auto names = space.names();
  before_.insert(names.begin(), names.end());
}

std::vector<hash> step::new_names() const {
  std::vector<hash> out;
  for (const auto& name : space_.names())
    if (!before_.contains(name))
      out.push_back(name);
  return out;
}

std::size_t step::added() const {
  return new_names().size();
}

void step::expect_contained(const json& vector) const {
  const auto& listed = vector.contains("new_objects") ? vector["new_objects"] : vector["objects"];
  for (const auto& x : listed) {
    auto text = space_.read(hash_in(x["hash"]));
    EXPECT_TRUE(text.has_value()) << "missing: " << x["type"] << " " << x["hash"] << " " << x["microdata"];
    if (text) {
      EXPECT_EQ(*text, x["microdata"].get<std::string>());
    }
  }
  for (const auto* heads : {"changed_version_heads", "version_heads"})
    if (vector.contains(heads))
      for (const auto& [id, node] : vector[heads].items()) {
        auto head = space_.head(*hash::from_hex(id));
        EXPECT_EQ(head ? head->hex() : "none", node.get<std::string>()) << "head of " << id;
      }
}

void step::expect(const json& vector) const {
  expect_contained(vector);
  const auto& listed = vector.contains("new_objects") ? vector["new_objects"] : vector["objects"];
  std::set<hash> expected;
  for (const auto& x : listed)
    expected.insert(hash_in(x["hash"]));
  for (const auto& name : new_names())
    EXPECT_TRUE(expected.contains(name)) << "not in the vectors: " << *space_.read(name);
}

void step::expect_nothing() const {
  for (const auto& name : new_names())
    ADD_FAILURE() << "written: " << *space_.read(name);
}

} // namespace lama::models
