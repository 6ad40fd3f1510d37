#pragma once

#include "protocol/chum/access.hpp"
#include "protocol/chum/children.hpp"
#include "protocol/chum/request_layer.hpp"
#include "protocol/objects/object_space.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

/// The half of CHUM that answers (docs/protocol/03 §4): services 1, 2, 4 to 8 and 10.
namespace lama::protocol::chum {

/// Bytes of anything stored, by range: blobs are never held whole.
class blob_source {
public:
  virtual ~blob_source() = default;
  /// Nothing where it is not here. Objects and id objects count too.
  virtual std::optional<uint64_t> size_of(const hash& name) const = 0;
  /// Up to `length` bytes from `offset`.
  virtual result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const = 0;
};

/// Answers from an object source whose blobs are small; for tests and memory spaces.
class small_blobs final : public blob_source {
public:
  explicit small_blobs(const object_source& from) : from_(from) {
    // nop
  }
  std::optional<uint64_t> size_of(const hash& name) const override;
  result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const override;

private:
  const object_source& from_;
};

/// Hashes that a remote person may ask for. Shared by all simultaneous sessions with that person, dropped with the last (§4.1).
using announced_hashes = std::unordered_set<hash>;

struct exporter_options {
  audience remote;
  std::size_t cache_bytes = 8u << 20; ///< of children lists, a session
};

class exporter {
public:
  exporter(exporter_options options, std::shared_ptr<announced_hashes> announced);

  /// False after FIN: then everything is an unknown service.
  bool serves(int64_t service) const;
  bool is_finished() const {
    return finished_;
  }

  /// Answers one request through `layer`; a stream begins, its pieces are pulled by `send_stream_piece`.
  void handle(const request_received& request, const object_source& from, request_layer& layer);

  bool has_streams() const {
    return !streams_.empty();
  }
  /// The next message of one of the open streams, in turn; to be called while the connection takes more.
  void send_stream_piece(const blob_source& blobs, request_layer& layer);
  void stream_refused(int64_t id);

  /// The remote turned out to be a node of ours (or not).
  void set_knows_our_types(bool yes) {
    options_.remote.knows_our_types = yes;
  }

  /// Was this version node offered here, though it need not be stored? Its echo is then nothing new (§5.4).
  bool offers(const hash& node) const {
    return edges_.contains(node) || earlier_edges_.contains(node);
  }

  struct totals {
    uint64_t objects = 0;
    uint64_t id_objects = 0;
    uint64_t blobs = 0;
    uint64_t bytes = 0;
  };
  const totals& sent() const {
    return sent_;
  }

private:
  struct stream {
    int64_t id = 0;
    hash name;
    uint64_t offset = 0;
    bool is_text = false;
    bool is_first = true;
    std::string carry; ///< the first bytes of a character whose rest is in the next piece
  };

  void answer_roots(int64_t id, const object_source& from, request_layer& layer);
  void answer_children(int64_t id, const hash& name, bool is_id_object, const object_source& from, request_layer& layer);
  void answer_object(int64_t id, const hash& name, bool is_id_object, const object_source& from, request_layer& layer);
  void open_stream(const request_received& request, const hash& name, request_layer& layer);
  const std::string* edge_text(const hash& node) const;

  exporter_options options_;
  std::shared_ptr<announced_hashes> announced_;
  children_cache cache_;
  // Of the last answer to service 2 and of the one before it, which the remote may still be working on.
  std::unordered_map<hash, std::string> edges_;
  std::unordered_set<hash> clean_roots_; ///< reach no text of an unknown type
  std::unordered_map<hash, std::string> earlier_edges_;
  std::deque<stream> streams_;
  bool finished_ = false;
  totals sent_;
};

/// Takes the longest prefix of `bytes` that ends with a whole character out of it, damaged bytes replaced by U+FFFD; with `is_last`, all of it.
std::string take_text(std::string& bytes, bool is_last);

} // namespace lama::protocol::chum
