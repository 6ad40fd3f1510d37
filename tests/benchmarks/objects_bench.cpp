#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/support/vectors.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
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

std::string group_of(int members) {
  std::vector<hash> persons;
  for (int i = 0; i < 20; ++i)
    persons.push_back(sha256(std::to_string(members + i)));
  return object_writer{"Group"}.text("name", "g").bag("person", reference_kind::id, persons).finish();
}

/// Merged groups grow with their number; a person stays as long as they were.
std::string person_of(int version) {
  return object_writer{"Person"}.text("email", "a@example.com").text("name", "Version " + std::to_string(version)).finish();
}

enum class way { change, import };

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

/// One more version of an object that has so many already; each time is a store of its own, so that the count stays.
void next_version(benchmark::State& state, way those, way how) {
  using clock = std::chrono::steady_clock;
  auto already = static_cast<int>(state.range(0));
  std::vector<std::string> texts;
  for (int i = 0; i <= already; ++i)
    texts.push_back(those == way::change && how == way::change ? group_of(i) : person_of(i));
  for (auto _ : state) {
    memory_space space{standard_recipes()};
    for (int i = 0; i < already; ++i)
      bring(space, those, texts[static_cast<std::size_t>(i)], i);
    auto start = clock::now();
    bring(space, how, texts.back(), already);
    state.SetIterationTime(std::chrono::duration<double>(clock::now() - start).count());
  }
}
#define LAMA_HISTORIES(NAME, THOSE, HOW) BENCHMARK_CAPTURE(next_version, NAME, THOSE, HOW)->Arg(1)->Arg(10)->Arg(300)->UseManualTime()->Iterations(300)

LAMA_HISTORIES(change, way::change, way::change);
LAMA_HISTORIES(import, way::import, way::import);
LAMA_HISTORIES(first_import_after_changes, way::change, way::import); // walks what no merge has seen

} // namespace
} // namespace lama::protocol

BENCHMARK_MAIN();
