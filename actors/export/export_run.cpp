#include "actors/export/export_run.hpp"

#include "actors/export/page_stack.hpp"

#include <algorithm>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace lama::actors {

namespace {

namespace fs = std::filesystem;
using namespace protocol::exporting;
using nlohmann::json;

constexpr std::size_t page_messages = 1000;
constexpr const char* index_file = "export.json";

std::string text_in(const json& x, const char* name) {
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const json& list_in(const json& x, const char* name) {
  static const json empty = json::array();
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_array() ? *found : empty;
}

bool flag_in(const json& x, const char* name) {
  auto found = x.is_object() ? x.find(name) : x.end();
  return x.is_object() && found != x.end() && found->is_boolean() && found->get<bool>();
}

lama::error cannot_write(const fs::path& path) {
  return fail(errc::io_failure, "Writing " + path.string() + " failed. Is the disk full?");
}

exported_message message_of(const json& from, author_names& authors) {
  exported_message x;
  x.time = text_in(from, "time");
  x.message = text_in(from, "messageHash");
  x.text = text_in(from, "text");
  x.edited = text_in(from, "edited");
  x.me = flag_in(from, "me");
  x.sender = text_in(from, "sender");
  if (auto imported = from.find("imported"); imported != from.end()) {
    x.source = text_in(*imported, "source");
    x.author = authors.name_of(x.sender + '/' + text_in(*imported, "author"), text_in(*imported, "author"));
  } else {
    x.author = authors.name_of(x.sender, text_in(from, "senderName"));
  }
  for (const auto& attachment : list_in(from, "attachments"))
    x.files.push_back({{}, text_in(attachment, "name"), text_in(attachment, "type"), text_in(attachment, "blob")});
  return x;
}

std::optional<entry_place> place_of(const json& message) {
  auto entry = message.find("entry");
  if (entry == message.end())
    return std::nullopt;
  auto channel = hash::from_hex(text_in(*entry, "channel"));
  auto name = hash::from_hex(text_in(*entry, "hash"));
  return channel && name ? std::optional{entry_place{*channel, *name}} : std::nullopt;
}

} // namespace

struct export_run::state {
  /// Of the conversation that is under way.
  struct conversation {
    author_names authors;
    std::unique_ptr<page_stack> pages;
    uint64_t count = 0;
    json before;
    bool whole = false; ///< this page is the last
    std::vector<exported_message> page;
    std::set<std::string> asked; ///< its files that are not there yet
  };

  export_folder folder;
  json conversations;
  export_choice choice;
  export_counts counts{};
  conversation current{};
  std::deque<wanted_file> wanted{};
  std::map<std::string, bool> files{}; ///< by path in the folder; false: it was not there
  std::vector<page_link> links{};
  json index = json::array();

  /// One conversation after another is described in the index.
  const json* described() const {
    return index.size() < conversations.size() ? &conversations[index.size()] : nullptr;
  }
  std::string name() const {
    return conversation_file(index.size() + 1, text_in(*described(), "title"));
  }

  result<done> write(const std::string& name, const std::function<result<done>(std::ostream&)>& how) {
    auto path = folder.work() / name;
    std::ofstream out{path, std::ios::binary};
    LAMA_CHECK(how(out));
    out.close();
    if (!out)
      return cannot_write(path);
    return count_bytes(path);
  }

  result<done> count_bytes(const fs::path& path) {
    std::error_code problem;
    auto size = fs::file_size(path, problem);
    if (problem)
      return cannot_write(path);
    counts.bytes += size;
    return done{};
  }

  /// Once each, however many messages have it.
  void want_files(const exported_message& message, const std::optional<entry_place>& at) {
    for (const auto& file : message.files) {
      auto path = file_path(file.blob, file.name);
      auto blob = hash::from_hex(file.blob);
      if (choice.files && blob && !files.contains(path) && current.asked.insert(path).second)
        wanted.push_back({*blob, folder.work() / path, at});
    }
  }

  /// All its files are there, or known to be missing.
  result<done> end_page() {
    std::string lines;
    for (auto& message : current.page) {
      for (auto& file : message.files)
        if (auto known = files.find(file_path(file.blob, file.name)); known != files.end() && known->second)
          file.file = known->first;
      lines += line_of(message);
    }
    current.count += current.page.size();
    counts.messages += current.page.size();
    current.page.clear();
    current.asked.clear();
    current.pages->add(lines);
    return current.whole ? end_conversation() : done{};
  }

