#pragma once

#include "protocol/objects/microdata.hpp"
#include "storage/record.hpp"

#include <vector>

namespace lama::storage {

/// The keys of the reverse maps that tell of an object or id object of these facts (for the id object of a versioned object, those of
/// that object serve too). By the table of docs/protocol/01 §6 with the rows of one.models: only types that somebody asks about are
/// there, since every entry is a key of its own.
std::vector<key> index_keys(const record_head& head, const protocol::object_facts& facts);

} // namespace lama::storage
