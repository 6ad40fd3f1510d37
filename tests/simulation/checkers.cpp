#include "tests/simulation/checkers.hpp"

#include "protocol/models/chat.hpp"
#include "protocol/models/leute.hpp"
#include "protocol/models/outbox.hpp"

#include <leveldb/db.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

namespace lama::simulator {

namespace {

/// An archive: the bridge, its sparse instance's chum, one chum of the contact. A sparse instance: the bridge and chum.
constexpr std::size_t most_archive_connections = 3;
constexpr std::size_t most_sparse_connections = 2;

std::string name_of(const household& home, bool archive) {
  return home.user + (archive ? "'s archive" : "'s sparse instance");
}

/// Calls `look` with each side of each household: index, is it the archive, the side.
template <class Look>
void each_side(town& all, Look look) {
  for (std::size_t i = 0; i < all.homes.size(); ++i) {
    look(i, true, all.homes[i]->archive);
    look(i, false, all.homes[i]->sparse);
  }
}

bool concerns(const std::vector<std::size_t>& audience, std::size_t home) {
  return std::ranges::find(audience, home) != audience.end();
}

/// Conversations that are to be on this household's sides, and those that are though they should not.
std::set<std::string> conversations_of(town& all, std::size_t home, side& where) {
  std::set<std::string> ids;
  for (const auto& [id, wanted] : all.expected.conversations)
    if (concerns(wanted.audience, home))
      ids.insert(id);
  for (auto& id : all.homes[home]->conversations(where))
    ids.insert(id);
  return ids;
}

/// How often each text is there.
using counts = std::map<std::string, std::size_t>;

counts texts_on(town& all, std::size_t home, side& where, const std::string& place, problems& found) {
  counts texts;
  for (const auto& conversation : conversations_of(all, home, where))
    for (const auto& line : all.homes[home]->lines(where, conversation)) {
      ++texts[line.text];
      auto wanted = all.expected.messages.find(line.text);
      if (wanted == all.expected.messages.end())
        found.push_back(place + " has a message that nobody asked for: '" + line.text + "' in " + conversation.substr(0, 20));
      else if (wanted->second.conversation != conversation)
        found.push_back(place + " has '" + line.text + "' in another conversation");
    }
  return texts;
}

void check_attachment(town& all, const hash& descriptor, std::size_t home, side& where, const std::string& place, const std::string& text, problems& found) {
  auto context = where.user(all.homes[home]->user);
  if (!context)
    return;
  auto view = context->store->read();
  auto file = models::read_attachment(*view, descriptor);
  if (!view->contains(descriptor) || !view->contains(file.blob))
    found.push_back(place + " has not the file of '" + text + "'");
}

std::vector<hash> contact_persons(const household& home, side& where) {
  std::vector<hash> persons;
  auto context = where.user(home.user);
  if (!context)
    return persons;
  for (const auto& contact : models::contacts(*context->store->read()))
    for (const auto& person : contact.persons)
      persons.push_back(person);
  return persons;
}

/// Keys of the prefix `u` (storage/keys.hpp): blobs that never came to an end.
std::size_t uploads_left(side& where, const std::string& folder) {
  leveldb::Options options;
  options.env = &where.disk();
  leveldb::DB* opened = nullptr;
  if (!leveldb::DB::Open(options, folder, &opened).ok())
    return 0; // whoever verifies the store says so
  std::unique_ptr<leveldb::DB> database{opened};
  std::unique_ptr<leveldb::Iterator> at{database->NewIterator({})};
  std::size_t count = 0;
  for (at->Seek("u"); at->Valid() && at->key().starts_with("u"); at->Next())
    ++count;
  at.reset();
  where.disk().run_background();
  return count;
}

} // namespace

problems check_messages(town& all) {
  problems found;
  std::map<std::string, std::size_t> places; // how many sides have it
  each_side(all, [&](std::size_t home, bool archive, side& where) {
    auto place = name_of(*all.homes[home], archive);
    if (!where.is_up() || !where.user(all.homes[home]->user)) {
      found.push_back(place + " is not there, or locked");
      return;
    }
    auto texts = texts_on(all, home, where, place, found);
    for (const auto& [text, wanted] : all.expected.messages) {
      auto there = texts.find(text);
      auto count = there == texts.end() ? 0 : there->second;
      places[text] += count > 0;
      if (count > 1)
        found.push_back(place + " has '" + text + "' " + std::to_string(count) + " times");
      if (wanted.acknowledged && count == 0 && concerns(wanted.audience, home))
        found.push_back(place + " lacks '" + text + "', which was acknowledged");
      if (count > 0 && !concerns(wanted.audience, home))
        found.push_back(place + " has '" + text + "', which is not for it");
      if (count > 0 && wanted.attachment)
        check_attachment(all, *wanted.attachment, home, where, place, text, found);
    }
  });
  for (const auto& [text, wanted] : all.expected.messages)
    if (!wanted.acknowledged && places[text] != 0 && places[text] != 2 * wanted.audience.size())
      found.push_back("'" + text + "', not acknowledged, is on " + std::to_string(places[text]) + " sides only");
  return found;
}

problems check_authors(town& all) {
  problems found;
  each_side(all, [&](std::size_t home, bool archive, side& where) {
    auto place = name_of(*all.homes[home], archive);
    if (!where.is_up())
      return;
    for (const auto& conversation : conversations_of(all, home, where))
      for (const auto& line : all.homes[home]->lines(where, conversation)) {
        auto wanted = all.expected.messages.find(line.text);
        if (wanted == all.expected.messages.end())
          continue; // check_messages says so
        auto author = all.persons[wanted->second.author];
        if (line.author != author)
          found.push_back(place + " shows a wrong author of '" + line.text + "'");
        else if (!line.verified)
          found.push_back(place + " cannot verify the author of '" + line.text + "'");
        if (!wanted->second.imported && line.sender != author)
          found.push_back(place + " shows a wrong sender of '" + line.text + "'");
      }
  });
  return found;
}

problems check_receipts(town& all) {
  problems found;
  each_side(all, [&](std::size_t home, bool archive, side& where) {
    auto context = where.is_up() ? where.user(all.homes[home]->user) : nullptr;
    if (!context || !context->partner)
      return;
    models::user_persons who =
        archive ? models::user_persons{context->partner->person, context->me.person} : models::user_persons{context->me.person, context->partner->person};
    auto pending = models::pending_messages(*context->store->read(), who, 1000);
    for (const auto& entry : pending)
      if (std::getenv("LAMA_SIMULATION_LOG") != nullptr) {
        auto view = context->store->read();
        auto when = protocol::load(*view, entry.entry.message);
        auto payload = when ? protocol::load(*view, when->reference("data").value_or(hash{})) : when;
        auto message = payload ? models::read_chat_message(*payload) : result<models::chat_message>{payload.failure()};
        std::fprintf(stderr, "pending on %s: %s %s receipts %zu note %s\n", name_of(*all.homes[home], archive).c_str(), entry.entry.message.hex().c_str(),
                     message ? message->text.c_str() : message.failure().message.c_str(), view->objects_of_type("LamaReceipt", 1000).names.size(),
                     view->note("receipt/" + entry.entry.message.hex()).value_or("none").c_str());
      }
    if (!pending.empty())
      found.push_back(name_of(*all.homes[home], archive) + " has " + std::to_string(pending.size()) + " outbox entries without receipt");
  });
  return found;
}

problems check_people(town& all) {
  problems found;
  for (std::size_t i = 0; i < all.homes.size(); ++i) {
    auto& home = *all.homes[i];
    if (!home.archive.is_up() || !home.sparse.is_up())
      continue;
    auto persons = contact_persons(home, home.archive);
    auto times = std::ranges::count(persons, all.persons[1 - i]);
    if (times != 1)
      found.push_back(name_of(home, true) + " has the other user " + std::to_string(times) + " times among its contacts");
    auto shown = home.conversations(home.sparse);
    for (const auto& [id, wanted] : all.expected.conversations)
      if (wanted.acknowledged && concerns(wanted.audience, i) && std::ranges::count(shown, id) != 1)
        found.push_back(name_of(home, false) + " does not list the conversation " + id.substr(0, 20));
    for (const auto& id : shown)
      if (!all.expected.conversations.contains(id) && !std::ranges::any_of(all.expected.groups, [&](const auto& x) { return id.starts_with(x); }))
        found.push_back(name_of(home, false) + " lists a conversation that nobody made: " + id.substr(0, 20));
  }
  return found;
}

problems check_leftovers(town& all) {
  problems found;
  each_side(all, [&](std::size_t home, bool archive, side& where) {
    auto open = where.open_connections();
    if (open > (archive ? most_archive_connections : most_sparse_connections))
      found.push_back(name_of(*all.homes[home], archive) + " has " + std::to_string(open) + " connections open");
  });
  return found;
}

problems check_stores(town& all) {
  problems found;
  for (auto* where : all.sides())
    if (where->is_up())
      where->stop();
  each_side(all, [&](std::size_t home, bool archive, side& where) {
    auto place = name_of(*all.homes[home], archive);
    auto folder = std::string{archive ? "/archive/" : "/sparse/"} + all.homes[home]->user;
    if (auto left = uploads_left(where, folder); left > 0)
      found.push_back(place + " has " + std::to_string(left) + " uploads left over");
    auto store = where.open_store(all.homes[home]->user);
    if (!store) {
      found.push_back(place + " does not open: " + store.failure().message + " (" + store.failure().detail + ")");
      return;
    }
    auto report = (*store)->verify();
    for (const auto& problem : report.problems) {
      found.push_back(place + ": " + problem);
      if (std::getenv("LAMA_SIMULATION_LOG") != nullptr)
        for (auto at = problem.find("Object "); at != problem.npos; at = problem.npos)
          if (auto name = hash::from_hex(std::string_view{problem}.substr(at + 7, 64)))
            std::fprintf(stderr, "%s: %s\n", problem.c_str(), (*store)->read()->read(*name).value_or("").c_str());
    }
    where.disk().run_background();
  });
  return found;
}

problems check_contents(town& all) {
  problems found;
  for (auto check : {check_messages, check_authors, check_receipts, check_people, check_leftovers})
    for (auto& problem : check(all))
      found.push_back(std::move(problem));
  return found;
}

} // namespace lama::simulator
