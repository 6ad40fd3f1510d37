#include "apps/lama/commands.hpp"

#include "protocol/limits.hpp"
#include "protocol/models/import.hpp"
#include "protocol/objects/microdata.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>

namespace lama::app {

namespace {

/// Lines in one call: each call is one transaction.
constexpr std::size_t chunk_lines = 1000;
/// And bytes: a call is one JSON-RPC message, with room for what escaping adds.
constexpr std::size_t chunk_bytes = limits::rpc_message_bytes / 4;
/// Bad lines that are shown; the rest is counted.
constexpr std::size_t most_shown = 100;

struct arguments {
  std::string file;
  std::string source;
  std::string conversation;
  std::vector<std::string> people; ///< NAME=PERSON
  json authors{};                  ///< of an export: author → person
};

struct import_run {
  const common_options& common;
  const arguments& given;
  net::rpc_client node;
  bool to_archive;
  std::string source;
  std::filesystem::path folder;
  json people = json::object();

  json lines = json::array();
  std::size_t bytes = 0;
  uint64_t first_line = 1;
  uint64_t read = 0;
  uint64_t stored = 0;
  uint64_t known = 0;
  uint64_t bad = 0;
  std::string conversation_id{};
  json problems = json::array();
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  progress_line progress{};

  void complain(const std::string& problem) {
    ++bad;
    if (problems.size() < most_shown)
      problems.push_back(problem);
    if (!common.json && bad <= most_shown) {
      progress.clear();
      std::cerr << printable(problem) << '\n';
    }
  }

  /// Lines a second, so far.
  uint64_t rate() const {
    auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return seconds > 0 ? static_cast<uint64_t>(static_cast<double>(read) / seconds) : 0;
  }

  result<done> send_chunk() {
    if (lines.empty())
      return done{};
    auto count = lines.size();
    json request{{"source", source}, {"firstLine", first_line}, {"lines", std::exchange(lines, json::array())}};
    if (!people.empty())
      request["people"] = people;
    if (!given.conversation.empty())
      request["conversation"] = given.conversation;
    LAMA_TRY(answer, node.call("app:import", request));
    first_line += count;
    bytes = 0;
    stored += static_cast<uint64_t>(number_in(answer, "stored"));
    known += static_cast<uint64_t>(number_in(answer, "alreadyThere"));
    conversation_id = text_in(answer, "conversationId");
    for (const auto& problem : list_in(answer, "problems"))
      complain(problem.is_string() ? problem.get<std::string>() : problem.dump());
    progress.show(grouped(read) + " lines, " + grouped(rate()) + " a second");
    return done{};
  }