  result<done> end_conversation() {
    auto title = text_in(*described(), "title");
    auto file = name();
    LAMA_CHECK(write(file + ".jsonl", [this](std::ostream& out) { return current.pages->write_to(out); }));
    json entry{{"conversationId", text_in(*described(), "conversationId")},
               {"title", title},
               {"kind", text_in(*described(), "kind")},
               {"file", file + ".jsonl"},
               {"messages", current.count},
               {"authors", current.authors.people()}};
    if (choice.html) {
      auto below = message_count(current.count);
      LAMA_CHECK(write(file + ".html", [&](std::ostream& out) { return write_page(out, file + ".jsonl", title, below); }));
      links.push_back({file + ".html", title, below});
      entry["page"] = file + ".html";
    }
    index.push_back(std::move(entry));
    ++counts.conversations;
    current = {};
    return done{};
  }

  result<done> write_page(std::ostream& out, const std::string& lines, const std::string& title, const std::string& below) {
    std::ifstream in{folder.work() / lines, std::ios::binary};
    out << page_begin(title, below);
    std::string day;
    for (std::string line; std::getline(in, line);) {
      LAMA_TRY(message, read_line(line));
      out << page_message(message, day);
    }
    out << page_end();
    return done{};
  }
};

export_run::export_run(export_folder folder, json conversations, export_choice choice)
    : state_{new state{std::move(folder), std::move(conversations), choice}} {
  std::error_code told_later; // by the first file that cannot be written
  fs::create_directory(state_->folder.work() / "files", told_later);
}
export_run::export_run(export_run&&) noexcept = default;
export_run::~export_run() = default;

export_need export_run::next() const {
  const auto& x = *state_;
  if (!x.wanted.empty())
    return x.wanted.front();
  const auto* conversation = x.described();
  if (!conversation)
    return nothing_wanted{};
  wanted_page page{{{"conversationId", text_in(*conversation, "conversationId")}, {"limit", page_messages}}};
  if (!x.current.before.is_null())
    page.parameters["before"] = x.current.before;
  return page;
}

result<done> export_run::give_page(const json& answer) {
  auto& x = *state_;
  if (!x.current.pages)
    x.current.pages = std::make_unique<page_stack>(x.folder.work() / (x.name() + ".part"));
  const auto& list = list_in(answer, "messages");
  auto more = flag_in(answer, "more");
  auto first = list.begin();
  // Others of the oldest time may stand on the next page: it begins with all of that time.
  auto oldest = list.empty() ? std::string{} : text_in(list.front(), "time");
  if (more)
    first = std::find_if(list.begin(), list.end(), [&](const json& message) { return text_in(message, "time") != oldest; });
  auto all_of_one_time = first == list.end();
  if (all_of_one_time)
    first = list.begin();
  for (auto i = first; i != list.end(); ++i)
    if (text_in(*i, "state") != "on-this-device" && !i->contains("deleted")) { // not in the conversation yet; nothing of it is shown any more
      x.current.page.push_back(message_of(*i, x.current.authors));
      x.want_files(x.current.page.back(), place_of(*i));
    }
  x.current.whole = !more || list.empty();
  if (!x.current.whole)
    x.current.before = all_of_one_time ? oldest : text_in(*first, "time");
  return x.wanted.empty() ? x.end_page() : done{};
}

result<done> export_run::give_file(bool there) {
  auto& x = *state_;
  auto file = std::move(x.wanted.front());
  x.wanted.pop_front();
  if (there)
    LAMA_CHECK(x.count_bytes(file.to));
  x.files.emplace(file.to.lexically_relative(x.folder.work()).generic_string(), there);
  x.counts.files += there;
  x.counts.missing += !there;
  return x.wanted.empty() ? x.end_page() : done{};
}

const export_counts& export_run::counts() const {
  return state_->counts;
}

result<export_counts> export_run::finish() {
  auto& x = *state_;
  if (x.choice.html)
    LAMA_CHECK(x.write("index.html", [&x](std::ostream& out) -> result<done> {
      out << index_page("Conversations", x.links);
      return done{};
    }));
  // Last: a folder without it was not finished.
  LAMA_CHECK(x.write(index_file, [&x](std::ostream& out) -> result<done> {
    out << json{{"format", 1}, {"conversations", x.index}}.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    return done{};
  }));
  LAMA_CHECK(x.folder.publish(index_file));
  return x.counts;
}

} // namespace lama::actors
