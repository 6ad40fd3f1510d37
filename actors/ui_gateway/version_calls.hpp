#pragma once

#include "actors/ui_gateway/calls.hpp"

/// Versions of an object: how two differ, and an old one back (docs/ipc.md, storage:diff, storage:restore).
namespace lama::actors::channels {

/// {hash, from?, to?}: the id; versions as protocol/versions/history.hpp names them, by default the current one and the one before it.
void version_changes(gateway_pointer self, const call_scope& x);
/// {hash, version}: makes its data current again.
void restore_version(gateway_pointer self, const call_scope& x);

} // namespace lama::actors::channels
