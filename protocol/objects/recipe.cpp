#include "protocol/objects/recipe.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/recipe_notation.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

namespace lama::protocol {

struct recipe_table::entry {
  recipe built;
  declared_recipe declared; ///< for those that inherit from it
};

struct recipe_table::layering {
  const recipe_table& base;
  std::shared_mutex mutex; ///< of what is added here: types come at any time, while others look up
};

recipe_table::recipe_table() = default;
recipe_table::~recipe_table() = default;
recipe_table::recipe_table(recipe_table&&) noexcept = default;
recipe_table& recipe_table::operator=(recipe_table&&) noexcept = default;

recipe_table recipe_table::on_top_of(const recipe_table& base) {
  recipe_table table;
  table.layering_.reset(new layering{base, {}});
  return table;
}

const rule* recipe::find(std::string_view field) const {
  auto at = std::ranges::find(rules, field, &rule::name);
  return at == rules.end() ? nullptr : &*at;
}

/// Makes a recipe of its declaration: checks it, resolves inheritance, compiles patterns.
class recipe_builder {
public:
  recipe_builder(recipe_table& table, recipe_table::entry& made) : table_(table), made_(made) {
    // nop
  }

  std::optional<error> build() {
    const auto& declared = made_.declared;
    auto& out = made_.built;
    out.name = declared.name;
    check_name(out.name, "type name");
    check_distinct(declared.rules);
    if (declared.crdt_config)
      out.crdt_config.insert(declared.crdt_config->begin(), declared.crdt_config->end());
    out.object_header = "<div itemscope itemtype=\"//refin.io/" + out.name + "\">";
    out.id_object_header = "<div data-id-object=\"true\" itemscope itemtype=\"//refin.io/" + out.name + "\">";
    out.rules.resize(declared.rules.size()); // before they are filled: rules that inherit point here
    for (std::size_t i = 0; i < declared.rules.size() && !failure_; ++i) {
      fill(out.rules[i], declared.rules[i], true, 0);
      out.rules[i].is_id = declared.rules[i].is_id.value_or(false);
      out.versioned = out.versioned || out.rules[i].is_id;
    }
    return failure_;
  }

private:
  void give_up(const std::string& what, errc code = errc::bad_input) {
    if (!failure_)
      failure_ = fail(code, "recipe " + made_.declared.name + ": " + what);
  }

  void check_name(std::string_view name, const char* what) {
    auto forbidden = [](char c) { return c == '<' || c == '>' || c == '.' || c == '"' || c == '\\' || static_cast<unsigned char>(c) <= ' '; };
    if (name.empty() || std::ranges::any_of(name, forbidden))
      give_up(std::string{what} + " \"" + std::string{name} + "\" is empty or holds one of < > . \" \\ or a blank");
  }

  void check_distinct(const std::vector<declared_rule>& rules) {
    std::unordered_set<std::string_view> names;
    for (const auto& x : rules)
      if (!names.insert(x.name).second)
        give_up("two rules called " + x.name);
  }

  /// The rule that "Type.field" names; deeper path elements are ignored (docs/protocol/01 §4).
  std::pair<const declared_rule*, const rule*> target(const std::string& path) {
    auto dot = path.find('.');
    auto type = path.substr(0, dot);
    auto field = dot == std::string::npos ? std::string{} : path.substr(dot + 1, path.find('.', dot + 1) - dot - 1);
    const auto* owner = type == made_.declared.name ? &made_ : table_.entry_of(type);
    if (owner) {
      auto at = std::ranges::find(owner->declared.rules, field, &declared_rule::name);
      if (at != owner->declared.rules.end() && at->inherits_from.empty())
        return {&*at, &owner->built.rules[static_cast<std::size_t>(at - owner->declared.rules.begin())]};
    }
    give_up("inherits from " + path + ", which is not known or inherits itself");
    return {};
  }

  static const declared_type& type_of(const declared_rule& x) {
    static const declared_type plain;
    return x.type ? *x.type : plain;
  }

  /// `resolves`: rules within still take over what they inherit.
  void fill(rule& out, const declared_rule& x, bool resolves, std::size_t depth) {
    out.name = x.name;
    check_name(x.name, "field name");
    out.optional = x.optional.value_or(false);
    const auto* shown = &type_of(x);
    if (x.inherits_from.empty()) {
      out.type = made_type(*shown, resolves, depth);
    } else {
      auto [declared, built] = target(x.inherits_from);
      if (!declared)
        return;
      out.optional = x.optional.value_or(declared->optional.value_or(false));
      bool takes_item = x.extract == "CollectionItemType";
      if (!x.type)
        shown = &type_of(*declared);
      if (takes_item && !x.type) {
        if (!shown->item || shown->key)
          return give_up("takes the items of " + x.inherits_from + ", which is no collection");
        shown = shown->item.get();
      }
      if (resolves || x.type) {
        out.type = made_type(*shown, resolves && x.type, depth);
      } else {
        out.inherited = built;
        out.inherits_item = takes_item;
      }
    }
    out.opening_tag = opening_tag(x.name, shown->kind);
  }

