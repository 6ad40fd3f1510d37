#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/support/vectors.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <vector>

/// Microdata and versions without a disk (docs/performance.md). Bytes are those of the objects' texts; run with --benchmark_repetitions for the spread.
namespace lama::protocol {
namespace {

using nlohmann::json;

void collect(const json& x, std::vector<std::string>& into) {
  for (const auto& [key, content] : x.items())
    if (content.is_structured())
      collect(content, into);
    else if (key == "microdata" && classify(content.get<std::string>()).kind == content_kind::object)
      into.push_back(content.get<std::string>());
}

/// What a node handles all day: contacts, channel entries, certificates, version nodes and messages, as the stock peer wrote them.
std::vector<std::string> mixed_texts() {
  std::vector<std::string> texts;
  for (const char* file : {"leute.json", "channels.json", "chat.json", "certificates.json"})
    collect(testing::load_vectors(file), texts);
  std::erase_if(texts, [](const auto& text) { return !examine(text, standard_recipes()); });
  return texts;
}

std::vector<std::string> messages() {
  std::vector<std::string> texts;
  for (int i = 0; i < 64; ++i) {
    std::string words;
    while (words.size() < 200)
      words += "see you at the station tomorrow, bring the photos " + std::to_string(i) + ' ';
    texts.push_back(object_writer{"ChatMessage"}.text("text", words).id_reference("sender", sha256(words)).finish());
  }
  return texts;
}

std::vector<std::string> long_texts() {
  std::string words;
  while (words.size() < 16'000)
    words += "A long letter goes on & on, <with> this and that; ";
  return {object_writer{"News"}.text("content", words).finish()};
}

std::vector<std::string> groups() {
  std::vector<hash> members;
  for (int i = 0; i < 500; ++i)
    members.push_back(sha256(std::to_string(i)));
  return {object_writer{"Group"}.text("name", "g").bag("person", reference_kind::id, members).finish()};
}

std::vector<std::string> settings() {
  map properties;
  for (int i = 0; i < 100; ++i)
    properties.emplace_back("key." + std::to_string(i), json{{"value", i}, {"label", "a text"}, {"on", true}});
  object x{"Settings"};
  x.set("id", "app").set("properties", properties);
  return {*write_object(x, standard_recipes())};
}

using make_texts = std::vector<std::string> (*)();

std::size_t bytes_in(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts)
    bytes += text.size();
  return bytes;
}

void count(benchmark::State& state, const std::vector<std::string>& texts) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes_in(texts)));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * texts.size()));
}

void parse(benchmark::State& state, make_texts make) {
  auto texts = make();
  for (auto _ : state)
    for (const auto& text : texts)
      benchmark::DoNotOptimize(parse_object(text, standard_recipes()));
  count(state, texts);
}

/// What a store does with every object: checked, its references and id found.
void check(benchmark::State& state, make_texts make) {
  auto texts = make();
  for (auto _ : state)
    for (const auto& text : texts)
      benchmark::DoNotOptimize(examine(text, standard_recipes()));
  count(state, texts);
}

void write(benchmark::State& state, make_texts make) {
  auto texts = make();
  std::vector<object> objects;
  for (const auto& text : texts)
    objects.push_back(*parse_object(text, standard_recipes()));
  for (auto _ : state)
    for (const auto& x : objects)
      benchmark::DoNotOptimize(write_object(x, standard_recipes()));
  count(state, texts);
}

#define LAMA_TEXTS(WORK)                                                                                                                                       \
  BENCHMARK_CAPTURE(WORK, mixed, mixed_texts);                                                                                                                 \
  BENCHMARK_CAPTURE(WORK, messages, messages);                                                                                                                 \
  BENCHMARK_CAPTURE(WORK, long_text, long_texts);                                                                                                              \
  BENCHMARK_CAPTURE(WORK, group_of_500, groups);                                                                                                               \
  BENCHMARK_CAPTURE(WORK, settings_of_100, settings)

LAMA_TEXTS(parse);
LAMA_TEXTS(check);
LAMA_TEXTS(write);

void write_message_by_fields(benchmark::State& state) {
  auto texts = messages();
  std::vector<std::pair<std::string, hash>> fields;
  for (const auto& text : texts) {
    auto x = *parse_object(text, standard_recipes());
    fields.emplace_back(x.text("text"), *x.reference("sender"));
  }
  for (auto _ : state)
    for (const auto& [words, sender] : fields)
      benchmark::DoNotOptimize(object_writer{"ChatMessage"}.text("text", words).id_reference("sender", sender).finish());
  count(state, texts);
}
BENCHMARK(write_message_by_fields);

// ---- versions ----

/// The shipped types; a stock type, and under the name of one of ours another, with all that merges in its own way.
const recipe_table& version_recipes() {
  static const auto table = [] {
    recipe_table made;
    auto add = [](bool added) {
      if (!added)
        std::abort();
    };
    for (const auto* shipped : standard_recipes().all())
      if (shipped->name != "LamaSetting")
        add(static_cast<bool>(made.add(shipped->text)));
    add(static_cast<bool>(made.add_line("References: id*: string; entries: map<string, ref(Email)>")));
    for (const char* name : {"LamaSetting", "Chart"})
      add(static_cast<bool>(made.add_line(std::string{name} + ": id*: string; title: string; box: {a: string; b?: string; tags?: set<string>}; "
                                                              "table: map<string, {x: string}>; any?: {c: string; names: map<string, string>}; "
                                                              "mail?: ref(Email)")));
    return made;
  }();
  return table;
}

