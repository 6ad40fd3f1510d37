#include "protocol/objects/recipe_notation.hpp"

#include "protocol/limits.hpp"

#include <algorithm>
#include <array>

namespace lama::protocol {

namespace {

struct named_kind {
  std::string_view name;
  item_kind kind;
};
constexpr std::array simple_kinds{
    named_kind{"string", item_kind::string},
    named_kind{"integer", item_kind::integer},
    named_kind{"number", item_kind::number},
    named_kind{"boolean", item_kind::boolean},
    named_kind{"stringifiable", item_kind::stringifiable},
    named_kind{"clob", item_kind::reference_to_clob},
    named_kind{"blob", item_kind::reference_to_blob},
};

class line_reader {
public:
  explicit line_reader(std::string_view line) : line_(line) {
    // nop
  }

  bool read(declared_recipe& out) {
    out.name = word();
    if (take("["))
      if (!read_algorithms(out.crdt_config.emplace()))
        return false;
    if (out.name.empty() || !take(":"))
      return false;
    if (at_end())
      return true;
    return read_rules(out.rules, 0) && at_end();
  }

  std::size_t position() const {
    return at_;
  }

private:
  void skip_blanks() {
    while (at_ < line_.size() && line_[at_] == ' ')
      ++at_;
  }

  bool at_end() {
    skip_blanks();
    return at_ == line_.size();
  }

  bool take(std::string_view expected) {
    skip_blanks();
    if (!line_.substr(at_).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  std::string up_to(std::string_view delimiters) {
    skip_blanks();
    auto end = std::min(line_.find_first_of(delimiters, at_), line_.size());
    auto text = line_.substr(at_, end - at_);
    at_ = end;
    return std::string{text.substr(0, text.find_last_not_of(' ') + 1)};
  }

  std::string word() {
    return up_to(" :;=*?!<>(){}[],`");
  }

  bool read_algorithms(std::vector<std::pair<std::string, std::string>>& out) {
    while (!take("]")) {
      auto path = up_to("=]");
      if (!take("="))
        return false;
      out.emplace_back(std::move(path), up_to(",]"));
      take(",");
    }
    return true;
  }

  bool read_rules(std::vector<declared_rule>& out, std::size_t depth) {
    do {
      if (!read_rule(out.emplace_back(), depth))
        return false;
    } while (take(";"));
    return true;
  }

  bool read_rule(declared_rule& out, std::size_t depth) {
    out.name = word();
    for (;;) {
      if (take("*"))
        out.is_id = true;
      else if (take("?"))
        out.optional = true;
      else if (take("!"))
        out.optional = false;
      else
        break;
    }
    if (take("="))
      out.inherits_from = word();
    else if (take(":"))
      out.type = read_type(depth);
    else
      return !out.name.empty();
    return !out.name.empty() && (out.type || !out.inherits_from.empty());
  }

  /// Null where there is none.
  std::shared_ptr<const declared_type> read_type(std::size_t depth) {
    auto made = std::make_shared<declared_type>();
    if (depth > limits::object_depth)
      return nullptr;
    if (take("`")) {
      made->pattern = up_to("`");
      return take("`") ? made : nullptr;
    }
    if (take("{")) {
      made->kind = item_kind::object;
      return read_rules(made->rules, depth + 1) && take("}") ? made : nullptr;
    }
    auto name = word();
    auto simple = std::ranges::find(simple_kinds, std::string_view{name}, &named_kind::name);
    if (simple != simple_kinds.end()) {
      made->kind = simple->kind;
      return made;
    }
    if (name == "ref" || name == "id") {
      made->kind = name == "id" ? item_kind::reference_to_id : item_kind::reference_to_object;
      return read_allowed_types(made->allowed_types) ? made : nullptr;
    }
    if (name == "map") {
      made->kind = item_kind::map;
      if (!take("<") || !(made->key = read_type(depth + 1)) || !take(","))
        return nullptr;
    } else if (name == "array" || name == "bag" || name == "set") {
      made->kind = name == "array" ? item_kind::array : name == "bag" ? item_kind::bag : item_kind::set;
      if (!take("<"))
        return nullptr;
    } else {
      return nullptr;
    }
    made->item = read_type(depth + 1);
    return made->item && take(">") ? made : nullptr;
  }

  bool read_allowed_types(std::vector<std::string>& out) {
    if (!take("("))
      return false;
    do
      out.push_back(take("*") ? "*" : word());
    while (take(","));
    std::ranges::sort(out);
    return take(")");
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

} // namespace

result<declared_recipe> recipe_from_line(std::string_view line) {
  declared_recipe declared;
  line_reader reader{line};
  if (!reader.read(declared))
    return fail(errc::bad_input, "recipe line \"" + std::string{line.substr(0, 80)} + "\" is wrong at position " + std::to_string(reader.position()));
  return declared;
}

} // namespace lama::protocol
