#pragma once

#include "apps/lama/backup_files.hpp"
#include "storage/digest.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Where a digest's tree is read: from a node, from a store that none has open, or from what `lama digest --leaves` wrote.
namespace lama::app {

class digest_source {
public:
  virtual ~digest_source() = default;
  virtual result<storage::digest_level> below(storage::digest_tree tree, const std::string& prefix, const storage::digest_scope& scope) = 0;

  std::string name; ///< for people
  std::string user;
  std::string side;
  std::optional<hash> person;  ///< whose instance it is; unknown for a file and a locked store
  std::optional<hash> partner; ///< of the user's other instance
};

/// A store of the data dir, through the node that has it open or from its files.
result<std::unique_ptr<digest_source>> digest_of_side(const common_options& common, const std::string& side);
/// `archive`, `sparse`: the other side here. A folder: that data dir's store of the same side. An address: the node there. Else a file.
result<std::unique_ptr<digest_source>> digest_of_peer(const common_options& common, const std::string& peer, const std::string& token, const std::string& side);

/// All leaves as JSON: what a comparison elsewhere needs.
result<json> all_leaves(digest_source& from);

struct digest_difference {
  std::string name; ///< of an object, or the id, 32 bytes
  std::string here; ///< empty: not here; of a head its data
  std::string there;
};
/// Goes down where the trees differ; at most `most`, `more` says whether there are others.
struct digest_comparison {
  uint64_t here = 0; ///< leaves
  uint64_t there = 0;
  std::vector<digest_difference> differences;
  bool more = false;
};
result<digest_comparison> compare(digest_source& here, const storage::digest_scope& of_here, digest_source& there, const storage::digest_scope& of_there,
                                  storage::digest_tree tree, std::size_t most);

} // namespace lama::app
