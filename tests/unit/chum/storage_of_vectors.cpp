#include "tests/unit/chum/storage_of_vectors.hpp"

#include "protocol/versions/version_node.hpp"
#include "tests/support/vectors.hpp"

#include <stdexcept>

namespace lama::protocol::chum::testing {

namespace {

std::string repeated(std::string_view unit, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += unit;
  return out;
}

std::string counted_bytes(std::size_t length) {
  std::string out(length, '\0');
  for (std::size_t i = 0; i < length; ++i)
    out[i] = static_cast<char>((i * 7 + (i >> 8) * 13) & 255);
  return out;
}

bool is_log(const std::string& name) {
  static const auto& objects = sessions().at("objects");
  const auto& found = objects.at(name);
  if (!found.is_string())
    return found.contains("omitted") || found.value("binaryLength", 0) == 20084;
  auto text = found.get<std::string>();
  if (classify(text).type == "Chum")
    return true;
  if (!is_version_node_type(classify(text).type))
    return false;
  auto node = parse_version_node(text, standard_recipes());
  return node && objects.contains(node->data.hex()) && is_log(node->data.hex());
}

} // namespace

const json& sessions() {
  static const auto all = lama::testing::load_vectors("chum_sessions.json");
  return all;
}

const json& session_case(const std::string& name) {
  for (const auto& x : sessions().at("cases"))
    if (x.at("name") == name)
      return x;
  throw std::runtime_error{"no case " + name};
}

std::string stored_bytes(const std::string& name) {
  const auto& found = sessions().at("objects").at(name);
  if (found.is_string())
    return found.get<std::string>();
  for (auto& made : {counted_bytes(1048576), repeated("a\xC3\xA9\xE2\x82\xAC", 50000), std::string{"\x00\x01\x02\xfe\xff", 5}})
    if (sha256(made).hex() == name)
      return made;
  throw std::runtime_error{"the vectors do not say what " + name + " holds"};
}

hash hash_of(const json& hex) {
  return hash::from_hex(hex.get<std::string>()).value();
}

void add_objects(memory_space& space, const json& objects, const json& heads) {
  for (const auto& name : objects) {
    if (is_log(name))
      continue;
    auto bytes = stored_bytes(name);
    auto kind = classify(bytes).kind;
    auto put = kind == content_kind::object || kind == content_kind::id_object ? space.put(bytes) : space.put_blob(bytes);
    if (!put || put->name.hex() != name)
      throw std::runtime_error{"cannot store " + name.get<std::string>() + (put ? "" : ": " + put.failure().message)};
  }
  for (const auto& [id, head] : heads.items()) {
    if (is_log(head))
      continue;
    std::vector<hash> history;
    std::vector<hash> open{hash_of(head)};
    while (!open.empty()) {
      auto node = load_version_node(space, open.back());
      history.push_back(open.back());
      open.pop_back();
      if (node)
        open.insert(open.end(), node->previous.begin(), node->previous.end());
    }
    space.set_head(hash::from_hex(id).value(), hash_of(head), history);
  }
}

side load_side(const json& objects, const json& heads) {
  side out{std::make_unique<recipe_table>(), nullptr};
  for (const auto* known : standard_recipes().all())
    if (!out.recipes->add(known->text))
      throw std::runtime_error{"cannot add " + known->name};
  for (const auto& name : objects) {
    const auto& found = sessions().at("objects").at(name);
    if (found.is_string() && classify(found.get_ref<const std::string&>()).type == "Recipe" &&
        classify(found.get_ref<const std::string&>()).kind == content_kind::object)
      static_cast<void>(out.recipes->add(found.get<std::string>())); // those of the standard table are there already
  }
  out.space = std::make_unique<memory_space>(*out.recipes);
  add_objects(*out.space, objects, heads);
  return out;
}

std::set<std::string> without_logs(const json& names) {
  std::set<std::string> out;
  for (const auto& name : names) {
    const auto& found = sessions().at("objects").at(name.get<std::string>());
    auto is_log_id = found.is_string() && classify(found.get_ref<const std::string&>()).type == "Chum";
    if (!is_log_id && !is_log(name))
      out.insert(name);
  }
  return out;
}

} // namespace lama::protocol::chum::testing
