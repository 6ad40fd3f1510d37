#include "protocol/versions/operations.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::detail {

namespace {

/// For the parts of compound values: no text can pass for the end of its part.
void append_part(std::string& out, const std::string& part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::unordered_set<std::string> distinct_items(const value* x) {
  std::unordered_set<std::string> texts;
  if (auto* items = x ? std::get_if<list>(x) : nullptr)
    for (auto& item : *items)
      texts.insert(comparable_text(item));
  return texts;
}

} // namespace

result<const object*> object_cache::find(const hash& name) {
  if (auto held = objects_.find(name); held != objects_.end())
    return &held->second;
  LAMA_TRY(loaded, load(from_, name));
  return &objects_.emplace(name, std::move(loaded)).first->second;
}

std::string comparable_text(const value& x) {
  struct visitor {
    std::string operator()(std::monostate) const {
      return {};
    }
    std::string operator()(bool flag) const {
      return flag ? "true" : "false";
    }
    std::string operator()(double number) const {
      return number_text(number);
    }
    std::string operator()(const std::string& text) const {
      return text;
    }
    std::string operator()(const hash& reference) const {
      return reference.hex();
    }
    std::string operator()(const list& items) const {
      std::string out;
      for (auto& item : items)
        append_part(out, comparable_text(item));
      return out;
    }
    std::string operator()(const map& entries) const {
      std::string out;
      for (auto& [key, entry] : entries) {
        append_part(out, comparable_text(key));
        append_part(out, comparable_text(entry));
      }
      return out;
    }
    std::string operator()(const object& nested) const {
      std::string out;
      for (auto& [name, content] : nested.fields) {
        append_part(out, name);
        append_part(out, comparable_text(content));
      }
      return out;
    }
    std::string operator()(const stringifiable& content) const {
      return content.text();
    }
  };
  return std::visit(visitor{}, static_cast<const value::variant&>(x));
}

const value* find_entry(const map& entries, std::string_view key) {
  for (auto& [name, entry] : entries) {
    auto* text = std::get_if<std::string>(&name);
    if (text ? *text == key : comparable_text(name) == key)
      return &entry;
  }
  return nullptr;
}

const operation_site* operation_site::child(std::string_view name) const {
  auto found = children.find(name);
  return found == children.end() ? nullptr : &found->second;
}

const operation_site::item_operation* operation_site::item(std::string_view text, std::size_t node) const {
  auto found = items.find(std::string{text});
  if (found == items.end())
    return nullptr;
  auto& operations = found->second;
  auto at = std::lower_bound(operations.begin(), operations.end(), node, [](auto& operation, auto index) { return operation.node < index; });
  return at != operations.end() && at->node == node ? &*at : nullptr;
}

result<done> operation_recorder::record(std::size_t node, const object* before, const object& after) {
  node_ = node;
  return compare_fields(type_.rules, before, after);
}

result<done> operation_recorder::compare_fields(const std::vector<rule>& rules, const object* before, const object& after) {
  LAMA_CHECK(check_depth());
  for (auto& field : rules) {
    auto* old_value = before ? before->find(field.name) : nullptr;
    auto* new_value = after.find(field.name);
    path_.push_back(field.name);
    result<done> compared = done{};
    if (field.optional)
      compared = compare_optional(field.type, old_value, new_value);
    else if (new_value)
      compared = compare_values(field.type, old_value, *new_value);
    path_.pop_back();
    LAMA_CHECK(std::move(compared));
  }
  return done{};
}

result<done> operation_recorder::compare_optional(const item_type& type, const value* before, const value* after) {
  if (before && !after)
    operation().vanished = true;
  if (!before && after)
    operation().appeared = true;
  return after ? compare_values(type, before, *after) : result<done>{done{}};
}

result<done> operation_recorder::compare_values(const item_type& type, const value* before, const value& after) {
  LAMA_TRY(how, algorithm_for(references_ == 0 ? &type_ : nullptr, path_, type.kind));
  switch (how) {
  case algorithm::newest:
  case algorithm::linked_list:
    if (!before || comparable_text(*before) != comparable_text(after))
      operation().value_set = true;
    return done{};
  case algorithm::items:
    compare_items(before, after);
    return done{};
  case algorithm::reference:
    return compare_references(before, after);
  case algorithm::map_entries:
    return compare_maps(type, before, after);
  case algorithm::fields:
    return compare_fields(type.rules, before ? std::get_if<object>(before) : nullptr, std::get<object>(after));
  }
  return done{};
}

void operation_recorder::compare_items(const value* before, const value& after) {
  auto old_items = distinct_items(before);
  auto new_items = distinct_items(&after);
  auto note = [this](const std::string& item, bool added) { here().items[item].push_back({node_, added}); };
  for (auto& item : new_items)
    if (!old_items.contains(item))
      note(item, true);
  for (auto& item : old_items)
    if (!new_items.contains(item))
      note(item, false);
}

result<done> operation_recorder::compare_maps(const item_type& type, const value* before, const value& after) {
  LAMA_CHECK(check_depth());
  static const map none;
  auto* before_map = before ? std::get_if<map>(before) : nullptr;
  auto& old_map = before_map ? *before_map : none;
  auto& new_map = std::get<map>(after);
  std::unordered_map<std::string, const value*> new_entries;
  for (auto& [key, entry] : new_map)
    new_entries.emplace(comparable_text(key), &entry);
  std::unordered_set<std::string> compared_keys;
  auto compare = [&](const value& key, const value* old_entry) -> result<bool> {
    auto text = comparable_text(key);
    if (!compared_keys.insert(text).second)
      return true;
    auto found = new_entries.find(text);
    auto* new_entry = found == new_entries.end() ? nullptr : found->second;
    path_.push_back(text);
    auto outcome = compare_optional(*type.item, old_entry, new_entry);
    if (auto touched = outcome ? touched_here() : nullptr)
      touched->key = key;
    path_.pop_back();
    if (!outcome)
      return std::move(outcome).failure();
    return new_entry != nullptr;
  };
  for (auto& [key, entry] : old_map) {
    LAMA_TRY(goes_on, compare(key, &entry));
    // The peer's walk ends at the first key that is gone; what follows has no operations (docs/protocol/01 §5.3, "Map walk"). Ours sees all keys.
    if (!goes_on && !is_own_type_)
      return done{};
  }
  for (auto& [key, entry] : new_map)
    LAMA_CHECK(compare(key, nullptr));
  return done{};
}

result<done> operation_recorder::compare_references(const value* before, const value& after) {
  auto* old_target = before ? std::get_if<hash>(before) : nullptr;
  if (!old_target) {
    operation().value_set = true;
    return done{};
  }
  auto& new_target = std::get<hash>(after);
  if (*old_target == new_target)
    return done{};
  LAMA_TRY(old_object, objects_.find(*old_target));
  LAMA_TRY(new_object, objects_.find(new_target));
  if (old_object->type != new_object->type) {
    operation().value_set = true;
    return done{};
  }
  auto* type = objects_.source().recipes().find(new_object->type);
  if (!type)
    return fail(errc::unsupported, "unknown type " + new_object->type);
  ++references_;
  auto compared = compare_fields(type->rules, old_object, *new_object);
  --references_;
  return compared;
}

result<done> operation_recorder::check_depth() const {
  if (path_.size() < limits::merge_path)
    return done{};
  return fail(errc::too_large, "versions of " + type_.name + " differ deeper than " + std::to_string(limits::merge_path) + " steps");
}

operation_site* operation_recorder::touched_here() {
  auto* site = &root_;
  for (auto& step : path_) {
    auto below = site->children.find(step);
    if (below == site->children.end())
      return nullptr;
    site = &below->second;
  }
  return site;
}

operation_site& operation_recorder::here() {
  auto* site = &root_;
  auto touch = [this](operation_site& x) {
    if (!x.touched_by.empty() && x.touched_by.back() == node_)
      return false;
    x.touched_by.push_back(node_);
    return true;
  };
  touch(root_);
  for (auto& step : path_) {
    auto& below = site->children[step];
    if (touch(below))
      site->order.emplace_back(node_, step);
    site = &below;
  }
  return *site;
}

} // namespace lama::protocol::detail
