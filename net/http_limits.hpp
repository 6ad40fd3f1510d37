#pragma once

#include "protocol/limits.hpp"

/// Limits of the UI and IPC port alone, beside those of protocol/limits.hpp.
namespace lama::limits {

/// Connections open at a time: pages, each with six, and programs, of which a machine may run a thousand.
inline constexpr std::size_t http_clients = 2048;
/// A one-time token, in JSON.
inline constexpr std::size_t session_body_bytes = 4u << 10;
/// Beyond this much queued for it a page is not read from, gets no notifications (it asks for them again), and is the one to go when all pages together have
/// used up the total.
inline constexpr std::size_t rpc_fair_queue_bytes = 1u << 20;
inline constexpr std::size_t rpc_total_queue_bytes = 256u << 20;

} // namespace lama::limits
