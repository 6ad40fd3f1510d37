#include "protocol/versions/history.hpp"
#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"

#include <charconv>
#include <cstdlib>
#include <vector>

namespace {

using namespace lama;
using namespace lama::protocol;

/// The shipped types and the vectors' type with every kind of field.
const recipe_table& recipes() {
  static const auto table = [] {
    auto made = recipe_table::on_top_of(standard_recipes());
    if (!made.add_line("V_Doc: id*: string; title: string; n?: number; tags: set<string>; list: array<string>; bag: bag<integer>; m: map<string, string>; "
                       "ms: map<string, set<string>>; o?: {a: string; b?: string; t?: set<string>}; j?: stringifiable"))
      std::abort();
    return made;
  }();
  return table;
}

struct step {
  bool import = false;
  int64_t time = 0;
  std::string_view text;
};

/// Lines: `c` or `i`, a time, a blank, an object's text.
std::vector<step> steps_in(std::string_view input) {
  constexpr std::size_t most_steps = 24;
  std::vector<step> steps;
  while (!input.empty() && steps.size() < most_steps) {
    auto line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    step x;
    if (line.size() < 3)
      continue;
    const auto* end = line.data() + line.size();
    auto outcome = std::from_chars(line.data() + 1, end, x.time);
    if (outcome.ec != std::errc{} || outcome.ptr == end || *outcome.ptr != ' ')
      continue;
    x.import = line[0] == 'i';
    x.text = line.substr(static_cast<std::size_t>(outcome.ptr - line.data()) + 1);
    steps.push_back(x);
  }
  return steps;
}

result<stored_version> play(object_space& space, const step& x) {
  if (!x.import)
    return store_version(space, x.text, x.time);
  LAMA_TRY(data, space.put(x.text));
  auto edge = edge_to(data.name, static_cast<double>(x.time));
  LAMA_TRY(node, space.put(write_version_node(edge)));
  auto head = data.id ? space.head(*data.id) : std::nullopt;
  auto by_all_nodes = head && !space.in_history(*data.id, node.name) ? detail::merge_data(space, {*head, *load_version_node(space, *head)}, {node.name, edge},
                                                                                          merge_repairs::on, detail::merge_route::generic)
                                                                     : result<detail::merged_data>{fail(errc::not_found, "no merge")};
  auto imported = import_version(space, node.name);
  if (by_all_nodes && (!imported || imported->data != by_all_nodes->name))
    std::abort(); // what is remembered of a history gives what the history gives
  if (imported && import_version(space, node.name)->changed)
    std::abort(); // the same once more is no news
  return imported;
}

void check_current(const object_space& space, const hash& id) {
  auto data = current_data(space, id);
  auto text = data ? space.read(*data) : std::nullopt;
  auto facts = text ? examine(*text, space.recipes()) : result<object_facts>{fail(errc::not_found, "")};
  if (!facts || facts->id_hash != id || sha256(*text) != *data)
    std::abort();
  auto list = list_versions(space, id, 100);
  if (!list || list->versions.empty() || !list->versions.front().is_current)
    std::abort();
}

} // namespace

// Whatever versions come in whatever order, the current one is a valid version of the same object, merged as by its whole history; of a type of ours imports
// give the same bytes in any order (docs/protocol/01 §5.6).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  auto steps = steps_in({reinterpret_cast<const char*>(data), size});
  memory_space space{recipes()};
  memory_space backwards{recipes()};
  std::optional<hash> one;
  bool comparable = true;
  for (const auto& x : steps)
    if (auto stored = play(space, x)) {
      check_current(space, stored->id);
      comparable = comparable && x.import && classify(x.text).type.starts_with("Lama") && stored->id == one.value_or(stored->id);
      one = stored->id;
    }
  for (auto x = steps.rbegin(); x != steps.rend(); ++x)
    if (auto stored = play(backwards, *x))
      check_current(backwards, stored->id);
  if (comparable && one && current_data(space, *one) != current_data(backwards, *one))
    std::abort();
  return 0;
}
