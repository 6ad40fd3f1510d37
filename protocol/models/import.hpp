#pragma once

#include "protocol/models/chat.hpp"
#include "protocol/models/lama_objects.hpp"
#include "protocol/models/leute.hpp"

/// History from elsewhere (docs/import.md): a file of JSON Lines becomes a conversation of its own.
namespace lama::models {

struct import_attachment {
  std::string name;
  std::string type; ///< MIME
  std::string file; ///< relative to the imported file; never absolute, never upwards
};

struct import_line {
  int64_t number = 0; ///< counts from 1
  int64_t time = 0;   ///< milliseconds since 1970
  std::string author;
  std::string text;
  std::vector<import_attachment> attachments;
  hash key; ///< of line number and content: what makes the entry unique
};
/// One line without its end. Nothing for an empty one. `bad_input` and `too_large` name line and field, and what to do.
result<std::optional<import_line>> parse_import_line(std::string_view line, int64_t number);
/// `2024-05-01T12:30:00Z`, with fractions of a second and offsets; without an offset it is UTC.
std::optional<int64_t> parse_time(std::string_view text);

/// What an import writes to, and whom it takes the authors for.
struct import_job {
  std::string source;       ///< for people: "WhatsApp, Alice"
  std::string conversation; ///< follows from the source
  hash channel;
  hash me;                            ///< the importing person: owner of the channel, signer of all entries
  std::map<std::string, hash> people; ///< author → person; authors that are not in it become contacts without keys
};
std::string imported_conversation_id(std::string_view source);
/// Makes the channel, if it is not there; the host writes the LamaConversation.
result<import_job> begin_import(object_space& space, const hash& me, std::string_view source, std::map<std::string, hash> people, int64_t now_ms);
/// The e-mail of a contact that stands for an author nobody was named for.
std::string imported_author_email(std::string_view source, std::string_view author);

/// A line whose files are stored: as many attachments as it names.
struct prepared_line {
  import_line line;
  std::vector<attachment> attachments;
};
struct import_batch {
  std::size_t added = 0;
  std::size_t known = 0;    ///< there from an earlier run
  std::vector<hash> keys;   ///< of the added lines: remember them in the same transaction, for `seen`
  std::vector<hash> people; ///< contacts that were made
  std::optional<hash> last; ///< CreationTime of the newest
  int64_t last_time = 0;
};
/// Appends lines in the order of the file, at a cost that does not depend on what is there: an entry whose time is not after the one above
/// it gets the next millisecond. `seen` tells of keys of earlier batches and runs. All lines of a batch are added, or none.
result<import_batch> import_lines(object_space& space, import_job& job, const std::vector<prepared_line>& lines,
                                  const std::function<bool(const hash& key)>& seen, const signer& as, random_source& random, int64_t now_ms);

/// Watches that a file is in order. Times may go back a little (clocks do); a file that is newest first would lose all its times.
class import_order {
public:
  /// `bad_input` for a line more than a day older than the newest before it.
  result<done> check(const import_line& line);

private:
  std::optional<int64_t> newest_;
};

} // namespace lama::models
