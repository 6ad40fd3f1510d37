#include "apps/lama/backup_files.hpp"
#include "protocol/export/export.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

namespace lama::app {

namespace {

namespace fs = std::filesystem;
using namespace protocol::exporting;

constexpr std::size_t page_messages = 1000;

struct arguments {
  std::string folder;
  std::vector<std::string> conversations;
  bool html = false;
  bool no_files = false;
};

/// Pages come newest first, and the file is oldest first: they wait in a file of their own, and are read back from its end.
class reversed_pages {
public:
  explicit reversed_pages(fs::path path) : path_{std::move(path)}, file_{path_, std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc} {
    // nop
  }
  ~reversed_pages() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  void add(const std::string& page) {
    sizes_.push_back(page.size());
    file_.write(page.data(), static_cast<std::streamsize>(page.size()));
    end_ += page.size();
  }
  result<done> write_to(std::ostream& to) {
    for (; !sizes_.empty(); sizes_.pop_back()) {
      end_ -= sizes_.back();
      std::string page(sizes_.back(), '\0');
      file_.seekg(static_cast<std::streamoff>(end_));
      file_.read(page.data(), static_cast<std::streamsize>(page.size()));
      to.write(page.data(), static_cast<std::streamsize>(page.size()));
    }
    if (!file_ || !to)
      return fail(errc::io_failure, "Writing beside " + path_.string() + " failed. Is the disk full?");
    return done{};
  }

private:
  fs::path path_;
  std::fstream file_;
  std::vector<std::size_t> sizes_;
  std::size_t end_ = 0;
};

struct export_run {
  const common_options& common;
  const arguments& given;
  net::rpc_client node;
  fs::path folder;
  uint64_t messages = 0;
  uint64_t files = 0;
  uint64_t missing = 0;
  std::vector<page_link> links{};
  json index = json::array();
  progress_line progress{};

  result<exported_file> take_file(const json& attachment) {
    exported_file x{{}, text_in(attachment, "name"), text_in(attachment, "type"), text_in(attachment, "blob")};
    auto blob = hash::from_hex(x.blob);
    if (given.no_files || !blob)
      return x;
    auto path = file_path(x.blob, x.name);
    std::error_code problem;
    if (!fs::exists(folder / path, problem)) {
      auto got = node.download(*blob, folder / path);
      if (!got && got.failure().code != errc::not_found)
        return got.failure();
      missing += !got;
      files += static_cast<bool>(got);
      if (!got)
        return x;
    }
    x.file = path;
    return x;
  }

  result<exported_message> take(const json& from, author_names& authors) {
    exported_message x;
    x.time = text_in(from, "time");
    x.message = text_in(from, "messageHash");
    x.text = text_in(from, "text");
    x.edited = text_in(from, "edited");
    x.me = from.value("me", false);
    x.sender = text_in(from, "sender");
    if (auto imported = from.find("imported"); imported != from.end()) {
      x.source = text_in(*imported, "source");
      x.author = authors.name_of(x.sender + '/' + text_in(*imported, "author"), text_in(*imported, "author"));
    } else {
      x.author = authors.name_of(x.sender, text_in(from, "senderName"));
    }
    for (const auto& attachment : list_in(from, "attachments")) {
      LAMA_TRY(file, take_file(attachment));
      x.files.push_back(std::move(file));
    }
    return x;
  }

  /// All messages of one conversation, newest page first.
  result<uint64_t> take_pages(const std::string& id, author_names& authors, reversed_pages& pages) {
    uint64_t count = 0;
    json before;
    for (;;) {
      json request{{"conversationId", id}, {"limit", page_messages}};
      if (!before.is_null())
        request["before"] = before;
      LAMA_TRY(answer, node.call("query:getMessages", request, std::chrono::minutes{5}));
      const auto& list = list_in(answer, "messages");
      auto more = answer.value("more", false);
      auto first = list.begin();
      // Others of the oldest time may stand on the next page: it begins with all of that time.
      auto oldest = list.empty() ? std::string{} : text_in(list.front(), "time");
      if (more)
        first = std::find_if(list.begin(), list.end(), [&](const json& x) { return text_in(x, "time") != oldest; });
      auto all_of_one_time = first == list.end();
      if (all_of_one_time)
        first = list.begin();
      std::string page;
      for (auto i = first; i != list.end(); ++i) {
        if (text_in(*i, "state") == "on-this-device")
          continue; // not in the conversation yet
        if (i->contains("deleted"))
          continue; // nothing of it is shown any more
        LAMA_TRY(message, take(*i, authors));
        page += line_of(message);
        ++count;
      }
      pages.add(page);
      progress.show(grouped(messages + count) + " messages, " + grouped(files) + " files");
      if (!more || list.empty())
        return count;
      before = all_of_one_time ? json(oldest) : json(text_in(*first, "time"));
    }
  }

