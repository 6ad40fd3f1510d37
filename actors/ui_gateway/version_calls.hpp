#pragma once

#include "actors/ui_gateway/calls.hpp"

/// Versions of an object: which there are, how two differ, and an old one back (docs/ipc.md, storage:log, storage:diff, storage:restore). `hash` is the id,
/// or that of an object which is one of them. On the device the archive is asked for types that a user registered: it alone writes these, and has all.
namespace lama::actors::channels {

/// {hash}: newest first, at most 1000.
void versions(gateway_pointer self, const call_scope& x);
/// {hash, from?, to?}: versions as protocol/versions/history.hpp names them, by default the current one and the one before it.
void version_changes(gateway_pointer self, const call_scope& x);
/// {hash, version}: makes its data current again.
void restore_version(gateway_pointer self, const call_scope& x);

} // namespace lama::actors::channels
