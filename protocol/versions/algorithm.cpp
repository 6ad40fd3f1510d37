#include "protocol/versions/algorithm.hpp"

#include <array>
#include <utility>

namespace lama::protocol::detail {

namespace {

struct kind_traits {
  std::string_view name; ///< as in crdtConfig
  algorithm usual;
  std::string_view usual_name;
};

kind_traits traits_of(item_kind kind) {
  switch (kind) {
  case item_kind::string:
    return {"string", algorithm::newest, "Register"};
  case item_kind::integer:
    return {"integer", algorithm::newest, "Register"};
  case item_kind::number:
    return {"number", algorithm::newest, "Register"};
  case item_kind::boolean:
    return {"boolean", algorithm::newest, "Register"};
  case item_kind::stringifiable:
    return {"stringifiable", algorithm::newest, "Register"};
  case item_kind::reference_to_id:
    return {"referenceToId", algorithm::newest, "Register"};
  case item_kind::reference_to_clob:
    return {"referenceToClob", algorithm::newest, "Register"};
  case item_kind::reference_to_blob:
    return {"referenceToBlob", algorithm::newest, "Register"};
  case item_kind::reference_to_object:
    return {"referenceToObj", algorithm::reference, "ReferenceToObj"};
  case item_kind::array:
    return {"array", algorithm::items, "Set"};
  case item_kind::bag:
    return {"bag", algorithm::items, "Set"};
  case item_kind::set:
    return {"set", algorithm::items, "Set"};
  case item_kind::map:
    return {"map", algorithm::map_entries, "NotAvailable"};
  case item_kind::object:
    return {"object", algorithm::fields, "NotAvailable"};
  }
  return {"", algorithm::newest, ""};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

/// 0 for the best form of the last part; the count of forms for none.
std::size_t rank_of_last(std::string_view key, std::string_view part, std::string_view kind) {
  auto suffix = '#' + std::string{kind};
  std::array forms{std::string{part} + suffix, '*' + suffix, std::string{part}, std::string{"*"}};
  for (std::size_t i = 0; i < forms.size(); ++i)
    if (key == forms[i])
      return i;
  return forms.size();
}

bool leading_parts_match(const std::vector<std::string_view>& key, const std::vector<std::string>& path) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i)
    if (key[i] != path[i] && key[i] != "*")
      return false;
  return true;
}

} // namespace

bool is_own_type(std::string_view type) {
  return standard_recipes().find(type) && !is_stock_type(type);
}

std::string_view configured_algorithm(const recipe& type, const std::vector<std::string>& path, std::string_view kind) {
  if (type.crdt_config.empty() || path.empty())
    return {};
  std::string whole;
  for (auto& part : path)
    whole += (whole.empty() ? "" : ".") + part;
  for (auto& exact : {whole + '#' + std::string{kind}, whole})
    if (auto found = type.crdt_config.find(exact); found != type.crdt_config.end())
      return found->second;
  std::string_view best;
  std::size_t best_rank = 4;
  for (auto& [key, name] : type.crdt_config) {
    auto parts = split(key, '.');
    if (parts.size() != path.size() || !leading_parts_match(parts, path))
      continue;
    if (auto rank = rank_of_last(parts.back(), path.back(), kind); rank < best_rank) {
      best_rank = rank;
      best = name;
    }
  }
  return best;
}

result<algorithm> algorithm_for(const recipe* type, const std::vector<std::string>& path, item_kind kind) {
  auto traits = traits_of(kind);
  if (!type)
    return traits.usual;
  auto name = configured_algorithm(*type, path, traits.name);
  // Items of an array have no order that two sides could agree on, and what is referred to may be on another instance: both are taken as a whole.
  bool whole = kind == item_kind::array || kind == item_kind::reference_to_object;
  if (whole && name.empty() && is_own_type(type->name))
    return algorithm::newest;
  if (name.empty() || name == traits.usual_name)
    return traits.usual;
  if (name == "LinkedListCrdtAlgorithm" && kind == item_kind::reference_to_object)
    return algorithm::linked_list;
  return fail(errc::unsupported, "type " + type->name + " asks for the merge algorithm " + std::string{name} + " for a " + std::string{traits.name});
}

} // namespace lama::protocol::detail
