#pragma once

#include "protocol/chum/access.hpp"
#include "protocol/chum/actions.hpp"
#include "protocol/chum/children.hpp"
#include "protocol/policy/import_policy.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// Fetching one root with everything below it (docs/protocol/03 §6.4).
namespace lama::protocol::chum {

/// Says whether something may come in. `text` is empty before it was fetched: then the type alone is judged, and what is not certain is allowed.
using import_judge = std::function<result<done>(policy::role as, std::string_view type, std::string_view text)>;

/// The judge of `protocol/policy` for one remote.
import_judge judge_for(const policy::parties& between, const recipe_table& recipes);

struct fetch_options {
  import_judge judge;
  std::size_t window = 64;                  ///< requests open at a time, over all roots
  std::size_t blob_streams = 4;             ///< of these, blobs
  std::size_t buffered_bytes = 8u << 20;    ///< fetched but not yet handed over, a root: beyond it no more is asked for
  std::size_t batch_bytes = 256u << 10;     ///< a batch is handed over when it reaches this …
  std::size_t batch_items = 512;            ///< … or this
  uint64_t blob_bytes = limits::blob_bytes; ///< larger blobs count as missing
};

class fetch_tree;

/// What all trees of one importer share.
struct fetch_memory {
  std::unordered_map<int64_t, fetch_tree*> requests;
  std::unordered_map<uint64_t, fetch_tree*> batches;
  std::unordered_map<uint64_t, fetch_tree*> uploads;
  std::size_t open_blobs = 0;
  uint64_t next_batch = 1;
  uint64_t next_upload = 1;
  /// Blobs that the remote could not deliver on this connection; they are not asked for again (§4.3). Ordered, as their names are the remote's.
  std::set<hash> missing_blobs;
  round_complete totals; ///< of the present round
};

/// What an input brings along. `from` shows all that was stored so far.
struct fetch_context {
  const object_source& from;
  request_layer& layer;
  fetch_memory& shared;
  const fetch_options& options;
  std::vector<action>& out;
  int64_t now_ms = 0;
};

/// Asks for the list, then for all entries that are not here, many at a time, and hands them over in order: dependencies first.
///
///   children ──list──▶ fetching ──last batch stored──▶ done
///        └──────────────┴──any failure──▶ failed (what was accepted before is stored all the same)
class fetch_tree {
public:
  /// The text of a version node is not stored but kept for whoever imports it.
  explicit fetch_tree(root what);

  void begin(fetch_context& context);
  /// Asks for more, hands over what is ready.
  void pump(fetch_context& context);

  void answered(fetch_context& context, answer_received& answer);
  void answer_failed(fetch_context& context, int64_t request, const error& reason);
  void piece(fetch_context& context, stream_piece& piece);
  void stream_finished(fetch_context& context, int64_t request);
  void stored(fetch_context& context, const result<done>& outcome);
  void blob_stored(fetch_context& context, uint64_t upload, const result<done>& outcome);

  /// Gives up, and hands over what was accepted.
  void abandon(fetch_context& context);

  /// Nothing is open any more.
  bool is_done() const;
  const std::optional<error>& failure() const {
    return failure_;
  }
  const root& what() const {
    return what_;
  }
  /// Of a version node, when done without failure.
  const std::string& kept_text() const {
    return kept_text_;
  }

private:
  enum class slot_state : uint8_t { to_ask, asked, arrived, uploading, uploaded, missing };

  /// A blob on its way in.
  struct intake {
    sha256_stream digest;
    std::string buffer; ///< until it is too large for a batch
    uint64_t size = 0;
    std::optional<uint64_t> upload;
    bool is_second_try = false;
  };

  struct slot {
    child self;
    slot_state state = slot_state::to_ask;
    std::string text;
    std::vector<hash> links;
    std::unique_ptr<intake> blob;
  };

  void take_list(fetch_context& context, std::string_view text);
  result<done> take_text(fetch_context& context, slot& at, std::string text);
  result<done> check_type(const slot& at, std::string_view type, const object_facts& facts) const;
  bool is_root(const slot& at) const {
    return &at == &slots_.back();
  }
  bool known(fetch_context& context, const hash& name) const;

  bool ask_next(fetch_context& context);
  void ask(fetch_context& context, std::size_t index);
  void ask_blob(fetch_context& context, std::size_t index);
  std::optional<std::size_t> close_request(fetch_context& context, int64_t request);
  void finish_blob(fetch_context& context, std::size_t index);
  void lose_blob(fetch_context& context, slot& at);

  void accept_front(fetch_context& context);
  result<done> accept(fetch_context& context, slot& at);
  void flush(fetch_context& context);
  void fail_with(fetch_context& context, error reason);

  root what_;
  std::optional<int64_t> list_request_;
  std::vector<slot> slots_; ///< dependencies first, the root last; empty until the list is here
  std::size_t front_ = 0;   ///< everything before it was accepted
  std::size_t next_ = 0;    ///< everything before it was asked for
  std::unordered_map<int64_t, std::size_t> open_;
  std::unordered_map<uint64_t, std::size_t> uploads_;
  std::size_t buffered_ = 0;
  std::unordered_set<hash> accepted_;
  std::vector<store_item> batch_;
  std::size_t batch_bytes_ = 0;
  std::optional<uint64_t> batch_number_; ///< handed over, not yet stored
  std::string kept_text_;
  std::optional<error> failure_;
};

} // namespace lama::protocol::chum
