#pragma once

#include "protocol/policy/import_policy.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What becomes of an object that is written in two places: a strategy for every type (docs/sync-strategies.md). Who may bring a type at all is the
/// other table, import_policy.hpp.
namespace lama::protocol::policy {

enum class strategy : uint8_t {
  append_only,    ///< it has no versions: each object stays as it was written, and more come
  last_write,     ///< one instance writes it; its newest version replaces what others have
  merge,          ///< versions of several writers become one, field by field (docs/protocol/01 §5.3)
  instance_local, ///< it says something about this instance alone: never taken from anybody
};

/// "append-only" and so on, as in the configuration.
std::string_view to_string(strategy x);

/// One line of the table. A type ending in `*` stands for all that begin so; the first line that fits counts.
struct strategy_row {
  std::string_view type;
  strategy usual;
  std::string_view why;
};
std::span<const strategy_row> strategies();

/// The table with what a configuration says otherwise.
class strategy_table {
public:
  /// A configuration may keep a type on the instance, and nothing else: all other rules are an agreement with those who do the same.
  /// `bad_input` for unknown types and strategies, `conflict` for what cannot be chosen, each with the reason.
  result<done> set(std::string_view type, std::string_view wanted, const recipe_table& recipes);

  /// Types that only others know have none; what is stored of them is kept as it is, so that is append-only.
  strategy of(std::string_view type, const recipe_table& recipes) const;
  bool is_local(std::string_view type) const {
    return kept_here_.contains(type);
  }

private:
  std::map<std::string, strategy, std::less<>> kept_here_;
};

/// For people: what the node does with a type, and why.
struct explanation {
  std::string type;
  policy::strategy strategy = strategy::append_only;
  std::string why;
  bool configured = false; ///< the configuration says so, not the table
  struct rule {
    std::string from;  ///< "my archive", "my device", "a contact"
    std::string reach; ///< what of it is taken from there
  };
  std::vector<rule> rules;
};
/// `not_found` for a type that is not known here.
result<explanation> explain(std::string_view type, const strategy_table& table, const recipe_table& recipes);

} // namespace lama::protocol::policy