  item_type made_type(const declared_type& x, bool resolves, std::size_t depth) {
    item_type out;
    if (depth > limits::object_depth) {
      give_up("nested too deeply", errc::too_large);
      return out;
    }
    out.kind = x.kind;
    out.pattern = x.pattern;
    out.matcher = x.pattern.empty() ? nullptr : matcher(x.pattern);
    out.min = x.min;
    out.max = x.max;
    out.allowed_types = x.allowed_types;
    if (x.item)
      out.item = std::make_shared<const item_type>(made_type(*x.item, resolves, depth + 1));
    if (x.key) {
      out.key = std::make_shared<const item_type>(made_type(*x.key, resolves, depth + 1));
      if (x.key->kind >= item_kind::array || x.key->kind == item_kind::stringifiable)
        give_up("a map key that is a collection, object or stringifiable");
    }
    if (x.kind == item_kind::object && x.rules.empty())
      give_up("a nested object without rules");
    check_distinct(x.rules);
    out.rules.resize(x.rules.size());
    for (std::size_t i = 0; i < x.rules.size(); ++i) {
      if (x.rules[i].is_id)
        give_up("an id within a nested object");
      fill(out.rules[i], x.rules[i], resolves, depth + 1);
    }
    return out;
  }

  std::shared_ptr<const text_pattern> matcher(const std::string& source) {
    auto& known = table_.patterns_[source];
    if (!known) {
      auto compiled = text_pattern::compile(source);
      if (compiled)
        known = *compiled;
      else
        give_up(compiled.failure().message, compiled.failure().code);
    }
    return known;
  }

  static std::string opening_tag(const std::string& name, item_kind kind) {
    auto tag = [&](const char* element, const char* data = "") { return std::string{"<"} + element + " itemprop=\"" + name + '"' + data + '>'; };
    switch (kind) {
    case item_kind::reference_to_object:
      return tag("a", " data-type=\"obj\"");
    case item_kind::reference_to_id:
      return tag("a", " data-type=\"id\"");
    case item_kind::reference_to_clob:
      return tag("a", " data-type=\"clob\"");
    case item_kind::reference_to_blob:
      return tag("a", " data-type=\"blob\"");
    case item_kind::array:
      return tag("ol");
    case item_kind::bag:
    case item_kind::set:
      return tag("ul");
    case item_kind::map:
      return tag("dl");
    case item_kind::object:
      return tag("div");
    default:
      return tag("span");
    }
  }

  recipe_table& table_;
  recipe_table::entry& made_;
  std::optional<error> failure_;
};

result<const recipe*> recipe_table::add(declared_recipe declared, std::string text) {
  std::unique_lock<std::shared_mutex> guard;
  if (layering_)
    guard = std::unique_lock{layering_->mutex};
  if (entry_of(declared.name))
    return fail(errc::conflict, "there is a recipe called " + declared.name);
  if (layering_ && order_.size() >= limits::registered_recipes)
    return fail(errc::too_large, "there are " + std::to_string(order_.size()) + " registered recipes, and no more may be added");
  auto made = std::make_unique<entry>();
  made->declared = std::move(declared);
  made->built.text = std::move(text);
  if (auto failure = recipe_builder{*this, *made}.build())
    return *failure;
  const auto* built = &made->built;
  recipes_.emplace(built->name, std::move(made));
  order_.push_back(built);
  return built;
}

result<const recipe*> recipe_table::add(std::string_view text) {
  LAMA_TRY(parsed, parse_object(text, standard_recipes()));
  LAMA_TRY(declared, recipe_from_object(parsed));
  return add(std::move(declared), std::string{text});
}

result<const recipe*> recipe_table::add_line(std::string_view line) {
  LAMA_TRY(declared, recipe_from_line(line));
  auto text = recipe_text(declared);
  return add(std::move(declared), std::move(text));
}

/// Whoever calls it for a table that grows holds its mutex.
const recipe_table::entry* recipe_table::entry_of(std::string_view type) const {
  if (auto found = recipes_.find(type); found != recipes_.end())
    return found->second.get();
  return layering_ ? layering_->base.entry_of(type) : nullptr;
}

const recipe* recipe_table::find(std::string_view type) const {
  if (!layering_) {
    auto found = recipes_.find(type);
    return found == recipes_.end() ? nullptr : &found->second->built;
  }
  if (const auto* known = layering_->base.find(type))
    return known;
  std::shared_lock guard{layering_->mutex};
  auto found = recipes_.find(type);
  return found == recipes_.end() ? nullptr : &found->second->built;
}

std::vector<const recipe*> recipe_table::all() const {
  auto types = layering_ ? layering_->base.all() : std::vector<const recipe*>{};
  auto own = added();
  types.insert(types.end(), own.begin(), own.end());
  return types;
}

std::vector<const recipe*> recipe_table::added() const {
  std::shared_lock<std::shared_mutex> guard;
  if (layering_)
    guard = std::shared_lock{layering_->mutex};
  return order_;
}

} // namespace lama::protocol