std::string text_of(const object& x) {
  return *write_object(x, version_recipes());
}

std::string nth(int version) {
  return "Version " + std::to_string(100'000 + version);
}

// Each version is as large as the one before it, and so are merges: what grows is the history.

std::string group_of(object_space&, const std::string& id, int version) {
  std::vector<hash> persons;
  for (int i = 0; i < 20; ++i)
    persons.push_back(sha256(std::to_string(version >> i & 1 ? i : 20 + i)));
  return object_writer{"Group"}.text("name", id).bag("person", reference_kind::id, persons).finish();
}

std::string person_of(object_space&, const std::string& id, int version) {
  return object_writer{"Person"}.text("email", id).text("name", nth(version)).finish();
}

std::string settings_of(object_space&, const std::string& id, int version) {
  map properties;
  for (int i = 0; i < 10; ++i)
    properties.emplace_back("key." + std::to_string(i), json{{"value", i == version % 10 ? 100'000 + version : 100'000}});
  return text_of(object{"Settings"}.set("id", id).set("properties", properties));
}

/// A map of references.
std::string references_of(object_space& space, const std::string& id, int version) {
  map entries;
  for (int i = 0; i < 10; ++i) {
    auto mail = object_writer{"Email"}.text("email", i == version % 10 ? nth(version) : nth(0)).finish();
    entries.emplace_back("entry." + std::to_string(i), space.put(mail)->name);
  }
  return text_of(object{"References"}.set("id", id).set("entries", entries));
}

/// A map of sets.
std::string someone_of(object_space&, const std::string& id, int version) {
  map identities;
  for (int i = 0; i < 5; ++i)
    identities.emplace_back(sha256("person" + std::to_string(i)), list{sha256("profile" + std::to_string(version % 3))});
  return text_of(object{"Someone"}.set("someoneId", id).set("mainProfile", sha256(nth(version))).set("identities", identities));
}

std::string chart_of(object_space& space, const char* type, const std::string& id, int version) {
  object box;
  box.set("a", nth(version)).set("b", "b").set("tags", list{"one", "two"});
  map table;
  for (int i = 0; i < 5; ++i)
    table.emplace_back("row." + std::to_string(i), object{}.set("x", i == version % 5 ? nth(version) : nth(0)));
  object any;
  any.set("c", nth(version)).set("names", map{{"de", "Tafel"}, {"en", nth(version)}});
  auto mail = space.put(object_writer{"Email"}.text("email", nth(version / 2)).finish())->name;
  return text_of(object{type}.set("id", id).set("title", nth(version)).set("box", box).set("table", table).set("any", any).set("mail", mail));
}

std::string own_chart_of(object_space& space, const std::string& id, int version) {
  return chart_of(space, "LamaSetting", id, version);
}

std::string stock_chart_of(object_space& space, const std::string& id, int version) {
  return chart_of(space, "Chart", id, version);
}

enum class way { change, import };
using make_version = std::string (*)(object_space&, const std::string& id, int version);

void bring(object_space& space, way how, const std::string& text, int64_t time) {
  auto brought = [&]() -> result<stored_version> {
    if (how == way::change)
      return store_version(space, text, time);
    LAMA_TRY(data, space.put(text));
    LAMA_TRY(node, space.put(write_version_node(edge_to(data.name, static_cast<double>(time)))));
    return import_version(space, node.name);
  }();
  if (!brought || !brought->changed) {
    std::cerr << "a version was not stored: " << (brought ? "no news" : brought.failure().message) << '\n';
    std::abort();
  }
}

/// CPU time of this thread: other work on the machine is not in it.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// One more version of an object that has so many already, in a store of 300 versions of this and another object: as large and as warm, however long the
/// history is. Each time is a store of its own, so that the count stays. The median counts: a thread that was interrupted finds cold caches.
void next_version(benchmark::State& state, make_version make, way those, way how) {
  constexpr int all = 300;
  auto already = static_cast<int>(state.range(0));
  std::vector<double> times;
  for (auto _ : state) {
    memory_space space{version_recipes()};
    for (int i = 0; i < all; ++i)
      bring(space, those, make(space, i < all - already ? "other" : "this", i), i);
    auto next = make(space, "this", all);
    auto start = cpu_seconds();
    bring(space, how, next, all);
    times.push_back(cpu_seconds() - start);
    state.SetIterationTime(times.back());
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  state.counters["median_us"] = 1e6 * times[times.size() / 2];
}
#define LAMA_HISTORY(NAME, MAKE, THOSE, HOW)                                                                                                                   \
  BENCHMARK_CAPTURE(next_version, NAME, MAKE, THOSE, HOW)->Arg(1)->Arg(10)->Arg(300)->UseManualTime()->Iterations(201)
#define LAMA_HISTORIES(KIND)                                                                                                                                   \
  LAMA_HISTORY(change_##KIND, KIND##_of, way::change, way::change);                                                                                            \
  LAMA_HISTORY(import_##KIND, KIND##_of, way::import, way::import);                                                                                            \
  LAMA_HISTORY(first_import_after_changes_##KIND, KIND##_of, way::change, way::import)

LAMA_HISTORIES(person);
LAMA_HISTORIES(group);
LAMA_HISTORIES(settings);
LAMA_HISTORIES(references);
LAMA_HISTORIES(someone);
LAMA_HISTORIES(own_chart);
LAMA_HISTORIES(stock_chart);

} // namespace
} // namespace lama::protocol

BENCHMARK_MAIN();
