#pragma once

#include "protocol/objects/object_space.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

/// The storages that chum_sessions.json describes.
namespace lama::protocol::chum::testing {

using nlohmann::json;

/// The vectors, read once.
const json& sessions();
const json& session_case(const std::string& name);

/// The bytes of a stored name; blobs that the file only describes are made anew.
std::string stored_bytes(const std::string& name);

/// A space with the recipes and objects of one side; `heads` maps id hashes to version nodes.
struct side {
  std::unique_ptr<recipe_table> recipes;
  std::unique_ptr<memory_space> space;
};
side load_side(const json& objects, const json& heads);
void add_objects(memory_space& space, const json& objects, const json& heads);

hash hash_of(const json& hex);

/// Without the Chum log objects, their id objects and their version nodes: every peer keeps its own.
std::set<std::string> without_logs(const json& names);

} // namespace lama::protocol::chum::testing
