#include "apps/lama/policy_command.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/policy/sync_strategy.hpp"

#include <iostream>
#include <memory>

/// What the node does with each type, and why: tables that need no running node, but for the types that a user registered.
namespace lama::app {

namespace {

namespace policy = protocol::policy;

json to_json(const policy::explanation& x) {
  auto rules = json::object();
  for (const auto& rule : x.rules)
    rules[rule.from] = rule.reach;
  return {{"type", x.type}, {"strategy", policy::to_string(x.strategy)}, {"why", x.why}, {"configured", x.configured}, {"takes", std::move(rules)}};
}

std::filesystem::path file_of(const common_options& common) {
  return common.config.empty() ? default_config_file() : std::filesystem::path{common.config};
}

/// Of the running node's user.
result<protocol::recipe_table> with_registered(const common_options& common, const std::string& type) {
  LAMA_TRY(node, open_client(common));
  LAMA_TRY(answer, node.call("one-core:storage:query", {{"type", "Recipe"}, {"filter", {{"name", type}}}}));
  auto recipes = protocol::recipe_table::on_top_of(protocol::standard_recipes());
  for (const auto& x : list_in(answer, "objects")) {
    LAMA_TRY(recipe, protocol::from_json(x.value("data", json::object()), recipes));
    LAMA_TRY(text, protocol::write_object(recipe, recipes));
    LAMA_CHECK(recipes.add(text));
  }
  return recipes;
}

result<policy::explanation> find(const common_options& common, const std::string& type, const policy::strategy_table& table) {
  const auto& shipped = protocol::standard_recipes();
  if (shipped.find(type))
    return policy::explain(type, table, shipped);
  auto recipes = with_registered(common, type);
  if (!recipes)
    return fail(errc::not_found, "There is no type " + type.substr(0, limits::type_name_bytes) +
                                     " among those that are shipped; of those that users registered nothing is known: " + recipes.failure().message);
  return policy::explain(type, table, *recipes);
}

int explain(const common_options& common, const std::string& type) {
  auto table = configured_strategies(common);
  if (!table)
    return report(table.failure(), common.json);
  auto found = find(common, type, *table);
  if (!found)
    return report(found.failure(), common.json);
  if (common.json) {
    print_json(to_json(*found));
    return worked;
  }
  std::cout << found->type << " is " << policy::to_string(found->strategy) << (found->configured ? " (" + file_of(common).string() + ")" : "") << ": "
            << found->why << ".\nWhat is taken of it\n";
  for (const auto& rule : found->rules)
    std::cout << "  from " << rule.from << ": " << rule.reach << '\n';
  return worked;
}

int list_all(const common_options& common) {
  auto table = configured_strategies(common);
  if (!table)
    return report(table.failure(), common.json);
  auto all = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto* type : protocol::standard_recipes().all()) {
    auto found = policy::explain(type->name, *table, protocol::standard_recipes());
    if (!found)
      return report(found.failure(), common.json);
    all.push_back(to_json(*found));
    rows.push_back({found->type, std::string{policy::to_string(found->strategy)}, found->why});
  }
  if (common.json)
    print_json(all);
  else
    print_table({"TYPE", "STRATEGY", "WHY"}, rows);
  return worked;
}

} // namespace

result<policy::strategy_table> configured_strategies(const common_options& common) {
  policy::strategy_table table;
  for (const auto& [type, wanted] : common.sync_strategies)
    if (auto set = table.set(type, wanted, protocol::standard_recipes()); !set)
      return fail(set.failure().code, file_of(common).string() + ", [sync-strategies]: " + set.failure().message);
  return table;
}

void add_policy_command(command_list& to) {
  auto* command = to.add("policy", "What becomes of each type of object, who may bring it, and why");
  command->require_subcommand(1);
  auto type = std::make_shared<std::string>();
  auto* explaining = command->add_subcommand("explain", "One type");
  explaining->add_option("TYPE", *type, "Such as ChatMessage")->required();
  auto* listing = command->add_subcommand("list", "All of them");
  to.on(command, [type, listing, &common = to.common] { return listing->parsed() ? list_all(common) : explain(common, *type); });
}

} // namespace lama::app
