#include "protocol/policy/sync_strategy.hpp"

#include <algorithm>
#include <array>

namespace lama::protocol::policy {

namespace {

using enum strategy;

constexpr std::array<std::string_view, 4> names{"append-only", "last-write", "merge", "instance-local"};

// clang-format off
constexpr strategy_row rows[] = {
  // Who I am, whom I know, who sees what, and how this node works.
  {"Leute",               instance_local, "it is my address book: who is in it is decided here"},
  {"Someone",             instance_local, "whom I take several persons for is my own view of them"},
  {"Access",              instance_local, "who may see an object is decided where it is"},
  {"IdAccess",            instance_local, "who may see the versions of an object is decided where they are"},
  {"Group",               instance_local, "groups are what access is given to; a member from elsewhere would be let in"},
  {"GroupProfile",        instance_local, "it belongs to a group of this instance"},
  {"ChannelRegistry",     instance_local, "it lists the channels that are kept here"},
  {"TopicAppRegistry",    instance_local, "it lists the conversations that are kept here"},
  {"Settings",            instance_local, "settings are of the instance that they are made on"},
  {"IoMRequestsRegistry", instance_local, "it lists the requests that were seen here"},
  {"LocalInstancesList",  instance_local, "it lists the instances of this machine"},
  {"Chum",                instance_local, "a note on a connection of this instance"},
  {"Instance",            instance_local, "it says what this instance is; others know its id alone"},

  // What several may write at the same time.
  {"Person",              merge,          "each version may bring a name; the latest counts"},
  {"Profile",             merge,          "what a person says of themselves on several devices adds up"},
  {"ChannelInfo",         merge,          "entries of all who write to a channel become one list in the order of time"},

  // What one instance writes and the other shows.
  {"Recipe",              last_write,     "types are registered in the archive, and devices learn them; from others they would change what is accepted"},
  {"LamaContact",         last_write,     "the archive writes it, devices show it"},
  {"LamaConversation",    last_write,     "the archive writes it, devices show it"},
  {"LamaImport",          last_write,     "the archive writes how far an import came"},
  {"LamaSetting",         last_write,     "the latest choice is what the person wants"},
};
// clang-format on

constexpr strategy_row versioned_otherwise{"*", merge, "versions of several writers become one by the rules that every peer follows"};
constexpr strategy_row registered{"*", last_write, "a user registered it: the archive alone writes it, and shares it with my devices"};
constexpr strategy_row unversioned{"*", append_only, "it has no versions: what was written once stays as it is"};

const strategy_row* row_of(std::string_view type) {
  auto found = std::ranges::find(rows, type, &strategy_row::type);
  return found == std::end(rows) ? nullptr : found;
}

const strategy_row& row_of(const recipe& type) {
  if (const auto* found = row_of(type.name))
    return *found;
  if (!type.versioned)
    return unversioned;
  return standard_recipes().find(type.name) ? versioned_otherwise : registered;
}

std::string_view in_words(reach x, bool versioned) {
  switch (x) {
  case reach::never:
    return "nothing";
  case reach::id_only:
    return "its id alone";
  case reach::below:
    return "as part of another object that may come";
  case reach::authored:
    return "what the sender wrote, as part of another object that may come";
  case reach::theirs:
    return "what belongs to the sender, and as part of another object that may come";
  case reach::topic:
    return "where it is about a channel that the sender may bring";
  case reach::by_itself:
    return versioned ? "objects, but no versions" : "all";
  case reach::any:
    return "all";
  }
  return "nothing";
}

} // namespace

std::string_view to_string(strategy x) {
  return names[static_cast<std::size_t>(x)];
}

std::span<const strategy_row> strategies() {
  return rows;
}

result<done> strategy_table::set(std::string_view type, std::string_view wanted, const recipe_table& recipes) {
  const auto* known = recipes.find(type);
  if (!known)
    return fail(errc::bad_input, "there is no type " + std::string{type.substr(0, 100)}, "OR-ET1");
  auto named = std::ranges::find(names, wanted);
  if (named == names.end())
    return fail(errc::bad_input, std::string{wanted.substr(0, 100)} + " is no strategy; there are append-only, last-write, merge and instance-local");
  auto chosen = static_cast<strategy>(named - names.begin());
  auto usual = row_of(*known).usual;
  if (chosen == usual) {
    kept_here_.erase(std::string{type});
    return done{};
  }
  if (chosen != instance_local)
    return fail(errc::conflict, known->name + " is " + std::string{to_string(usual)} + ", since " + std::string{row_of(*known).why} +
                                    "; it can be kept on this instance (instance-local), but not be " + std::string{wanted});
  if (!is_stock_type(type) || type.starts_with("VersionNode"))
    return fail(errc::conflict, known->name + " is what my own instances agree by; without it they would not work together");
  kept_here_.insert_or_assign(std::string{type}, chosen);
  return done{};
}

strategy strategy_table::of(std::string_view type, const recipe_table& recipes) const {
  if (is_local(type))
    return instance_local;
  const auto* known = recipes.find(type);
  return known ? row_of(*known).usual : append_only;
}

result<explanation> explain(std::string_view type, const strategy_table& table, const recipe_table& recipes) {
  const auto* known = recipes.find(type);
  if (!known)
    return fail(errc::not_found, "There is no type " + std::string{type.substr(0, 100)} + " here.");
  explanation out;
  out.type = known->name;
  out.configured = table.is_local(type);
  out.strategy = table.of(type, recipes);
  out.why = out.configured ? "the configuration keeps it on this instance" : std::string{row_of(*known).why};
  for (auto [from, words] :
       {std::pair{origin::archive_of_mine, "my archive"}, std::pair{origin::sparse_of_mine, "my device"}, std::pair{origin::contact, "a contact"}}) {
    auto limit = out.configured ? reach::never : reach_of(from, type);
    out.rules.push_back({words, std::string{in_words(limit, known->versioned)}});
  }
  return out;
}

} // namespace lama::protocol::policy