  /// Stores the files of a line and names them by what they are; answers the line as it is sent.
  result<std::string> with_files(const std::string& line, const models::import_line& parsed) {
    if (!to_archive)
      return fail(errc::bad_input, "Lines with attachments are imported where the archive runs: give its --data-dir, or its --url and --token.");
    auto content = json::parse(line, nullptr, false);
    std::size_t i = 0;
    for (auto& file : content["attachments"]) {
      const auto& named = parsed.attachments[i++];
      LAMA_TRY(name, node.upload(folder / named.file));
      file["file"] = "blob:" + name.hex();
      file["name"] = named.name;
      file["type"] = named.type;
    }
    return content.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  result<done> take_line(std::string line) {
    ++read;
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    if (line.size() > limits::import_line_bytes) {
      complain("line " + std::to_string(read) + ": longer than " + grouped(limits::import_line_bytes) + " bytes");
      line.clear(); // an empty line keeps the numbers of those that follow
    }
    if (line.find("\"attachments\"") != std::string::npos) {
      auto parsed = models::parse_import_line(line, static_cast<int64_t>(read));
      if (parsed && *parsed && !(*parsed)->attachments.empty()) {
        auto rewritten = with_files(line, **parsed);
        if (!rewritten && (rewritten.failure().code == errc::offline || !to_archive))
          return rewritten.failure();
        if (!rewritten)
          complain("line " + std::to_string(read) + ": " + rewritten.failure().message);
        line = rewritten ? std::move(*rewritten) : std::string{};
      }
    }
    bytes += line.size() + 3;
    lines.push_back(std::move(line));
    return lines.size() >= chunk_lines || bytes >= chunk_bytes ? send_chunk() : result<done>{done{}};
  }
};

/// History goes into the archive; where that runs here, without a detour.
result<std::pair<node_address, bool>> find_target(const common_options& common) {
  if (common.url.empty())
    if (auto archive = read_address(common.folder() / archive_ipc_file))
      return std::pair{*archive, true};
  LAMA_TRY(at, find_node(common));
  auto probe = client_to(at, common.user);
  LAMA_TRY(status, probe.call("node:status"));
  return std::pair{at, text_in(status, "side") == "archive"};
}

/// `NAME=PERSON` each: who an author of the file is, by a contact's name or a person's id.
result<json> read_people(net::rpc_client& node, const std::vector<std::string>& given) {
  auto people = json::object();
  if (given.empty())
    return people;
  LAMA_TRY(listed, node.call("query:getContacts"));
  for (const auto& entry : given) {
    auto equals = entry.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size())
      return fail(errc::bad_input, "'" + entry + "' is not NAME=PERSON: the author as the file has it, and a contact's name or a person's id.");
    auto person = entry.substr(equals + 1);
    json found;
    if (hash::from_hex(person)) {
      found = person;
    } else if (person == "me") {
      LAMA_TRY(own, node.call("one-core:getInstance"));
      found = text_in(own, own.contains("publicPersonId") ? "publicPersonId" : "ownerId");
    } else if (person.find('@') != std::string::npos) {
      found = protocol::id_hash_of_person(person).hex();
    }
    for (const auto& contact : list_in(listed, "contacts"))
      if (text_in(contact, "name") == person)
        found = text_in(contact, "personId");
    if (found.is_null())
      return fail(errc::not_found, "No contact is called '" + person + "'; lama contacts lists them.");
    people[entry.substr(0, equals)] = found;
  }
  return people;
}

/// The authors of an exported file that are known here: the others become contacts without keys, as in any import.
result<json> known_people(net::rpc_client& node, const json& authors) {
  auto people = json::object();
  if (!authors.is_object() || authors.empty())
    return people;
  LAMA_TRY(own, node.call("one-core:getInstance"));
  LAMA_TRY(listed, node.call("query:getContacts"));
  std::set<std::string> known{text_in(own, "publicPersonId"), text_in(own, "ownerId")};
  for (const auto& contact : list_in(listed, "contacts"))
    known.insert(text_in(contact, "personId"));
  for (const auto& [author, person] : authors.items())
    if (person.is_string() && hash::from_hex(person.get<std::string>()) && known.contains(person.get<std::string>()))
      people[author] = person;
  return people;
}

int run_import(const common_options& common, const arguments& given) {
  std::ifstream in{given.file, std::ios::binary};
  if (!in)
    return report(fail(errc::not_found, "The file " + given.file + " cannot be read."), common.json);
  auto target = find_target(common);
  if (!target)
    return report(target.failure(), common.json);
  std::filesystem::path file{given.file};
  import_run run{
      common, given, client_to(target->first, common.user), target->second, given.source.empty() ? file.filename().string() : given.source, file.parent_path()};
  auto people = read_people(run.node, given.people);
  if (!people)
    return report(people.failure(), common.json);
  run.people = *people;
  if (auto known = run.people.empty() ? known_people(run.node, given.authors) : result<json>{run.people}; known)
    run.people = *known;
  else
    return report(known.failure(), common.json);
  auto ended = [&]() -> result<done> {
    for (std::string line; std::getline(in, line);)
      LAMA_CHECK(run.take_line(std::move(line)));
    return run.send_chunk();
  }();
  run.progress.clear();
  if (!ended) {
    auto failure = ended.failure();
    failure.message += "  (Up to line " + std::to_string(run.first_line - 1) + " all is stored; the same command goes on from there.)";
    return report(failure, common.json);
  }
  if (common.json)
    print_json({{"conversationId", run.conversation_id},
                {"lines", run.read},
                {"stored", run.stored},
                {"alreadyThere", run.known},
                {"bad", run.bad},
                {"problems", run.problems},
                {"linesPerSecond", run.rate()}});
  else
    std::cout << grouped(run.stored) << " messages imported, " << grouped(run.known) << " were there already, " << grouped(run.bad) << " bad lines; "
              << grouped(run.rate()) << " lines a second.\n";
  return run.bad == 0 ? worked : failed;
}

/// A folder of lama export: each conversation under its title, its source being the conversation that it was.
int import_folder(const common_options& common, const arguments& given) {
  std::filesystem::path folder{given.file};
  std::ifstream in{folder / "export.json"};
  auto content = json::parse(in, nullptr, false);
  const auto& conversations = list_in(content, "conversations");
  if (conversations.empty())
    return report(fail(errc::bad_input, given.file + " is no finished folder of lama export: its export.json is missing or empty."), common.json);
  auto ended = worked;
  for (const auto& x : conversations) {
    auto file = text_in(x, "file");
    if (file.empty() || file.find('/') != std::string::npos)
      return report(fail(errc::bad_input, "The export names the file '" + file + "', which cannot be."), common.json);
    arguments one = given;
    one.file = (folder / file).string();
    one.source = "export of " + text_in(x, "conversationId");
    one.conversation = text_in(x, "title");
    one.authors = x.value("authors", json::object());
    if (!common.json)
      std::cout << printable(one.conversation) << ": " << std::flush;
    if (auto code = run_import(common, one); code != worked)
      ended = code;
  }
  return ended;
}

} // namespace

void add_import_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* importing = to.add("import", "Bring a chat from elsewhere: a file of JSON Lines (docs/import.md)");
  importing->add_option("FILE", given->file, "Its attachments stand below its folder; or a folder of lama export, with all its conversations")
      ->required()
      ->check(CLI::ExistingPath);
  importing->add_option("--source", given->source, "Where it comes from, as it is shown (default: the file's name)");
  importing->add_option("--conversation", given->conversation, "The title of the conversation (default: the source)");
  importing
      ->add_option("--map", given->people, "NAME=PERSON: who an author is, by a contact's name, an e-mail, the word me, or a person's id (can be repeated)")
      ->allow_extra_args(false);
  to.on(importing, [given, &common = to.common] {
    std::error_code problem;
    return std::filesystem::is_directory(given->file, problem) ? import_folder(common, *given) : run_import(common, *given);
  });
}

} // namespace lama::app
