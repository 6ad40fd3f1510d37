#pragma once

#include "tests/unit/versions/vector_space.hpp"

#include <optional>
#include <vector>

/// Lists of entries that are told apart by their times.
namespace lama::testing {

/// A CreationTime on a payload of its own.
hash put_time(protocol::object_space& space, double time);

/// The list of these times, posted in this order; nothing for none.
std::optional<hash> build_list(protocol::object_space& space, const std::vector<double>& times);

/// Newest first.
std::vector<hash> entries_of(const protocol::object_source& space, std::optional<hash> head);
std::vector<double> times_of(const protocol::object_source& space, std::optional<hash> head);

std::string channel_text(const std::string& id, const std::optional<hash>& head);

} // namespace lama::testing
