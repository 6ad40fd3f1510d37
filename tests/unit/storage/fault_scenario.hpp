#pragma once

#include "protocol/versions/versions.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lama::storage::testing {

/// What a run was told to be durable.
struct acknowledged {
  std::map<hash, std::string> objects;
  std::map<hash, hash> current; ///< id → data of its head
  std::map<std::string, std::string> notes;
  std::set<hash> elsewhere;
};

struct step {
  std::function<result<done>(store&, acknowledged&)> run;
};

inline step texts_step(std::vector<std::string> texts) {
  return {[texts = std::move(texts)](store& x, acknowledged& told) -> result<done> {
    auto committed = change_store(x, [&](transaction& to) -> result<done> {
      for (const auto& text : texts)
        LAMA_CHECK(to.put(text));
      to.set_note("last", std::to_string(texts.size()));
      return done{};
    });
    LAMA_CHECK(std::move(committed));
    for (const auto& text : texts)
      told.objects[sha256(text)] = text;
    told.notes["last"] = std::to_string(texts.size());
    return done{};
  }};
}

inline step version_step(std::string text, int64_t time) {
  return {[text = std::move(text), time](store& x, acknowledged& told) -> result<done> {
    protocol::stored_version stored;
    auto committed = change_store(x, [&](transaction& to) -> result<done> {
      LAMA_TRY(version, protocol::store_version(to, text, time));
      stored = version;
      return done{};
    });
    LAMA_CHECK(std::move(committed));
    told.objects[stored.data] = text;
    told.current[stored.id] = stored.data;
    return done{};
  }};
}

inline step blob_step(std::string bytes) {
  return {[bytes = std::move(bytes)](store& x, acknowledged& told) -> result<done> {
    LAMA_TRY(upload, x.begin_blob());
    for (std::size_t at = 0; at < bytes.size(); at += 30'000)
      LAMA_CHECK(x.append_blob(upload, std::string_view{bytes}.substr(at, 30'000)));
    auto name = x.finish_blob(upload, sha256(bytes));
    x.cancel_blob(upload); // where it could not be finished
    LAMA_CHECK(std::move(name));
    told.objects[sha256(bytes)] = bytes;
    return done{};
  }};
}

/// Drops the bytes of an object; a store that failed in it may have done so or not.
inline step evict_step(std::string text) {
  return {[name = sha256(text)](store& x, acknowledged& told) -> result<done> {
    told.objects.erase(name);
    if (!x.read()->elsewhere(name)) // else a try that failed was there after all
      LAMA_CHECK(change_store(x, [&](transaction& to) { return to.evict(name); }));
    told.elsewhere.insert(name);
    return done{};
  }};
}

/// Stores again what was evicted.
inline step return_step(std::string text) {
  return {[text = std::move(text)](store& x, acknowledged& told) -> result<done> {
    told.elsewhere.erase(sha256(text));
    return texts_step({text}).run(x, told);
  }};
}

/// Puts, versions, blobs inline and in pieces; enough bytes for several compactions with the smallest buffer.
inline std::vector<step> scenario() {
  std::vector<step> steps;
  steps.push_back(texts_step({person_text("alice@example.com"), chat_text("first")}));
  for (int i = 0; i < 4; ++i) {
    auto number = std::to_string(i);
    steps.push_back(texts_step({chat_text(to_hex(noise(3000, static_cast<uint32_t>(i + 1)))), signature_text(sha256(chat_text("first")))}));
    steps.push_back(version_step(person_text("alice@example.com", "Alice " + number), 1000 + i));
    steps.push_back(version_step(person_text("bob" + number + "@example.com"), 2000 + i));
    steps.push_back(blob_step(noise(20'000, static_cast<uint32_t>(100 + i))));
  }
  steps.push_back(evict_step(chat_text(to_hex(noise(3000, 1)))));
  steps.push_back(evict_step(chat_text(to_hex(noise(3000, 2)))));
  steps.push_back(return_step(chat_text(to_hex(noise(3000, 1)))));
  steps.push_back(blob_step(noise(1'200'000, 77)));
  steps.push_back(texts_step({license_text("last")}));
  return steps;
}

inline void expect_all_there(const store& x, const acknowledged& told) {
  auto view = x.read();
  for (const auto& [name, bytes] : told.objects)
    ASSERT_TRUE(view->read(name) == bytes) << name.hex();
  for (const auto& [id, data] : told.current)
    ASSERT_EQ(protocol::current_data(*view, id), data);
  for (const auto& [key, value] : told.notes)
    ASSERT_EQ(view->note(key), value);
  for (const auto& name : told.elsewhere)
    ASSERT_TRUE(view->elsewhere(name));
  ASSERT_FALSE(view->trouble());
}

} // namespace lama::storage::testing
