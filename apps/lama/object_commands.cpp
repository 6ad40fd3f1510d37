#include "apps/lama/commands.hpp"
#include "apps/lama/policy_command.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace lama::app {

namespace {

struct arguments {
  std::string type;
  std::string file;
  std::string hash;
  std::string filter;
  std::string cursor;
  std::size_t limit = 100;
  std::string out;
  std::string from;
  std::string to;
  std::string version;
  bool unknown = false;
};

result<std::string> read_input(const std::string& file) {
  if (file == "-")
    return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return fail(errc::not_found, "The file " + file + " cannot be read.");
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

result<json> parse(const std::string& text, const std::string& what) {
  auto parsed = protocol::jsonrpc::parse_bounded(text);
  if (!parsed || !parsed->is_object())
    return fail(errc::bad_input, what + " must be a JSON object.");
  return std::move(*parsed);
}

/// A line's end that an editor put there is no part of the object.
result<json> keep_text(net::rpc_client& node, std::string text) {
  if (text.ends_with('\n'))
    text.pop_back();
  return node.call("storage:keep", {{"text", text}});
}

result<json> put_data(net::rpc_client& node, const std::string& type, const std::string& text) {
  if (type.empty())
    return fail(errc::bad_input, "Say of which type it is: --type NAME; or --unknown, for a text whose type nobody registered here.");
  LAMA_TRY(data, parse(text, "What is put"));
  return node.call("one-core:storage:set", {{"type", type}, {"data", data}});
}

int put(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(text, read_input(given.file));
    LAMA_TRY(answer, given.unknown ? keep_text(node, std::move(text)) : put_data(node, given.type, text));
    if (common.json)
      print_json(answer);
    else
      std::cout << text_in(answer, "hash") << '\n';
    return done{};
  });
}

int get(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    if (!given.out.empty()) {
      auto name = hash::from_hex(given.hash);
      if (!name)
        return fail(errc::bad_input, "A hash has 64 lower-case hex digits.");
      LAMA_CHECK(node.download(*name, given.out));
      return done{};
    }
    LAMA_TRY(answer, node.call("one-core:storage:get", {{"hash", given.hash}}));
    if (answer.is_null())
      return fail(errc::not_found, "There is no object " + given.hash + " in this instance" + (common.archive ? "." : "; --archive asks the archive."));
    print_json(answer["data"]);
    return done{};
  });
}

int query(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    json request{{"type", given.type}, {"limit", given.limit}};
    if (!given.filter.empty()) {
      LAMA_TRY(filter, parse(given.filter, "--filter"));
      request["filter"] = filter;
    }
    if (!given.cursor.empty())
      request["cursor"] = given.cursor;
    LAMA_TRY(answer, node.call("one-core:storage:query", request));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "objects")) {
      auto data = x.value("data", json{});
      data.erase("$type$");
      auto text = data.dump(-1, ' ', false, json::error_handler_t::replace);
      rows.push_back({text_in(x, "hash"), text.size() > 100 ? text.substr(0, 97) + "..." : text});
    }
    if (rows.empty())
      std::cout << "Nothing of this type here.\n";
    else
      print_table({"HASH", "DATA"}, rows);
    if (auto next = text_in(answer, "cursor"); !next.empty())
      std::cerr << "There is more: --cursor " << next << '\n';
    return done{};
  });
}

int show_log(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("storage:log", {{"hash", given.hash}}));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "versions"))
      rows.push_back({std::to_string(rows.size()), text_in(x, "time"), text_in(x, "kind") + (x.value("current", false) ? " *" : ""), text_in(x, "hash")});
    print_table({"BACK", "TIME", "KIND", "DATA"}, rows); // as diff and restore-version take it
    return done{};
  });
}

/// A value as a line of a table has it.
std::string shown(const json& change, const char* side) {
  auto found = change.find(side);
  if (found == change.end())
    return "-";
  auto text = found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

int show_changes(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    json request{{"hash", given.hash}};
    if (!given.from.empty())
      request["from"] = given.from;
    if (!given.to.empty())
      request["to"] = given.to;
    LAMA_TRY(answer, node.call("storage:diff", request));
    if (common.json) {
      print_json(answer);
      return done{};
    }
    auto version = [&](const char* side) { return text_in(answer[side], "time") + "  " + text_in(answer[side], "node").substr(0, 12); };
    std::cout << text_in(answer, "type") << ", from " << version("from") << " to " << version("to") << '\n';
    std::vector<std::vector<std::string>> rows;
    for (const auto& x : list_in(answer, "changes"))
      rows.push_back({text_in(x, "path"), shown(x, "before"), shown(x, "after")});
    if (rows.empty())
      std::cout << "They are the same.\n";
    else
      print_table({"FIELD", "BEFORE", "AFTER"}, rows);
    if (!answer.value("complete", true))
      std::cerr << "There are more changes than are listed.\n";
    return done{};
  });
}

int restore_version(const common_options& common, const arguments& given) {
  return with_node(common, [&](net::rpc_client& node) -> result<done> {
    LAMA_TRY(answer, node.call("storage:restore", {{"hash", given.hash}, {"version", given.version}}));
    if (common.json)
      print_json(answer);
    else
      std::cout << text_in(answer, "hash") << " is current again.\n";
    return done{};
  });
}

} // namespace

void add_object_commands(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* putting = to.add("put", "Store an object");
  auto* type = putting->add_option("--type", given->type, "Its type, such as Person");
  putting->add_flag("--unknown", given->unknown, "FILE is the text (microdata) of an object whose type nobody registered here: keep it as it is")
      ->excludes(type);
  putting->add_option("FILE", given->file, "Its fields as JSON; - reads stdin")->required();
  to.on(putting, [given, &common = to.common] { return put(common, *given); });

  auto* getting = to.add("get", "Show an object, or save a blob");
  getting->add_option("HASH", given->hash, "Of an object, of an id (its current version), of a blob")->required();
  getting->add_option("--out", given->out, "Save the blob of this name here");
  to.on(getting, [given, &common = to.common] { return get(common, *given); });

  auto* asking = to.add("query", "List the objects of a type");
  asking->add_option("TYPE", given->type, "Such as LamaContact")->required();
  asking->add_option("--filter", given->filter, R"(Fields and what they must be: {"name":"Anna"})");
  asking->add_option("--limit", given->limit, "How many (default 100, at most 1000)")->check(CLI::Range(1, 1000));
  asking->add_option("--cursor", given->cursor, "Where an earlier answer ended");
  to.on(asking, [given, &common = to.common] { return query(common, *given); });

  auto* logging = to.add("log", "Show the versions of an object, newest first");
  logging->add_option("HASH", given->hash, "Of its id, or of any version")->required();
  to.on(logging, [given, &common = to.common] { return show_log(common, *given); });

  const char* versions = "A version: the beginning of its hash or of its data's, or how many steps back (0 is the current one)";
  auto* comparing = to.add("diff", "Show what differs between two versions of an object; by default what the last change did");
  comparing->add_option("HASH", given->hash, "Of its id, or of any version")->required();
  comparing->add_option("FROM", given->from, versions);
  comparing->add_option("TO", given->to, versions);
  to.on(comparing, [given, &common = to.common] { return show_changes(common, *given); });

  auto* restoring = to.add("restore-version", "Make an older version of an object the current one; nothing is lost, the present one stays in its history");
  restoring->add_option("HASH", given->hash, "Of its id, or of any version")->required();
  restoring->add_option("VERSION", given->version, versions)->required();
  to.on(restoring, [given, &common = to.common] { return restore_version(common, *given); });

  add_policy_command(to);
}

} // namespace lama::app
