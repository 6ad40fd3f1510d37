#include "protocol/objects/value.hpp"

#include <algorithm>

namespace lama::protocol {

object::object() = default;
object::object(std::string its_type) : type(std::move(its_type)) {
  // nop
}
object::object(std::string its_type, std::vector<field> its_fields) : type(std::move(its_type)), fields(std::move(its_fields)) {
  // nop
}
object::object(const object&) = default;
object::object(object&&) noexcept = default;
object& object::operator=(const object&) = default;
object& object::operator=(object&&) noexcept = default;
object::~object() = default;

namespace {

const std::string no_text;

template <class T>
const T* content_of(const object& x, std::string_view name) {
  auto* found = x.find(name);
  return found ? std::get_if<T>(found) : nullptr;
}

} // namespace

const value* object::find(std::string_view name) const {
  for (const auto& x : fields)
    if (x.name == name)
      return &x.content;
  return nullptr;
}

object& object::set(std::string name, value content) {
  auto at = std::ranges::find(fields, name, &field::name);
  if (at != fields.end())
    at->content = std::move(content);
  else
    fields.push_back({std::move(name), std::move(content)});
  return *this;
}

void object::remove(std::string_view name) {
  std::erase_if(fields, [name](const field& x) { return x.name == name; });
}

const std::string& object::text(std::string_view name) const {
  auto* found = content_of<std::string>(*this, name);
  return found ? *found : no_text;
}

std::optional<hash> object::reference(std::string_view name) const {
  auto* found = content_of<hash>(*this, name);
  return found ? std::optional{*found} : std::nullopt;
}

double object::number(std::string_view name) const {
  auto* found = content_of<double>(*this, name);
  return found ? *found : 0;
}

bool object::flag(std::string_view name) const {
  auto* found = content_of<bool>(*this, name);
  return found && *found;
}

std::vector<hash> object::references(std::string_view name) const {
  std::vector<hash> targets;
  if (auto* items = content_of<list>(*this, name))
    for (const auto& item : *items)
      if (auto* target = std::get_if<hash>(&item))
        targets.push_back(*target);
  return targets;
}

bool operator==(const object& a, const object& b) {
  return a.type == b.type && a.fields == b.fields;
}

bool operator==(const value& a, const value& b) {
  return static_cast<const value::variant&>(a) == static_cast<const value::variant&>(b);
}

} // namespace lama::protocol