  result<done> write_page(const fs::path& lines, const fs::path& page, const std::string& title, const std::string& below) {
    std::ifstream in{lines, std::ios::binary};
    std::ofstream out{page, std::ios::binary};
    out << page_begin(title, below);
    std::string day;
    for (std::string line; std::getline(in, line);) {
      LAMA_TRY(message, read_line(line));
      out << page_message(message, day);
    }
    out << page_end();
    out.flush();
    if (!out)
      return fail(errc::io_failure, "Writing " + page.string() + " failed. Is the disk full?");
    return done{};
  }

  result<done> take_conversation(const json& conversation) {
    auto title = text_in(conversation, "title");
    auto name = conversation_file(index.size() + 1, title);
    author_names authors;
    uint64_t count = 0;
    auto lines = folder / (name + ".jsonl");
    {
      reversed_pages pages{folder / (name + ".part")};
      LAMA_TRY(taken, take_pages(text_in(conversation, "conversationId"), authors, pages));
      count = taken;
      std::ofstream out{lines, std::ios::binary};
      LAMA_CHECK(pages.write_to(out));
      out.flush();
      if (!out)
        return fail(errc::io_failure, "Writing " + lines.string() + " failed. Is the disk full?");
    }
    messages += count;
    json entry{{"conversationId", text_in(conversation, "conversationId")},
               {"title", title},
               {"kind", text_in(conversation, "kind")},
               {"file", name + ".jsonl"},
               {"messages", count},
               {"authors", authors.people()}};
    if (given.html) {
      auto below = grouped(count) + (count == 1 ? " message" : " messages");
      LAMA_CHECK(write_page(lines, folder / (name + ".html"), title, below));
      links.push_back({name + ".html", title, below});
      entry["page"] = name + ".html";
    }
    index.push_back(std::move(entry));
    return done{};
  }

  result<done> run() {
    LAMA_TRY(listed, node.call("query:getConversations"));
    std::vector<json> wanted;
    for (const auto& conversation : list_in(listed, "conversations"))
      if (given.conversations.empty())
        wanted.push_back(conversation);
    for (const auto& name : given.conversations) {
      LAMA_TRY(id, find_conversation(node, name));
      LAMA_TRY(answer, node.call("query:getConversation", {{"conversationId", id}}));
      wanted.push_back(answer.value("conversation", json::object()));
    }
    for (const auto& conversation : wanted)
      LAMA_CHECK(take_conversation(conversation));
    if (given.html) {
      std::ofstream out{folder / "index.html", std::ios::binary};
      out << index_page("Conversations", links);
    }
    // Last: a folder without it was not finished.
    std::ofstream out{folder / "export.json", std::ios::binary};
    out << json{{"format", 1}, {"conversations", index}}.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    out.flush();
    if (!out)
      return fail(errc::io_failure, "Writing into " + folder.string() + " failed. Is the disk full?");
    return done{};
  }
};

/// The archive has everything; a device alone asks it for what it does not keep.
result<node_address> find_source(const common_options& common) {
  if (common.url.empty())
    if (auto user = the_user(common, "archive"))
      if (auto archive = node_that_has(common, "archive", *user))
        return *archive;
  return find_node(common);
}

result<done> make_folder(const fs::path& folder) {
  std::error_code problem;
  if (fs::exists(folder, problem) && !fs::is_empty(folder, problem))
    return fail(errc::conflict, "The folder " + folder.string() + " is not empty, and nothing is overwritten. Name another one.");
  fs::create_directories(folder / "files", problem);
  if (problem)
    return fail(errc::io_failure, "Making the folder " + folder.string() + " failed: " + problem.message());
  fs::permissions(folder, fs::perms::owner_all, problem);
  return done{};
}

int run_export(const common_options& common, const arguments& given) {
  auto source = find_source(common);
  if (!source)
    return report(source.failure(), common.json);
  if (auto made = make_folder(given.folder); !made)
    return report(made.failure(), common.json);
  export_run run{common, given, client_to(*source, common.user), given.folder};
  auto ended = run.run();
  run.progress.clear();
  if (!ended)
    return report(ended.failure(), common.json);
  if (common.json)
    print_json(
        {{"folder", given.folder}, {"conversations", run.index.size()}, {"messages", run.messages}, {"files", run.files}, {"missingFiles", run.missing}});
  else
    std::cout << grouped(run.index.size()) << " conversations, " << grouped(run.messages) << " messages and " << grouped(run.files) << " files in "
              << printable(given.folder) << (run.missing ? "; " + grouped(run.missing) + " files are not here" : std::string{}) << ".\n";
  return worked;
}

} // namespace

void add_export_command(command_list& to) {
  auto given = std::make_shared<arguments>();
  auto* exporting = to.add("export", "Write conversations as JSON Lines and files, which lama import takes back (docs/export.md)");
  exporting->add_option("FOLDER", given->folder, "A new or empty one")->required();
  exporting->add_option("--conversation", given->conversations, "Only this one, by id or name (can be repeated)")->allow_extra_args(false);
  exporting->add_flag("--html", given->html, "Also pages for a browser, beginning with index.html");
  exporting->add_flag("--no-files", given->no_files, "Without the attachments");
  to.on(exporting, [given, &common = to.common] { return run_export(common, *given); });
}

} // namespace lama::app
