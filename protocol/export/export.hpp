#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// A conversation as a file of JSON Lines that docs/import.md reads, and as a page for a browser (docs/export.md).
namespace lama::protocol::exporting {

struct exported_file {
  std::string file; ///< path beside the lines; empty: it was not here
  std::string name;
  std::string type; ///< MIME
  std::string blob; ///< its hash
};

struct exported_message {
  std::string time;    ///< ISO 8601, UTC
  std::string author;  ///< unique in the conversation: names two persons apart
  std::string sender;  ///< the person's id; empty for an imported line
  std::string message; ///< hash of the CreationTime
  std::string source;  ///< of an imported line
  std::string text;
  bool me = false;
  std::vector<exported_file> files;
  std::string edited{}; ///< when the text was last changed; empty: it is as it was sent
};

/// One line with its end.
std::string line_of(const exported_message& x);
/// Back; `bad_input` for a line that `line_of` never made.
result<exported_message> read_line(std::string_view line);

/// Names for authors: two persons of one name become "Bob" and "Bob (2)".
class author_names {
public:
  const std::string& name_of(const std::string& person, const std::string& shown);
  /// Author → person.
  std::map<std::string, std::string> people() const;

private:
  std::map<std::string, std::string> by_person_;
  std::set<std::string> taken_;
};

/// A file's name that is safe on any disk, told apart by the blob: "files/0123456789abcdef-photo.jpg".
std::string file_path(std::string_view blob, std::string_view name);
/// "003-Holiday plans" for the third conversation.
std::string conversation_file(std::size_t number, std::string_view title);

/// What stands below a title: "1,234 messages".
std::string message_count(uint64_t count);
/// The page: one beginning, all messages in order, one end. Everything that people wrote is escaped; nothing in it runs.
std::string page_begin(std::string_view title, std::string_view subtitle);
/// `day` is the one of the message before, and becomes this one's: a new day gets a line of its own.
std::string page_message(const exported_message& x, std::string& day);
std::string page_end();
/// The list of all conversations: (file, title, what is said below).
struct page_link {
  std::string file;
  std::string title;
  std::string below;
};
std::string index_page(std::string_view title, const std::vector<page_link>& links);

} // namespace lama::protocol::exporting
